-- The highest revision that was noted. No host has noted one that is not a number or that lies in the future.
--   KEYS  revision
--   ARGV  time, retention in seconds; then as in now.lua
-- Answers revision, time and MAC, or nothing.
local key = KEYS[1]
local host_time, retention = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = moment(host_time)
local known, noted, mac = unpack(redis.call('HMGET', key, 'revision', 'at', 'mac'))
noted = tonumber(noted)
if not known or not string.match(known, '^%d+$') or not noted or noted <= at - retention or noted > at + skew then
    return {}
end
return {known, whole(noted), mac or ''}
