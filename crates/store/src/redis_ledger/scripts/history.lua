-- What is known of logins from a source.
--   KEYS  attempts from the source, notes of sources
--   ARGV  source, time, window in seconds; then as in now.lua
-- Answers whether an attempt was wrong, 0 or 1, and the note of the source, or an empty string.
local from, notes = KEYS[1], KEYS[2]
local source, host_time, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local failed = 0
local at = moment(host_time)
local attempts = redis.call('ZRANGEBYSCORE', from, '(' .. whole(2 * (at - window) + 1), '+inf', 'WITHSCORES')
for i = 2, #attempts, 2 do
    if tonumber(attempts[i]) % 2 == 1 then
        failed = 1
    end
end
return {failed, redis.call('HMGET', notes, source)[1] or ''}
