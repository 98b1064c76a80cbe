-- Records that a counted code was right, or could not be verified. Has no effect if the code is not counted, or no longer, so the
-- call may be repeated.
--   KEYS  codes
--   ARGV  token, "right" or "withdrawn"
local codes = KEYS[1]
local token, settlement = ARGV[1], ARGV[2]
if redis.call('ZSCORE', codes, token) then
    if settlement == 'right' then
        redis.call('ZREMRANGEBYSCORE', codes, '-inf', '+inf')
    else
        redis.call('ZREM', codes, token)
    end
end
return 0
