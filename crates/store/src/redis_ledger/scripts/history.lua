local failed = 0
local at = moment(tonumber(ARGV[2]))
local attempts = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(2 * (at - tonumber(ARGV[3])) + 1), '+inf', 'WITHSCORES')
for i = 2, #attempts, 2 do
    if tonumber(attempts[i]) % 2 == 1 then
        failed = 1
    end
end
return {failed, redis.call('HMGET', KEYS[2], ARGV[1])[1] or ''}
