-- Notes an accepted login. A value begins with the second of the use.
--   KEYS  uses, notes of sources
--   ARGV  credential, time, the rest of the use's value, source, the rest of its note, retention of sources and of uses in seconds,
--         how many seconds younger a use has to be to replace the stored one, how many sources are kept; then as in now.lua
local uses, sources = KEYS[1], KEYS[2]
local credential, host_time, use_rest = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local source, note_rest = ARGV[4], ARGV[5]
local source_retention, use_retention = tonumber(ARGV[6]), tonumber(ARGV[7])
local note_every, most_sources = tonumber(ARGV[8]), tonumber(ARGV[9])
local at = moment(host_time)
local all = redis.call('HGETALL', uses)
local is_newest = true
for i = 1, #all, 2 do
    local noted = tonumber(string.match(all[i + 1], '^%d+')) or 0
    local is_from_future = noted > at + note_every
    if all[i] == credential then
        is_newest = is_from_future or at >= noted + note_every
    elseif noted <= at - use_retention then
        redis.call('HDEL', uses, all[i])
    end
end
if is_newest then
    redis.call('HSET', uses, credential, whole(at) .. ' ' .. use_rest)
end
redis.call('PEXPIRE', uses, whole(use_retention * 1000))
local known = redis.call('HGETALL', sources)
local oldest, first = nil, nil
for i = 1, #known, 2 do
    local noted = tonumber(string.match(known[i + 1], '^%d+')) or 0
    if noted <= at - source_retention then
        redis.call('HDEL', sources, known[i])
    elseif known[i] ~= source and (not first or noted < first) then
        oldest, first = known[i], noted
    end
end
if oldest and #known / 2 >= most_sources then
    redis.call('HDEL', sources, oldest)
end
-- The note is signed over the host's time.
redis.call('HSET', sources, source, whole(host_time) .. ' ' .. note_rest)
redis.call('PEXPIRE', sources, whole(source_retention * 1000))
return 0
