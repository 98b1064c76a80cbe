-- A value begins with the second at which it expires.
local devices, id, at = KEYS[1], ARGV[1], moment(tonumber(ARGV[4]))
redis.call('HSET', devices, id, ARGV[2] .. ' ' .. ARGV[3])
local last, all = 0, redis.call('HGETALL', devices)
for i = 1, #all, 2 do
    local expires = tonumber(string.match(all[i + 1], '^%d+')) or 0
    if expires <= at then
        redis.call('HDEL', devices, all[i])
    end
    last = math.max(last, expires)
end
redis.call('PEXPIRE', devices, whole(math.max(last - at, 1) * 1000))
return 0
