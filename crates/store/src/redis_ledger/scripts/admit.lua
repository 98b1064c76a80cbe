-- A score is twice the second of the attempt, and one more where it was wrong.
local attempts, from = KEYS[1], KEYS[2]
local digest, source, window = ARGV[1], ARGV[2], tonumber(ARGV[4])
local at = moment(tonumber(ARGV[3]))
for _, set in ipairs({attempts, from}) do
    redis.call('ZREMRANGEBYSCORE', set, '-inf', whole(2 * (at - window) + 1))
    local future = redis.call('ZRANGEBYSCORE', set, whole(2 * at + 2), '+inf', 'WITHSCORES')
    for i = 1, #future, 2 do
        redis.call('ZADD', set, whole(2 * at + tonumber(future[i + 1]) % 2), future[i])
    end
end
local known = redis.call('ZSCORE', from, digest)
if known then
    return tonumber(known) % 2
end
if redis.call('ZCARD', from) >= tonumber(ARGV[5]) or redis.call('ZCARD', attempts) >= tonumber(ARGV[6]) then
    return 2
end
redis.call('ZADD', attempts, whole(2 * at), digest .. source)
redis.call('ZADD', from, whole(2 * at), digest)
redis.call('PEXPIRE', attempts, whole(window * 1000))
redis.call('PEXPIRE', from, whole(window * 1000))
return 0
