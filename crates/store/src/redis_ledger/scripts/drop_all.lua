for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, 0)
end
return 0
