-- Has no effect where the code is not counted, or no longer: it may be told twice.
local codes, token = KEYS[1], ARGV[1]
if redis.call('ZSCORE', codes, token) then
    if ARGV[2] == 'right' then
        redis.call('ZREMRANGEBYSCORE', codes, '-inf', '+inf')
    else
        redis.call('ZREM', codes, token)
    end
end
return 0
