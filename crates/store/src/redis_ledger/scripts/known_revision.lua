-- What is no number, or lies in the future, is nothing that a host has noted.
local at = moment(tonumber(ARGV[1]))
local known, noted, mac = unpack(redis.call('HMGET', KEYS[1], 'revision', 'at', 'mac'))
noted = tonumber(noted)
if not known or not string.match(known, '^%d+$') or not noted or noted <= at - tonumber(ARGV[2]) or noted > at + skew then
    return {}
end
return {known, whole(noted), mac or ''}
