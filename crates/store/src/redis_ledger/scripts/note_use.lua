-- A value begins with the second of the use.
local uses, sources = KEYS[1], KEYS[2]
local credential, at, source = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local all = redis.call('HGETALL', uses)
local is_newest = true
for i = 1, #all, 2 do
    local noted = tonumber(string.match(all[i + 1], '^%d+')) or 0
    if all[i] == credential then
        is_newest = at >= noted + tonumber(ARGV[9])
    elseif noted <= tonumber(ARGV[7]) then
        redis.call('HDEL', uses, all[i])
    end
end
if is_newest then
    redis.call('HSET', uses, credential, ARGV[2] .. ' ' .. ARGV[3])
end
redis.call('PEXPIRE', uses, ARGV[8])
redis.call('ZREMRANGEBYSCORE', sources, '-inf', ARGV[5])
redis.call('ZADD', sources, 'GT', ARGV[2], source)
redis.call('PEXPIRE', sources, ARGV[6])
return 0
