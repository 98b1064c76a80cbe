-- Counts an attempt at a challenge's code. The field `tried` holds one token of 16 bytes for each attempt.
--   KEYS  challenges
--   ARGV  time, id, how many attempts there may be, token; then as in now.lua
-- Answers what `shown` does, or 1 if there may be no attempt.
local challenges = KEYS[1]
local host_time, id, most, token = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]
local at = moment(host_time)
local one = challenge(challenges, id)
if not is_open(one, at) then
    return not_shown(1)
end
for i = 1, #one.tried, 16 do
    if string.sub(one.tried, i, i + 15) == token then
        return shown(one)
    end
end
if math.floor(#one.tried / 16) >= most then
    return not_shown(1)
end
one.tried = one.tried .. token
redis.call('HSET', challenges, id .. ':tried', one.tried)
return shown(one)
