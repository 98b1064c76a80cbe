-- Counts a password before it is verified. A score is twice the second of the attempt, and one more if it was wrong.
--   KEYS  attempts of the account, attempts from the source
--   ARGV  digest, source, time, window in seconds, limit of the source, limit of the account; then as in now.lua
-- Answers 0 to proceed, 1 for known to be wrong, 2 for limited.
local attempts, from = KEYS[1], KEYS[2]
local digest, source, host_time, window = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local source_limit, account_limit = tonumber(ARGV[5]), tonumber(ARGV[6])
local at = moment(host_time)
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
if redis.call('ZCARD', from) >= source_limit or redis.call('ZCARD', attempts) >= account_limit then
    return 2
end
redis.call('ZADD', attempts, whole(2 * at), digest .. source)
redis.call('ZADD', from, whole(2 * at), digest)
redis.call('PEXPIRE', attempts, whole(window * 1000))
redis.call('PEXPIRE', from, whole(window * 1000))
return 0
