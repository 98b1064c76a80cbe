local fence, challenges = KEYS[1], KEYS[2]
local one = challenge(challenges, ARGV[7])
if one.answer or not is_open(one, moment(tonumber(ARGV[1]))) then
    return 1
end
return trouble(fence, tonumber(ARGV[2]), ARGV[4]) or 0
