-- Stores the record of a trusted device. A value begins with the second at which it expires.
--   KEYS  devices
--   ARGV  id, when it expires, value, time; then as in now.lua
local devices = KEYS[1]
local id, expiry, value, host_time = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local at = moment(host_time)
redis.call('HSET', devices, id, expiry .. ' ' .. value)
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
