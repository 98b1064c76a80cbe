-- What the server says of itself, since it may have become another since it was last asked: restarted it has a new run id,
-- promoted a new replication id. A flush takes the fence along.
--
-- The ledger's clock decides. A host whose own is further from it than `skew` is not given a code, and `skew` is added where
-- it matters which codes somebody can have used. `seen` is the latest time of the ledger that the host has heard of: the clock of
-- this server may have been set back since, or be that of another one. Who only asks (`raises` is 0) changes nothing.
local info = redis.call('INFO', 'server', 'replication')
local epoch = assert(string.match(info, 'run_id:(%x+)'), 'INFO gives no run_id')
    .. assert(string.match(info, 'master_replid:(%x+)'), 'INFO gives no master_replid')
local skew = tonumber(ARGV[#ARGV - 1])
local exact = tonumber(ARGV[#ARGV])
    or tonumber((assert(string.match(info, 'server_time_usec:(%d+)'), 'INFO gives no server_time_usec'))) / 1000000
-- The second that the server is in, and the one that ends it.
local second, now = math.floor(exact), math.ceil(exact)
local seen, raises = tonumber(ARGV[5]), ARGV[6] == '1'

local function whole(number)
    return string.format('%.0f', number)
end

-- By how many seconds the host's clock is ahead of the ledger's (negative: behind), where that is too many.
local function apart(host)
    local ahead = host - second
    return math.abs(ahead) > skew and ahead or nil
end

local function moment(host)
    return apart(host) and second or host
end

-- Whether what is written here comes through a failover, or why not: 3 where the server may write alone, 4 where it is
-- alone. With `lag` 0 there is none to come through. A server forgets replicas that it has not heard of for a while, so the
-- most that it had within a day is kept beside the fence: half of those have to be there still.
local function trouble(fence, lag, memory)
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
            redis.call('PEXPIRE', fence, memory)
        end
    end
    if good < 1 or 2 * good < most then
        return 4
    end
    return nil
end

-- The time of a clock that was ahead of what it is now. What lies further ahead was a mistake, and nobody waits for it.
local function recent(time)
    return time > now and time <= now + 600 and time or 0
end

-- Since when all that was spent is known. Where it may have been lost, that begins now; and whether it does. `latest` is the latest
-- time that the fence was looked at: keys may have expired by a clock that was set back since.
local function complete_since(fence, grace, memory)
    local known, since, high, latest = unpack(redis.call('HMGET', fence, 'epoch', 'since', 'high', 'latest'))
    since, high, latest = tonumber(since), tonumber(high) or 0, tonumber(latest) or 0
    local is_another = known ~= epoch or not since
    local is_set_back = latest > now + skew
    local begin = now
    if is_another then
        -- The clock may have been ahead of what it is now: hosts hear of the time every few seconds, and the last step that
        -- was taken cannot have been had before `high`.
        begin = math.max(now, recent(seen) > 0 and seen + 10 or 0, recent(high))
    end
    if is_another or is_set_back then
        -- Nor does anybody wait where all was lost under a clock that was far ahead.
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
        redis.call('PEXPIRE', fence, memory)
    end
    return since, is_another or is_set_back
end
