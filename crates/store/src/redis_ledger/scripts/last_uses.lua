-- Answers credentials and the values of their uses in turn.
--   KEYS  uses
local uses = KEYS[1]
return redis.call('HGETALL', uses)
