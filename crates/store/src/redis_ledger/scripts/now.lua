-- What time it is. The ledger's clock decides: what a host says counts only while the two are no further apart than may be.
-- The last two arguments of a script say how far that is, and in tests what the ledger's clock shows.
local skew = tonumber(ARGV[#ARGV - 1])

local function moment(host)
    local ledger = tonumber(ARGV[#ARGV])
        or math.floor(tonumber(string.match(redis.call('INFO', 'server'), 'server_time_usec:(%d+)')) / 1000000)
    if math.abs(host - ledger) > skew then
        return ledger
    end
    return host
end

local function whole(number)
    return string.format('%.0f', number)
end

-- What lies in the future was written by a clock that was wrong. It counts as of now, from now on.
local function age(set, at)
    local future = redis.call('ZRANGEBYSCORE', set, '(' .. whole(at), '+inf')
    for _, member in ipairs(future) do
        redis.call('ZADD', set, whole(at), member)
    end
end

