-- Answers for how many seconds no code may be tried; 0 if one may. Nothing is counted. Goes after now.lua and code_closed.lua.
--   KEYS  codes
--   ARGV  time, how many wrong codes are too many, window and pause in seconds; then as in now.lua
local codes = KEYS[1]
local host_time, wrong, window, pause = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = moment(host_time)
age(codes, at)
return closed_until(codes, at, wrong, window, pause) - at
