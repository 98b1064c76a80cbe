-- Gives a name to one caller for a term.
--   KEYS  claim
--   ARGV  token, time, term in seconds; then as in now.lua
-- Answers 1 if the caller holds it, and 0 if another one does.
local claim = KEYS[1]
local token, host_time, term = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local at = moment(host_time)
local holder, over = unpack(redis.call('HMGET', claim, 'token', 'over'))
over = tonumber(over) or 0
if holder and over > at then
    -- No claim lasts longer than a term: a clock was ahead.
    if over > at + term + skew then
        redis.call('HSET', claim, 'over', whole(at + term))
        redis.call('PEXPIRE', claim, whole(term * 1000))
    end
    return holder == token and 1 or 0
end
redis.call('HSET', claim, 'token', token, 'over', whole(at + term))
redis.call('PEXPIRE', claim, whole(term * 1000))
return 1
