-- Records how a counted password ended. One that was found wrong stays wrong.
--   KEYS  attempts of the account, attempts from the source
--   ARGV  digest, source, "wrong" or "withdrawn"
local attempts, from = KEYS[1], KEYS[2]
local digest, source, settlement = ARGV[1], ARGV[2], ARGV[3]
local score = redis.call('ZSCORE', from, digest)
if score and tonumber(score) % 2 == 0 then
    if settlement == 'wrong' then
        redis.call('ZINCRBY', from, 1, digest)
    else
        redis.call('ZREM', from, digest)
        redis.call('ZREM', attempts, digest .. source)
    end
end
return 0
