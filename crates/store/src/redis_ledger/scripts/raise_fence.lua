local refused = trouble(KEYS[1], tonumber(ARGV[2]), ARGV[4])
if refused then
    return {refused, 0, second}
end
local since, is_new = complete_since(KEYS[1], tonumber(ARGV[3]), ARGV[4])
return {is_new and 1 or 0, since, second}
