-- Stores the answer to a challenge; the first one counts.
--   KEYS  challenges, pushes, the stream that wakes those who wait
--   ARGV  time, id, answer; then as in now.lua
-- Answers 0 if it counts, 1 if there was another answer before, 2 if the challenge is expired or taken.
local challenges, pushes, stream = KEYS[1], KEYS[2], KEYS[3]
local host_time, id, answer = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local at = moment(host_time)
local one = challenge(challenges, id)
if not is_open(one, at) then
    return 2
end
if one.answer then
    return one.answer == answer and 0 or 1
end
redis.call('HSET', challenges, id .. ':answer', answer)
if one.room == 'approval' then
    redis.call('HDEL', pushes, 'unanswered', 'newest')
end
wake(stream, one, at)
return 0
