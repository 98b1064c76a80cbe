return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')
