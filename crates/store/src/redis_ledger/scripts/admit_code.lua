-- Counts a code before it is verified. A score is the second of the attempt. All that count are in a row.
--   KEYS  codes; if they are counted for one source, also the sources of codes
--   ARGV  token, time, how many wrong codes are too many, window, pause and retention in seconds, how many are kept; if they are
--         counted for one source, that source; then as in now.lua. Goes after code_closed.lua.
-- Answers 0 and how many are in a row, or 1 and for how many seconds no code may be tried.
local codes, sources = KEYS[1], KEYS[2]
local token, host_time, wrong = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local window, pause, retention = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local most, source = tonumber(ARGV[7]), ARGV[8]
local at = moment(host_time)
redis.call('ZREMRANGEBYSCORE', codes, '-inf', whole(at - retention))
age(codes, at)
local in_a_row = redis.call('ZCARD', codes)
if redis.call('ZSCORE', codes, token) then
    return {0, in_a_row}
end
local closed = closed_until(codes, at, wrong, window, pause)
if closed > at then
    return {1, closed - at}
end
redis.call('ZADD', codes, whole(at), token)
redis.call('PEXPIRE', codes, whole(retention * 1000))
in_a_row = in_a_row + 1
if in_a_row > most then
    local oldest = redis.call('ZRANGEBYSCORE', codes, '-inf', '+inf', 'LIMIT', 0, 1)
    redis.call('ZREM', codes, oldest[1])
    in_a_row = in_a_row - 1
end
if sources then
    redis.call('ZREMRANGEBYSCORE', sources, '-inf', whole(at - retention))
    age(sources, at)
    redis.call('ZADD', sources, 'GT', whole(at), source)
    redis.call('PEXPIRE', sources, whole(retention * 1000))
end
return {0, in_a_row}
