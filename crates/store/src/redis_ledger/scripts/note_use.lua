-- A value begins with the second of the use.
local uses, sources = KEYS[1], KEYS[2]
local credential, written, source = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local at, use_memory, source_memory = moment(written), tonumber(ARGV[7]), tonumber(ARGV[6])
local all = redis.call('HGETALL', uses)
local is_newest = true
for i = 1, #all, 2 do
    local noted = tonumber(string.match(all[i + 1], '^%d+')) or 0
    local is_from_future = noted > at + tonumber(ARGV[8])
    if all[i] == credential then
        is_newest = is_from_future or at >= noted + tonumber(ARGV[8])
    elseif noted <= at - use_memory then
        redis.call('HDEL', uses, all[i])
    end
end
if is_newest then
    redis.call('HSET', uses, credential, whole(at) .. ' ' .. ARGV[3])
end
redis.call('PEXPIRE', uses, whole(use_memory * 1000))
local known = redis.call('HGETALL', sources)
local oldest, first = nil, nil
for i = 1, #known, 2 do
    local noted = tonumber(string.match(known[i + 1], '^%d+')) or 0
    if noted <= at - source_memory then
        redis.call('HDEL', sources, known[i])
    elseif known[i] ~= source and (not first or noted < first) then
        oldest, first = known[i], noted
    end
end
if oldest and #known / 2 >= tonumber(ARGV[9]) then
    redis.call('HDEL', sources, oldest)
end
redis.call('HSET', sources, source, whole(written) .. ' ' .. ARGV[5])
redis.call('PEXPIRE', sources, whole(source_memory * 1000))
return 0
