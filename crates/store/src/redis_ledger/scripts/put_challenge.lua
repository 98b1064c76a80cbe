local fence, challenges, pushes = KEYS[1], KEYS[2], KEYS[3]
local at, id, room = moment(tonumber(ARGV[1])), ARGV[7], ARGV[8]
-- It lasts as long as its host wants it to last, by the ledger's clock.
local lifetime = tonumber(ARGV[10]) - tonumber(ARGV[1])
local expires = at + lifetime
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
local last, taken = expires, {}
for _, one in ipairs(all) do
    local is_replaced = one.room == room and room ~= 'approval' and not one.taken
    -- One that lasts longer than this one was put by a clock that was ahead.
    local is_from_future = one.room == room and one.expires > expires + skew
    if is_replaced or is_from_future or not is_known(one, at) then
        drop(challenges, one.id)
    else
        if one.taken then
            table.insert(taken, one)
        end
        if room == 'approval' and one.room == room and not one.taken and not one.answer then
            return {1, one.expires - at}
        end
        last = math.max(last, one.expires)
    end
end
-- Who took one hears so at once, or never: whoever takes one after the other must not fill the memory.
table.sort(taken, function(a, b) return a.expires < b.expires end)
for i = 1, #taken - 16 do
    drop(challenges, taken[i].id)
end
if ARGV[11] == '1' then
    local pause, memory, longest = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
    local unanswered, newest, quiet = unpack(redis.call('HMGET', pushes, 'unanswered', 'newest', 'quiet'))
    unanswered, newest, quiet = tonumber(unanswered) or 0, tonumber(newest) or 0, tonumber(quiet) or 0
    -- What lies further ahead than any pause was written by a clock that was wrong, and begins now.
    if newest > at or quiet > at + longest then
        newest, quiet = math.min(newest, at), math.min(quiet, at + longest)
        redis.call('HSET', pushes, 'newest', whole(newest), 'quiet', whole(quiet))
    end
    if unanswered >= tonumber(ARGV[12]) then
        quiet = math.max(quiet, newest + pause)
        unanswered = 0
    end
    if quiet > at then
        return {2, quiet - at}
    end
    redis.call('HSET', pushes, 'unanswered', tostring(unanswered + 1), 'newest', whole(at))
    redis.call('PEXPIRE', pushes, whole(memory * 1000))
end
redis.call('HSET', challenges, id .. ':value', ARGV[9], id .. ':expires', whole(expires), id .. ':room', room,
    id .. ':epoch', epoch)
redis.call('HDEL', challenges, id .. ':tried', id .. ':answer', id .. ':taken')
redis.call('PEXPIRE', challenges, whole(math.max(1, math.min(last - at, 86400)) * 1000))
return {0, 0}
