local fence, spent = KEYS[1], KEYS[2]
local at, step, period, token = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local last, holder, memory = unpack(redis.call('HMGET', spent, 'step', 'token', 'memory'))
if last and tonumber(last) == step and holder == token then
    return {0, 0}
end
local refused = trouble(fence, tonumber(ARGV[2]), ARGV[4])
if refused then
    return {refused, 0}
end
local since = complete_since(fence, at, tonumber(ARGV[3]), ARGV[4])
if last and not (step > tonumber(last)) then
    return {1, 0}
end
-- A step that is older than what is kept may have been spent, and the record of it be gone.
local kept = tonumber(ARGV[8])
local from = math.max(math.floor(since / period) + 2, math.floor((now - kept) / period) + 1)
-- Nothing of this factor was forgotten since its last step was written, or there was none to forget. Before the grace is
-- over another server may still spend.
local this_memory = epoch .. string.format('%.0f', since)
local is_first = ARGV[9] == '1' and math.max(at, now) >= since
local is_complete = (last and memory == this_memory) or (not last and is_first)
if not is_complete and not (step >= from) then
    return {2, from}
end
redis.call('HSET', spent, 'step', ARGV[5], 'token', token, 'memory', this_memory)
local over = math.max(now, (step + 1) * period) + kept
-- The server's clock is in the second that ends with `now`.
redis.call('PEXPIRE', spent, string.format('%.0f', (over - now + 1) * 1000))
return {0, 0}
