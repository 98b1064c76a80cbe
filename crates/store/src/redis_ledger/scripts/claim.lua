local claim, token, at, term = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local holder, over = unpack(redis.call('HMGET', claim, 'token', 'over'))
if holder and (tonumber(over) or 0) > at then
    return holder == token and 1 or 0
end
redis.call('HSET', claim, 'token', token, 'over', string.format('%.0f', at + term))
redis.call('PEXPIRE', claim, string.format('%.0f', term * 1000))
return 1
