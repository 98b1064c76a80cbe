local failed, succeeded = 0, 0
local attempts = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf', 'WITHSCORES')
for i = 2, #attempts, 2 do
    if tonumber(attempts[i]) % 2 == 1 then
        failed = 1
    end
end
local trusted = redis.call('ZSCORE', KEYS[2], ARGV[1])
if trusted and tonumber(trusted) > tonumber(ARGV[3]) then
    succeeded = 1
end
return {failed, succeeded}
