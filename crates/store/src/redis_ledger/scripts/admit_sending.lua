-- Counts a message that is about to be sent. A score is the second at which it was counted.
--   KEYS  messages that were sent
--   ARGV  token, time, how many there may be within the window, window and gap in seconds; then as in now.lua
-- Answers 0, or 1 and in how many seconds the next one may be sent.
local sent = KEYS[1]
local token, host_time, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local window, gap = tonumber(ARGV[4]), tonumber(ARGV[5])
local at, retention = moment(host_time), math.max(window, gap, 1)
redis.call('ZREMRANGEBYSCORE', sent, '-inf', whole(at - retention))
age(sent, at)
if redis.call('ZSCORE', sent, token) then
    return {0, 0}
end
local all = redis.call('ZRANGEBYSCORE', sent, '-inf', '+inf', 'WITHSCORES')
local recent = redis.call('ZRANGEBYSCORE', sent, '(' .. whole(at - window), '+inf', 'WITHSCORES')
local known, free = #recent / 2, at
if #all > 0 then
    free = math.max(free, tonumber(all[#all]) + gap)
end
if known >= count then
    free = math.max(free, tonumber(recent[2 * (known - count) + 2]) + window)
end
if free > at then
    return {1, free - at}
end
redis.call('ZADD', sent, whole(at), token)
redis.call('PEXPIRE', sent, whole(retention * 1000))
return {0, 0}
