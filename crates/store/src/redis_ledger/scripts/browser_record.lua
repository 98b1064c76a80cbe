-- Prelude of scripts about browsers, after fence.lua. An account's records are one hash; the name of a field is the kind and the digest
-- of a record. A field holds when the record expires, the epoch, the generation of browsers and the value, with a space between two of
-- them. A record of another epoch is not returned: another server, and the same one after a restart, may not know that it was ended.
-- The generation is stored beside the fence of the bucket, and a new one ends the records of all accounts of the bucket.
local function generation_of(fence)
    return redis.call('HMGET', fence, 'browsers')[1] or nil
end

local function read(text, generation, at)
    if not text or not generation then
        return nil
    end
    local expires, of, its_generation, value = string.match(text, '^(%d+) (%x+) (%x+) (.*)$')
    expires = tonumber(expires) or 0
    if of ~= epoch or its_generation ~= generation or expires <= math.max(at, second) then
        return nil
    end
    return {expires = expires, value = value}
end

