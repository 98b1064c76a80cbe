local known, noted = unpack(redis.call('HMGET', KEYS[1], 'revision', 'at'))
if known and tonumber(noted) > tonumber(ARGV[1]) then
    return known
end
return false
