-- Removes the records of browsers.
--   KEYS  records
--   ARGV  any number of fields
local records, fields = KEYS[1], ARGV
return redis.call('HDEL', records, unpack(fields))
