-- Stores an event of an account's logins, in the place of what was known of it. A value begins with the second of its last login.
--   KEYS  logins
--   ARGV  field, its group with a colon, the second of its last login, value, the value that it replaces (empty if it replaces none),
--         how many of its group are kept, retention in seconds, time; then as in now.lua
-- Answers whether it was stored, 0 or 1, and the value that is there if it was not.
local logins = KEYS[1]
local field, group, last, value, old = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local most, retention, host_time = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local at = moment(host_time)
local stored = redis.call('HMGET', logins, field)[1]
local known = stored and string.match(stored, '^%d+ (.*)$') or ''
if known ~= old and known ~= value then
    return {0, known}
end
redis.call('HSET', logins, field, whole(at + last - host_time) .. ' ' .. value)
local all, others = redis.call('HGETALL', logins), {}
for i = 1, #all, 2 do
    local noted = tonumber(string.match(all[i + 1], '^%d+')) or 0
    if noted <= at - retention then
        redis.call('HDEL', logins, all[i])
    elseif all[i] ~= field and string.sub(all[i], 1, #group) == group then
        -- One of a clock that was ahead gives way first.
        table.insert(others, {field = all[i], noted = noted > at + skew and 0 or noted})
    end
end
table.sort(others, function(a, b) return a.noted < b.noted end)
for i = 1, #others - most + 1 do
    redis.call('HDEL', logins, others[i].field)
end
redis.call('PEXPIRE', logins, whole(retention * 1000))
return {1, ''}
