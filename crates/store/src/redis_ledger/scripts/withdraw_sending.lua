-- A message that was counted was not sent; it no longer counts.
--   KEYS  messages that were sent
--   ARGV  token
local sent, token = KEYS[1], ARGV[1]
return redis.call('ZREM', sent, token)
