-- Whether a challenge still waits for its answer.
--   KEYS  fence, challenges
--   ARGV  the fence arguments; id; then as in now.lua
-- Answers 0 if it waits, 1 if it is answered, taken or expired, or a code of `trouble`.
local fence, challenges = KEYS[1], KEYS[2]
local host_time, lag, fence_retention, raises = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[6] == '1'
local id = ARGV[7]
local one = challenge(challenges, id)
if one.answer or not is_open(one, moment(host_time)) then
    return 1
end
return trouble(fence, lag, fence_retention, raises) or 0
