-- Prelude of scripts that need the time and no fence. The ledger's clock decides: a host's time counts only if the two clocks differ
-- by no more than `skew`. The last two arguments of every script are:
--   ARGV[#ARGV - 1]  the allowed skew in seconds
--   ARGV[#ARGV]      the ledger's second, in tests; empty otherwise, and the server's own clock is read
local skew, test_second = tonumber(ARGV[#ARGV - 1]), tonumber(ARGV[#ARGV])

local function moment(host)
    local ledger = test_second
        or math.floor(tonumber(string.match(redis.call('INFO', 'server'), 'server_time_usec:(%d+)')) / 1000000)
    if math.abs(host - ledger) > skew then
        return ledger
    end
    return host
end

local function whole(number)
    return string.format('%.0f', number)
end

-- A score in the future was written by a clock that was wrong. From now on it counts as of now.
local function age(set, at)
    local future = redis.call('ZRANGEBYSCORE', set, '(' .. whole(at), '+inf')
    for _, member in ipairs(future) do
        redis.call('ZADD', set, whole(at), member)
    end
end

