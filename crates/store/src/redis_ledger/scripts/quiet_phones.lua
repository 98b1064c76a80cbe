local pushes, at = KEYS[1], tonumber(ARGV[2])
local quiet = math.max(tonumber(ARGV[1]), tonumber(redis.call('HMGET', pushes, 'quiet')[1]) or 0)
redis.call('HSET', pushes, 'quiet', string.format('%.0f', quiet))
redis.call('PEXPIRE', pushes, string.format('%.0f', math.max(tonumber(ARGV[3]), quiet - at) * 1000))
return 0
