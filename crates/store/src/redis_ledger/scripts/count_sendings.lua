-- How many messages were sent within the window. Changes nothing.
--   KEYS  messages that were sent
--   ARGV  time, window in seconds; then as in now.lua
local sent, host_time, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
return #redis.call('ZRANGEBYSCORE', sent, '(' .. whole(moment(host_time) - window), '+inf')
