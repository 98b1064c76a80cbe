-- Prelude of scripts that ask whether a code may be tried. The newest of too many codes began the pause.

-- The second until which none may be tried; `at` if one may.
local function closed_until(codes, at, wrong, window, pause)
    local recent = redis.call('ZRANGEBYSCORE', codes, '(' .. whole(at - window - pause), '+inf', 'WITHSCORES')
    local count, closed = #recent / 2, at
    if count >= wrong then
        local first, newest = tonumber(recent[2 * (count - wrong) + 2]), tonumber(recent[#recent])
        if first + window > newest then
            closed = math.max(closed, newest + pause)
        end
        if first + window > at then
            closed = math.max(closed, first + window)
        end
    end
    return closed
end

