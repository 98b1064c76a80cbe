-- Checks the fence of a bucket, and raises it if records may have been lost.
--   KEYS  fence
--   ARGV  the fence arguments, then as in now.lua: see fence.lua
-- Answers 0, or 1 if the fence was raised, the moment since which all that was spent is known, and the server's second; or a code of
-- `trouble` instead of the first.
local fence = KEYS[1]
local lag, grace, fence_retention = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local seen, raises = tonumber(ARGV[5]), ARGV[6] == '1'
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return {refused, 0, second}
end
local since, is_new = complete_since(fence, grace, fence_retention, seen, raises)
return {is_new and 1 or 0, since, second}
