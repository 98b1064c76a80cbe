-- A score is twice the second of the attempt, and one more where it was wrong.
local attempts, from, sources = KEYS[1], KEYS[2], KEYS[3]
local digest, source, score, forgotten = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
redis.call('ZREMRANGEBYSCORE', attempts, '-inf', forgotten)
redis.call('ZREMRANGEBYSCORE', from, '-inf', forgotten)
local known = redis.call('ZSCORE', from, digest)
if known then
    return tonumber(known) % 2
end
if redis.call('ZCARD', from) >= tonumber(ARGV[5]) then
    return 2
end
if redis.call('ZCARD', attempts) >= tonumber(ARGV[6]) then
    local trusted = redis.call('ZSCORE', sources, source)
    if not trusted or tonumber(trusted) <= tonumber(ARGV[7]) then
        return 2
    end
end
redis.call('ZADD', attempts, score, digest .. source)
redis.call('ZADD', from, score, digest)
redis.call('PEXPIRE', attempts, ARGV[8])
redis.call('PEXPIRE', from, ARGV[8])
return 0
