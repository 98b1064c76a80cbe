-- Revisions are compared as decimal numbers of any length: Lua's own numbers are exact to 53 bits only.
local revision, at = ARGV[1], tonumber(ARGV[2])
local known, noted = unpack(redis.call('HMGET', KEYS[1], 'revision', 'at'))
if known and tonumber(noted) > tonumber(ARGV[3]) then
    if #revision < #known or (#revision == #known and revision < known) then
        return 0
    end
    if known == revision and at < tonumber(noted) then
        return 0
    end
end
redis.call('HSET', KEYS[1], 'revision', revision, 'at', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0
