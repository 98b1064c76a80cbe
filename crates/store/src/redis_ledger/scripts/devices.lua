-- A value begins with the second at which it expires.
local at, kept, all = moment(tonumber(ARGV[1])), {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    local expires = tonumber(string.match(all[i + 1], '^%d+'))
    if not expires or expires > at then
        table.insert(kept, all[i])
        table.insert(kept, all[i + 1])
    end
end
return kept
