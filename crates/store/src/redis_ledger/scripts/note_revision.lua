-- Revisions are compared as decimal numbers of any length: Lua's own numbers are exact to 53 bits only.
local revision, written, mac, memory = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local at = moment(written)
local known, noted = unpack(redis.call('HMGET', KEYS[1], 'revision', 'at'))
noted = tonumber(noted)
local is_known = known and string.match(known, '^%d+$') and noted and noted > at - memory and noted <= at + skew
if is_known then
    if #revision < #known or (#revision == #known and revision < known) then
        return 0
    end
    if known == revision and written < noted then
        return 0
    end
end
redis.call('HSET', KEYS[1], 'revision', revision, 'at', whole(written), 'mac', mac)
redis.call('PEXPIRE', KEYS[1], whole(memory * 1000))
return 0
