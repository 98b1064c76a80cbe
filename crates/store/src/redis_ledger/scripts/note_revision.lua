-- Notes a revision, unless a higher one is known. Revisions are compared as decimal numbers of any length: Lua's own numbers are exact
-- to 53 bits only.
--   KEYS  revision
--   ARGV  revision, time, MAC, retention in seconds; then as in now.lua
local key = KEYS[1]
local revision, written, mac, retention = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local at = moment(written)
local known, noted = unpack(redis.call('HMGET', key, 'revision', 'at'))
noted = tonumber(noted)
local is_known = known and string.match(known, '^%d+$') and noted and noted > at - retention and noted <= at + skew
if is_known then
    if #revision < #known or (#revision == #known and revision < known) then
        return 0
    end
    if known == revision and written < noted then
        return 0
    end
end
redis.call('HSET', key, 'revision', revision, 'at', whole(written), 'mac', mac)
redis.call('PEXPIRE', key, whole(retention * 1000))
return 0
