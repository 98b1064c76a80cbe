//! All that is in a Redis as text, one JSON object a key, and back.

use crate::Redis;

/// Reads everything.
pub(super) fn dump(redis: &Redis) -> String {
    let lines = redis.cli(&["EVAL", DUMP, "0"]);
    let mut lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What a server calls itself in what it stores: its run id and its replication id.
pub(super) fn identity(redis: &Redis) -> String {
    let info = redis.cli(&["INFO"]);
    let field = |name: &str| {
        let line = info.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in INFO")).to_owned()
    };
    field("run_id:") + &field("master_replid:")
}

/// Writes it back.
pub(super) fn restore(redis: &Redis, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    for some in lines.chunks(20) {
        assert_eq!(redis.cli(&[&["EVAL", RESTORE, "0"], some].concat()), "OK");
    }
}

// What is no text is written in hexadecimal.
const DUMP: &str = "local lines = {}
    local function written(text)
        if not string.find(text, '[^ -~]') then return text end
        return 'hex:' .. string.gsub(text, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
    end
    for _, key in ipairs(redis.call('KEYS', '*')) do
        local kind, value = redis.call('TYPE', key).ok, nil
        if kind == 'hash' then value = redis.call('HGETALL', key)
        elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        elseif kind == 'string' then value = { redis.call('GET', key) }
        elseif kind ~= 'stream' then error('cannot dump a ' .. kind) end
        if value then
            for i, one in ipairs(value) do value[i] = written(one) end
            table.insert(lines, cjson.encode({ key = key, kind = kind, value = value, ttl = redis.call('PTTL', key) }))
        end
    end
    return lines";
const RESTORE: &str = "local function read(text)
        local hex = string.match(text, '^hex:(.*)$')
        return hex and string.gsub(hex, '..', function(byte) return string.char(tonumber(byte, 16)) end) or text
    end
    for _, line in ipairs(ARGV) do
        local one = cjson.decode(line)
        local key, value = one.key, one.value
        for i, one in ipairs(value) do value[i] = read(one) end
        for i = 1, #value, 2 do
            if one.kind == 'hash' then redis.call('HSET', key, value[i], value[i + 1])
            elseif one.kind == 'zset' then redis.call('ZADD', key, value[i + 1], value[i])
            else redis.call('SET', key, value[i]) end
        end
        if one.ttl > 0 then redis.call('PEXPIRE', key, string.format('%.0f', one.ttl)) end
    end
    return 'OK'";
