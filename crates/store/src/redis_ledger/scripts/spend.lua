local fence, spent = KEYS[1], KEYS[2]

local function joined(numbers)
    local text = {}
    for i, number in ipairs(numbers) do
        text[i] = whole(number)
    end
    return table.concat(text, ' ')
end

local at, step, period, token = tonumber(ARGV[1]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local last, holder, memory, taken, dropped =
    unpack(redis.call('HMGET', spent, 'step', 'token', 'memory', 'taken', 'dropped'))
last, taken, dropped = tonumber(last), taken or '', tonumber(dropped) or 0
if last and last == step and holder == token then
    return {0, 0, second}
end
local ahead = apart(at)
if ahead then
    return {5, ahead, second}
end
local refused = trouble(fence, tonumber(ARGV[2]), ARGV[4])
if refused then
    return {refused, 0, second}
end
local since = complete_since(fence, tonumber(ARGV[3]), ARGV[4])
-- The latest steps that were taken, one by one: what was taken stays so where the clock is set back behind it.
local steps, is_taken = {}, false
for one in string.gmatch(taken, '%d+') do
    table.insert(steps, tonumber(one))
    is_taken = is_taken or tonumber(one) == step
end
if last and holder ~= '' and steps[#steps] ~= last then
    table.insert(steps, last)
end
-- The first step that nobody can have had who agrees with the clock as it is.
local first = math.floor((now + skew) / period) + 2
local kept = tonumber(ARGV[10])
-- A step so far ahead was taken by a clock that was wrong. Nobody waits until the time has come there: it begins anew as
-- after a loss, for this factor alone.
if last and last > first + 10 and dropped < first then
    last, holder = math.max(first, math.floor((since + skew) / period) + 2) - 1, ''
    if raises then
        redis.call('HSET', spent, 'step', whole(last), 'token', '', 'memory', epoch .. whole(since), 'taken',
            joined(steps), 'dropped', whole(dropped))
    end
    memory = epoch .. whole(since)
end
if is_taken then
    return {1, 0, second}
end
if last and not (step > math.max(last, dropped)) then
    -- Without a token nobody spent it: it is where everything began anew.
    return holder == '' and {2, math.max(last, dropped) + 1, second} or {1, 0, second}
end
-- A step that is older than what is kept may have been spent, and the record of it be gone.
local from = math.max(math.floor((since + skew) / period) + 2, math.floor((now - kept) / period) + 1)
-- Nothing of this factor was forgotten since its last step was written, or there was none to forget. Before the grace is
-- over another server may still spend.
local this_memory = epoch .. whole(since)
local is_first = ARGV[11] == '1' and now >= since
local is_complete = (last and memory == this_memory) or (not last and is_first)
if not is_complete and not (step >= from) then
    return {2, from, second}
end
table.insert(steps, step)
table.sort(steps)
while #steps > 32 do
    dropped = math.max(dropped, table.remove(steps, 1))
end
redis.call('HSET', spent, 'step', ARGV[7], 'token', token, 'memory', this_memory, 'taken', joined(steps),
    'dropped', whole(dropped))
local latest = math.max(now, step * period, steps[#steps] * period)
-- A day longer than the fence: where a clock that is ahead has it expire too early, the fence has gone before it.
redis.call('PEXPIRE', spent, whole((latest + period - now + 86400) * 1000 + tonumber(ARGV[4])))
-- Nobody can have had it earlier.
local earliest = (step - 1) * period
if raises and earliest > (tonumber(redis.call('HMGET', fence, 'high')[1]) or 0) then
    redis.call('HSET', fence, 'high', whole(earliest))
end
return {0, 0, second}
