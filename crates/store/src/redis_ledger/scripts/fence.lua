-- Prelude of scripts that need a fence: the moment since which the server knows all that was spent. Replay protection rests on it.
--
-- The epoch is the server's identity, which may change between two calls: a restart gives it a new run id, a promotion a new
-- replication id. A flush removes the fence as well.
--
-- The ledger's clock decides. No code is accepted from a host whose clock differs from it by more than `skew`, and `skew` is added
-- wherever it matters which codes can have been used. The last two arguments of every script are those of now.lua. A script that
-- moves or checks a fence begins with the fence arguments:
--   ARGV[1]  the host's time
--   ARGV[2]  the greatest lag of a replica in seconds; 0 if there need not be any replica
--   ARGV[3]  the grace in seconds, for which a server that was cut off may go on spending
--   ARGV[4]  the retention of the fence in milliseconds
--   ARGV[5]  `seen`, the latest time of the ledger that the host knows: the clock of this server may have been set back since, or
--            another server may have answered then
--   ARGV[6]  `raises`, 1 if the fence may be raised, and 0 for a tool, whose questions change nothing
local skew, test_second = tonumber(ARGV[#ARGV - 1]), tonumber(ARGV[#ARGV])
local info = redis.call('INFO', 'server', 'replication')
local epoch = assert(string.match(info, 'run_id:(%x+)'), 'INFO gives no run_id')
    .. assert(string.match(info, 'master_replid:(%x+)'), 'INFO gives no master_replid')
local exact = test_second
    or tonumber((assert(string.match(info, 'server_time_usec:(%d+)'), 'INFO gives no server_time_usec'))) / 1000000
-- The current second of the server, and the one that ends it.
local second, now = math.floor(exact), math.ceil(exact)

local function whole(number)
    return string.format('%.0f', number)
end

-- By how many seconds the host's clock is ahead of the ledger's (negative: behind), if these are too many.
local function apart(host)
    local ahead = host - second
    return math.abs(ahead) > skew and ahead or nil
end

local function moment(host)
    return apart(host) and second or host
end

-- Whether a write survives a failover: nil if it does, 3 if the server may accept writes alone, 4 if it is cut off from its
-- replicas. With `lag` 0 there is no failover to survive. A server forgets replicas that it has not heard of for a while, so the
-- greatest number within a day is stored beside the fence: half of them must still be there.
local function trouble(fence, lag, retention, raises)
    if lag == 0 then
        return nil
    end
    if not string.find(info, 'min_slaves_good_slaves:') then
        return 3
    end
    local all, good = 0, 0
    for state, late in string.gmatch(info, 'slave%d+:[^\r\n]*state=(%w+)[^\r\n]*lag=(%-?%d+)') do
        all = all + 1
        if state == 'online' and tonumber(late) <= lag then
            good = good + 1
        end
    end
    local most, last = unpack(redis.call('HMGET', fence, 'replicas', 'seen'))
    most, last = tonumber(most) or 0, tonumber(last) or 0
    if all >= most or now - last > 86400 or last > now + skew then
        most = math.max(all, last > now + skew and most or 0)
        if raises then
            redis.call('HSET', fence, 'replicas', tostring(most), 'seen', whole(now))
            redis.call('PEXPIRE', fence, retention)
        end
    end
    if good < 1 or 2 * good < most then
        return 4
    end
    return nil
end

-- The time of a clock that was ahead of what it is now. A time that lies further ahead was a mistake, and is not waited for.
local function recent(time)
    return time > now and time <= now + 600 and time or 0
end

-- Answers since when all that was spent is known, and whether the fence is raised now, because records may have been lost. `latest`
-- is the latest time at which the fence was checked: keys may have expired by a clock that was set back since.
local function complete_since(fence, grace, retention, seen, raises)
    local known, since, high, latest = unpack(redis.call('HMGET', fence, 'epoch', 'since', 'high', 'latest'))
    since, high, latest = tonumber(since), tonumber(high) or 0, tonumber(latest) or 0
    local is_another = known ~= epoch or not since
    local is_set_back = latest > now + skew
    local begin = now
    if is_another then
        -- The clock may have been ahead of what it is now: hosts learn the time every few seconds, and the last step that
        -- was taken was not available before `high`.
        begin = math.max(now, recent(seen) > 0 and seen + 10 or 0, recent(high))
    end
    if is_another or is_set_back then
        -- A fence that was raised under a clock that was far ahead is not waited for either.
        local is_absurd = is_set_back and since and since > now + grace + 600
        since = math.max(is_absurd and 0 or since or 0, begin + grace)
        if raises then
            redis.call('HSET', fence, 'epoch', epoch, 'since', whole(since))
        end
    end
    if raises then
        if is_set_back or now > latest then
            redis.call('HSET', fence, 'latest', whole(now))
        end
        redis.call('PEXPIRE', fence, retention)
    end
    return since, is_another or is_set_back
end
