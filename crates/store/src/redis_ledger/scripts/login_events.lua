-- The events of an account's logins that are kept. A value begins with the second of its last login.
--   KEYS  logins
--   ARGV  retention in seconds, time; then as in now.lua
-- Answers fields and values in turn.
local logins, retention, host_time = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local at, kept, all = moment(host_time), {}, redis.call('HGETALL', logins)
for i = 1, #all, 2 do
    local noted = tonumber(string.match(all[i + 1], '^%d+')) or 0
    if noted > at - retention then
        table.insert(kept, all[i])
        table.insert(kept, all[i + 1])
    end
end
return kept
