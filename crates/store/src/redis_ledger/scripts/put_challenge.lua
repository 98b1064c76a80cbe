-- Stores a challenge, if its slot (the field `room`) allows for one more.
--   KEYS  fence, challenges, pushes
--   ARGV  the fence arguments; id, slot, value, when it expires, 1 if it sends a push, how many pushes in a row may have no answer,
--         pause after that many, retention of their count and longest pause there is, in seconds; then as in now.lua
-- Answers 0 if it was stored, 1 for busy and 2 for muted, each with for how many seconds, or a code of `trouble`.
local fence, challenges, pushes = KEYS[1], KEYS[2], KEYS[3]
local host_time, lag, fence_retention, raises = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[6] == '1'
local id, room, value, host_expires, is_push = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), ARGV[11] == '1'
local most_unanswered, pause = tonumber(ARGV[12]), tonumber(ARGV[13])
local push_retention, longest_pause = tonumber(ARGV[14]), tonumber(ARGV[15])
local at = moment(host_time)
-- Its lifetime is the one that the host set, by the ledger's clock.
local expires = at + host_expires - host_time
local all = all_challenges(challenges)
for _, one in ipairs(all) do
    if one.id == id and is_known(one, at) then
        return {0, 0}
    end
end
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return {refused, 0}
end
local last, taken = expires, {}
for _, one in ipairs(all) do
    local is_replaced = one.room == room and room ~= 'approval' and not one.taken
    -- One that lasts longer than this one was stored by a clock that was ahead.
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
-- A caller who took one learns it at once, or never: one who takes many must not fill the memory.
table.sort(taken, function(a, b) return a.expires < b.expires end)
for i = 1, #taken - 16 do
    drop(challenges, taken[i].id)
end
if is_push then
    local unanswered, newest, quiet = unpack(redis.call('HMGET', pushes, 'unanswered', 'newest', 'quiet'))
    unanswered, newest, quiet = tonumber(unanswered) or 0, tonumber(newest) or 0, tonumber(quiet) or 0
    -- A pause that ends later than any can was written by a clock that was wrong, and begins now.
    if newest > at or quiet > at + longest_pause then
        newest, quiet = math.min(newest, at), math.min(quiet, at + longest_pause)
        redis.call('HSET', pushes, 'newest', whole(newest), 'quiet', whole(quiet))
    end
    if unanswered >= most_unanswered then
        quiet = math.max(quiet, newest + pause)
        unanswered = 0
    end
    if quiet > at then
        return {2, quiet - at}
    end
    redis.call('HSET', pushes, 'unanswered', tostring(unanswered + 1), 'newest', whole(at))
    redis.call('PEXPIRE', pushes, whole(push_retention * 1000))
end
redis.call('HSET', challenges, id .. ':value', value, id .. ':expires', whole(expires), id .. ':room', room,
    id .. ':epoch', epoch)
redis.call('HDEL', challenges, id .. ':tried', id .. ':answer', id .. ':taken')
redis.call('PEXPIRE', challenges, whole(math.max(1, math.min(last - at, 86400)) * 1000))
return {0, 0}
