local open = {}
for _, one in ipairs(all_challenges(KEYS[1])) do
    if is_open(one, moment(tonumber(ARGV[1]))) then
        table.insert(open, {one.id, shown(one)})
    end
end
return open
