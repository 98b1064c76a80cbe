-- Answers the members of a sorted set.
--   KEYS  the set
local set = KEYS[1]
return redis.call('ZRANGEBYSCORE', set, '-inf', '+inf')
