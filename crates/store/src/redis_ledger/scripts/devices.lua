-- The trusted devices that have not expired. A value begins with the second at which it expires.
--   KEYS  devices
--   ARGV  time; then as in now.lua
-- Answers ids and values in turn.
local devices, host_time = KEYS[1], tonumber(ARGV[1])
local at, current, all = moment(host_time), {}, redis.call('HGETALL', devices)
for i = 1, #all, 2 do
    local expires = tonumber(string.match(all[i + 1], '^%d+'))
    if not expires or expires > at then
        table.insert(current, all[i])
        table.insert(current, all[i + 1])
    end
end
return current
