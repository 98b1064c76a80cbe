-- A pause that is longer than all is shortened when a phone is to be rung: see put_challenge.lua.
local pushes, at = KEYS[1], moment(tonumber(ARGV[2]))
local pause = math.max(tonumber(ARGV[1]) - tonumber(ARGV[2]), 0)
local quiet = math.max(at + pause, tonumber(redis.call('HMGET', pushes, 'quiet')[1]) or 0)
redis.call('HSET', pushes, 'quiet', whole(quiet))
redis.call('PEXPIRE', pushes, whole(tonumber(ARGV[3]) * 1000))
return 0
