-- Replay protection: spends a time step of a factor, unless it was spent before.
--   KEYS  fence, spent
--   ARGV  the fence arguments; step, period in seconds, token, for how many seconds an old step is accepted, 1 if no step of the factor
--         can have been spent before; then as in now.lua
-- Answers a code, a number and the server's second:
--   0  spent, by this caller
--   1  a replay: the step, or a later one, was spent before
--   2  unknown, since records may have been lost; the number is the first step that is available
--   3  the server may accept writes alone
--   4  the server is cut off from its replicas
--   5  the host's clock is wrong; the number is by how many seconds it is ahead
local fence, spent = KEYS[1], KEYS[2]
local host_time, lag, grace, fence_retention = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local seen, raises = tonumber(ARGV[5]), ARGV[6] == '1'
local step_text, period, token, oldest_accepted = ARGV[7], tonumber(ARGV[8]), ARGV[9], tonumber(ARGV[10])
local is_new_factor = ARGV[11] == '1'
local step = tonumber(step_text)

local function joined(numbers)
    local text = {}
    for i, number in ipairs(numbers) do
        text[i] = whole(number)
    end
    return table.concat(text, ' ')
end

local last, holder, memory, taken, dropped, gaps =
    unpack(redis.call('HMGET', spent, 'step', 'token', 'memory', 'taken', 'dropped', 'gaps'))
last, taken, dropped = tonumber(last), taken or '', tonumber(dropped) or -1
if last and last == step and holder == token then
    return {0, 0, second}
end
local ahead = apart(host_time)
if ahead then
    return {5, ahead, second}
end
local refused = trouble(fence, lag, fence_retention, raises)
if refused then
    return {refused, 0, second}
end
local since = complete_since(fence, grace, fence_retention, seen, raises)
-- The latest steps that were taken, one by one: a taken step stays taken even if the clock is set back behind it.
local steps, is_taken, has_last = {}, false, false
for one in string.gmatch(taken, '%d+') do
    table.insert(steps, tonumber(one))
    is_taken = is_taken or tonumber(one) == step
    has_last = has_last or tonumber(one) == last
end
if last and holder ~= '' and not has_last then
    table.insert(steps, last)
end
-- Gaps in which no step was taken, although steps of that time are no longer kept one by one.
local untaken = {}
for low, high in string.gmatch(gaps or '', '(%d+) (%d+)') do
    table.insert(untaken, {tonumber(low), tonumber(high)})
end
local function gap_around(one)
    for _, gap in ipairs(untaken) do
        if one > gap[1] and one < gap[2] then
            return gap
        end
    end
    return nil
end
-- The first step that was never available under the clock as it is now.
local first = math.floor((now + skew) / period) + 2
-- A step so far ahead was taken by a clock that was wrong. Its time is not waited for: the factor begins anew, as after a loss of
-- records.
local is_ahead = last and last > first + 10
if is_ahead and (first > dropped or gap_around(first)) then
    last, holder = math.max(first, math.floor((since + skew) / period) + 2) - 1, ''
    if raises then
        redis.call('HSET', spent, 'step', whole(last), 'token', '', 'memory', epoch .. whole(since), 'taken',
            joined(steps), 'dropped', whole(dropped))
    end
    memory, is_ahead = epoch .. whole(since), false
end
if is_taken then
    return {1, 0, second}
end
local gap = gap_around(step)
if last and step <= last then
    -- Without a token the step was not spent: it marks where the factor began anew. A step that far ahead was never accepted either.
    local is_unknown = holder == '' or is_ahead
    return is_unknown and {2, last + 1, second} or {1, 0, second}
end
if step <= dropped and not gap then
    return {2, dropped + 1, second}
end
-- A step that is too old may have been spent, and the record of it may be gone.
local from = math.max(math.floor((since + skew) / period) + 2, math.floor((now - oldest_accepted) / period) + 1)
-- No record of this factor was lost since its last step was written, or there was none to lose. Until the grace is over another
-- server may still spend.
local this_memory = epoch .. whole(since)
local is_first = is_new_factor and now >= since
local is_complete = (last and memory == this_memory) or (not last and is_first)
if not is_complete and not (step >= from) then
    return {2, from, second}
end
table.insert(steps, step)
table.sort(steps)
if gap then
    gap[1] = step
end
while #steps > 32 do
    local oldest = table.remove(steps, 1)
    if oldest >= dropped then
        dropped = oldest
        -- A clock that jumped ahead leaves a long gap behind it; earlier, shorter gaps say less.
        local length = steps[1] - oldest
        if length > 10 then
            while #untaken > 0 and untaken[#untaken][2] - untaken[#untaken][1] <= length do
                table.remove(untaken)
            end
            table.insert(untaken, {oldest, steps[1]})
        end
    end
end
if #untaken > 8 then
    table.remove(untaken, 1)
end
local pairs_of_gaps = {}
for _, one in ipairs(untaken) do
    table.insert(pairs_of_gaps, one[1])
    table.insert(pairs_of_gaps, one[2])
end
redis.call('HSET', spent, 'step', step_text, 'token', token, 'memory', this_memory, 'taken', joined(steps),
    'dropped', whole(dropped), 'gaps', joined(pairs_of_gaps))
local latest = math.max(now, step * period, steps[#steps] * period)
-- A day longer than the fence: if a clock that is ahead lets it expire too early, the fence has expired before it.
redis.call('PEXPIRE', spent, whole((latest + period - now + 86400) * 1000 + tonumber(fence_retention)))
-- The step was not available earlier.
local earliest = (step - 1) * period
if raises and earliest > (tonumber(redis.call('HMGET', fence, 'high')[1]) or 0) then
    redis.call('HSET', fence, 'high', whole(earliest))
end
return {0, 0, second}
