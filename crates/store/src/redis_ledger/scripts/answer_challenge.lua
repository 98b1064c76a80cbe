local challenges, pushes, stream = KEYS[1], KEYS[2], KEYS[3]
local at, id, answer = moment(tonumber(ARGV[1])), ARGV[2], ARGV[3]
local one = challenge(challenges, id)
if not is_open(one, at) then
    return 2
end
if one.answer then
    return one.answer == answer and 0 or 1
end
redis.call('HSET', challenges, id .. ':answer', answer)
if one.room == 'approval' then
    redis.call('HDEL', pushes, 'unanswered', 'newest')
end
wake(stream, one, at)
return 0
