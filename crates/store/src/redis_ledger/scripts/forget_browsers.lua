-- Begins a new generation of browsers in a bucket, which ends the records of all its accounts.
--   KEYS  fence
--   ARGV  a name for the generation, retention of the fence in milliseconds
local fence, generation, retention = KEYS[1], ARGV[1], ARGV[2]
redis.call('HSET', fence, 'browsers', generation)
redis.call('PEXPIRE', fence, retention)
return 0
