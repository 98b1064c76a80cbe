-- The challenges of an account that are neither expired nor taken.
--   KEYS  challenges
--   ARGV  time; then as in now.lua
-- Answers pairs of an id and the answer of `shown`.
local challenges, host_time = KEYS[1], tonumber(ARGV[1])
local open, at = {}, moment(host_time)
for _, one in ipairs(all_challenges(challenges)) do
    if is_open(one, at) then
        table.insert(open, {one.id, shown(one)})
    end
end
return open
