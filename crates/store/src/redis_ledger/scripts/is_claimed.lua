-- Whether a name is held.
--   KEYS  claim
--   ARGV  time; then as in now.lua
-- Answers 1 if a caller holds it, and 0 if none does. Changes nothing.
local over = tonumber(redis.call('HMGET', KEYS[1], 'over')[1]) or 0
return over > moment(tonumber(ARGV[1])) and 1 or 0
