-- Tokens have 16 bytes; one for each look.
local challenges, at, id, most, token = KEYS[1], moment(tonumber(ARGV[1])), ARGV[2], tonumber(ARGV[3]), ARGV[4]
local one = challenge(challenges, id)
if not is_open(one, at) then
    return not_shown(1)
end
for i = 1, #one.tried, 16 do
    if string.sub(one.tried, i, i + 15) == token then
        return shown(one)
    end
end
if math.floor(#one.tried / 16) >= most then
    return not_shown(1)
end
one.tried = one.tried .. token
redis.call('HSET', challenges, id .. ':tried', one.tried)
return shown(one)
