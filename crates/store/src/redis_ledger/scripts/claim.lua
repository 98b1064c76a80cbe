local claim, token, at, term = KEYS[1], ARGV[1], moment(tonumber(ARGV[2])), tonumber(ARGV[3])
local holder, over = unpack(redis.call('HMGET', claim, 'token', 'over'))
over = tonumber(over) or 0
if holder and over > at then
    -- Nobody claims for longer than a term: a clock was ahead.
    if over > at + term + skew then
        redis.call('HSET', claim, 'over', whole(at + term))
        redis.call('PEXPIRE', claim, whole(term * 1000))
    end
    return holder == token and 1 or 0
end
redis.call('HSET', claim, 'token', token, 'over', whole(at + term))
redis.call('PEXPIRE', claim, whole(term * 1000))
return 1
