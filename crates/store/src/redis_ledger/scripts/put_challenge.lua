local fence, challenges, pushes = KEYS[1], KEYS[2], KEYS[3]
local at, id, room, expires = tonumber(ARGV[1]), ARGV[5], ARGV[6], ARGV[8]
local all = all_challenges(challenges)
for _, one in ipairs(all) do
    if one.id == id and is_known(one, at) then
        return {0, 0}
    end
end
local refused = trouble(fence, tonumber(ARGV[2]), ARGV[4])
if refused then
    return {refused, 0}
end
local last, taken = tonumber(expires), {}
for _, one in ipairs(all) do
    local is_replaced = one.room == room and room ~= 'approval' and not one.taken
    if is_replaced or not is_known(one, at) then
        drop(challenges, one.id)
    else
        if one.taken then
            table.insert(taken, one)
        end
        if room == 'approval' and one.room == room and not one.taken and not one.answer then
            return {1, one.expires}
        end
        last = math.max(last, one.expires)
    end
end
-- Who took one hears so at once, or never: whoever takes one after the other must not fill the memory.
table.sort(taken, function(a, b) return a.expires < b.expires end)
for i = 1, #taken - 16 do
    drop(challenges, taken[i].id)
end
if ARGV[9] == '1' then
    local memory = tonumber(ARGV[12])
    local unanswered, newest, quiet = unpack(redis.call('HMGET', pushes, 'unanswered', 'newest', 'quiet'))
    unanswered, quiet = tonumber(unanswered) or 0, tonumber(quiet) or 0
    if unanswered >= tonumber(ARGV[10]) then
        quiet = math.max(quiet, (tonumber(newest) or 0) + tonumber(ARGV[11]))
        unanswered = 0
    end
    if quiet > at then
        return {2, quiet}
    end
    redis.call('HSET', pushes, 'unanswered', tostring(unanswered + 1), 'newest', ARGV[1])
    redis.call('PEXPIRE', pushes, string.format('%.0f', memory * 1000))
end
redis.call('HSET', challenges, id .. ':value', ARGV[7], id .. ':expires', expires, id .. ':room', room,
    id .. ':epoch', epoch)
redis.call('HDEL', challenges, id .. ':tried', id .. ':answer', id .. ':taken')
redis.call('PEXPIRE', challenges, string.format('%.0f', math.max(1, math.min(last - at, 86400)) * 1000))
return {0, 0}
