-- What was found wrong stays wrong.
local attempts, from = KEYS[1], KEYS[2]
local digest, source = ARGV[1], ARGV[2]
local score = redis.call('ZSCORE', from, digest)
if score and tonumber(score) % 2 == 0 then
    if ARGV[3] == 'wrong' then
        redis.call('ZINCRBY', from, 1, digest)
    else
        redis.call('ZREM', from, digest)
        redis.call('ZREM', attempts, digest .. source)
    end
end
return 0
