-- Replay protection for challenges: takes one, unless another caller took it before. A taken challenge is kept until it expires, for
-- the caller who took it and may not have received the answer.
--   KEYS  fence, challenges, the stream that wakes those who wait
--   ARGV  the fence arguments; id, token; then as in now.lua
-- Answers what `shown` does, 1 if it cannot be taken, or a code of `trouble`.
local fence, challenges, stream = KEYS[1], KEYS[2], KEYS[3]
local host_time, lag, fence_retention, raises = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[6] == '1'
local id, token = ARGV[7], ARGV[8]
local at = moment(host_time)
local one = challenge(challenges, id)
if not is_known(one, at) or (one.taken and one.taken ~= token) then
    return not_shown(1)
end
if one.taken then
    return shown(one)
end
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return not_shown(refused)
end
redis.call('HSET', challenges, id .. ':taken', token)
wake(stream, one, at)
return shown(one)
