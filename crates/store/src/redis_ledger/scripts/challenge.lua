-- Prelude of scripts about challenges, after fence.lua. An account's challenges are one hash; the name of a field is a challenge's id
-- and what the field holds of it. The epoch names the server that stored the challenge: another server, and the same one after a
-- restart, may have lost the record that it was taken, which would let it be replayed.
local function challenge(challenges, id)
    local value, expires, room, of, tried, answer, taken = unpack(redis.call(
        'HMGET', challenges, id .. ':value', id .. ':expires', id .. ':room', id .. ':epoch', id .. ':tried',
        id .. ':answer', id .. ':taken'))
    return {
        id = id, value = value, expires = tonumber(expires) or 0, room = room, is_of_here = of == epoch,
        tried = tried or '', answer = answer, taken = taken,
    }
end

-- Not expired, and no record of it can have been lost.
local function is_known(one, at)
    return one.value and one.is_of_here and one.expires > math.max(at, second)
end

local function is_open(one, at)
    return is_known(one, at) and not one.taken
end

local function drop(challenges, id)
    redis.call('HDEL', challenges, id .. ':value', id .. ':expires', id .. ':room', id .. ':epoch', id .. ':tried',
        id .. ':answer', id .. ':taken')
end

local function all_challenges(challenges)
    local seen, all = {}, {}
    local fields = redis.call('HGETALL', challenges)
    for i = 1, #fields, 2 do
        local id = string.match(fields[i], '^(%x+):')
        if id and not seen[id] then
            seen[id] = true
            table.insert(all, challenge(challenges, id))
        end
    end
    return all
end

-- A challenge as Rust reads it: 0, value, expiry, tries, whether there is an answer, answer.
local function shown(one)
    return {0, one.value, string.format('%.0f', one.expires), math.floor(#one.tried / 16), one.answer and 1 or 0,
        one.answer or ''}
end

local function not_shown(code)
    return {code, '', 0, 0, 0, ''}
end

-- Those who wait for a challenge read this stream from its beginning, so they also find what was written before they came.
local function wake(stream, one, at)
    redis.call('XADD', stream, 'MAXLEN', '1', '*', 'look', '1')
    redis.call('PEXPIRE', stream, string.format('%.0f', math.min(one.expires - math.max(at, second), 86400) * 1000))
end

