-- Removes the records of trusted devices.
--   KEYS  devices
--   ARGV  any number of ids
local devices, ids = KEYS[1], ARGV
return redis.call('HDEL', devices, unpack(ids))
