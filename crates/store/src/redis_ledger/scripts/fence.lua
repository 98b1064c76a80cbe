-- What the server says of itself, since it may have become another since it was last asked: restarted it has a new run id,
-- promoted a new replication id. A flush takes the fence along.
local info = redis.call('INFO', 'server', 'replication')
local epoch = assert(string.match(info, 'run_id:(%x+)'), 'INFO gives no run_id')
    .. assert(string.match(info, 'master_replid:(%x+)'), 'INFO gives no master_replid')
local now = assert(string.match(info, 'server_time_usec:(%d+)'), 'INFO gives no server_time_usec')
now = math.ceil(tonumber(now) / 1000000)

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
    local most, seen = unpack(redis.call('HMGET', fence, 'replicas', 'seen'))
    most, seen = tonumber(most) or 0, tonumber(seen) or 0
    if all >= most or now - seen > 86400 then
        most = all
        redis.call('HSET', fence, 'replicas', tostring(all), 'seen', string.format('%.0f', now))
        redis.call('PEXPIRE', fence, memory)
    end
    if good < 1 or 2 * good < most then
        return 4
    end
    return nil
end

-- Since when all that was spent is known. Where it may have been lost, that begins now; and whether it does.
local function complete_since(fence, at, grace, memory)
    local known, since = unpack(redis.call('HMGET', fence, 'epoch', 'since'))
    since = tonumber(since)
    local is_new = known ~= epoch or not since
    if is_new then
        since = math.max(since or 0, math.max(at, now) + grace)
        redis.call('HSET', fence, 'epoch', epoch, 'since', string.format('%.0f', since))
    end
    redis.call('PEXPIRE', fence, memory)
    return since, is_new
end

