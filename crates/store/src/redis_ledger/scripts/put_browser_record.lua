-- Stores the record of a browser, alone or in the place of another one.
--   KEYS  fence, records
--   ARGV  the fence arguments; field, value, when it expires, the field and the value of the one that it replaces (empty if it replaces
--         none), a name for a new generation, how many of its kind there may be; then as in now.lua
-- Answers 0 if it was stored, 1 if the one to replace is not there, or a code of `trouble`.
local fence, records = KEYS[1], KEYS[2]
local host_time, lag, fence_retention, raises = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[6] == '1'
local field, value, host_expires, old_field, old_value = ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10], ARGV[11]
local new_generation, most = ARGV[12], tonumber(ARGV[13])
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return refused
end
local at = moment(host_time)
-- Its lifetime is the one that the host set, by the ledger's clock.
local expires = at + host_expires - host_time
local generation = generation_of(fence)
local old, new = unpack(redis.call('HMGET', records, old_field, field))
old, new = read(old, generation, at), read(new, generation, at)
if old_field ~= '' and not (old and old.value == old_value) then
    return new and new.value == value and 0 or 1
end
if not generation then
    generation = new_generation
    -- A tool leaves the fence as it is; what it stores under a generation of its own is found by nobody.
    if raises then
        redis.call('HSET', fence, 'browsers', generation)
        redis.call('PEXPIRE', fence, fence_retention)
    end
end
if old_field ~= '' and old_field ~= field then
    redis.call('HDEL', records, old_field)
end
redis.call('HSET', records, field, whole(expires) .. ' ' .. epoch .. ' ' .. generation .. ' ' .. value)
local kind, last, same = string.match(field, '^%a+:'), expires, {}
local all = redis.call('HGETALL', records)
for i = 1, #all, 2 do
    local one = read(all[i + 1], generation, at)
    if not one then
        redis.call('HDEL', records, all[i])
    else
        last = math.max(last, one.expires)
        if all[i] ~= field and string.sub(all[i], 1, #kind) == kind then
            table.insert(same, {field = all[i], expires = one.expires})
        end
    end
end
table.sort(same, function(a, b) return a.expires < b.expires end)
for i = 1, #same - most + 1 do
    redis.call('HDEL', records, same[i].field)
end
redis.call('PEXPIRE', records, whole(math.max(last - at, 1) * 1000))
return 0
