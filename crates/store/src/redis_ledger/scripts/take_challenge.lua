-- What was taken is kept until it is over, for the one who took it and may not have heard so.
local fence, challenges, stream = KEYS[1], KEYS[2], KEYS[3]
local at, id, token = moment(tonumber(ARGV[1])), ARGV[7], ARGV[8]
local one = challenge(challenges, id)
if not is_known(one, at) or (one.taken and one.taken ~= token) then
    return not_shown(1)
end
if one.taken then
    return shown(one)
end
local refused = trouble(fence, tonumber(ARGV[2]), ARGV[4])
if refused then
    return not_shown(refused)
end
redis.call('HSET', challenges, id .. ':taken', token)
wake(stream, one, at)
return shown(one)
