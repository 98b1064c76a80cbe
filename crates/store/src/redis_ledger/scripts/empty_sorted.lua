-- Empties sorted sets.
--   KEYS  any number of sets
local sets = KEYS
for _, set in ipairs(sets) do
    redis.call('ZREMRANGEBYSCORE', set, '-inf', '+inf')
end
return 0
