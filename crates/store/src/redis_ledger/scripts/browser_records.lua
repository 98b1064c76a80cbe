-- The records of an account's browsers that have not expired.
--   KEYS  fence, records
--   ARGV  the fence arguments; with what their fields begin; then as in now.lua
-- Answers 0 or a code of `trouble`, and fields, expiries and values.
local fence, records = KEYS[1], KEYS[2]
local host_time, lag, fence_retention, raises = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[6] == '1'
local prefix = ARGV[7]
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return {refused, {}}
end
local at, generation, found = moment(host_time), generation_of(fence), {}
local all = redis.call('HGETALL', records)
for i = 1, #all, 2 do
    local one = read(all[i + 1], generation, at)
    if one and string.sub(all[i], 1, #prefix) == prefix then
        table.insert(found, {all[i], whole(one.expires), one.value})
    end
end
return {0, found}
