-- A score is the second at which it was counted.
local sent, token, at = KEYS[1], ARGV[1], moment(tonumber(ARGV[2]))
local count, window, gap = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local memory = math.max(window, gap, 1)
redis.call('ZREMRANGEBYSCORE', sent, '-inf', whole(at - memory))
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
redis.call('PEXPIRE', sent, whole(memory * 1000))
return {0, 0}
