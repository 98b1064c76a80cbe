-- Answers the server's second.
--   ARGV  as in now.lua
return second
