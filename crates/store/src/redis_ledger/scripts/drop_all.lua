-- Removes keys of any type.
--   KEYS  any number of keys
local keys = KEYS
for _, key in ipairs(keys) do
    redis.call('PEXPIRE', key, 0)
end
return 0
