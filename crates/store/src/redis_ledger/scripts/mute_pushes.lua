-- Lets no push go to the account's phones for a while. A pause that is longer than any is shortened by put_challenge.lua.
--   KEYS  pushes
--   ARGV  until when, time, retention of pushes in seconds; then as in now.lua
local pushes = KEYS[1]
local until_when, host_time, retention = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at, pause = moment(host_time), math.max(until_when - host_time, 0)
local quiet = math.max(at + pause, tonumber(redis.call('HMGET', pushes, 'quiet')[1]) or 0)
redis.call('HSET', pushes, 'quiet', whole(quiet))
redis.call('PEXPIRE', pushes, whole(retention * 1000))
return 0
