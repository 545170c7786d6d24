-- Takes one of a broad limit that lies on another server than the number, if it does not refuse. Asked again with the same token, it takes no more.
-- KEYS  1 limit
-- ARGV  1 clock, 2 token, 3 max, 4 window
-- returns how long until the limit no longer refuses; 0: taken
local count = open_count(KEYS[1], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
if find_charge(count.packed, count.charges_from, ARGV[2]) then return 0 end
local wait = wait_ms(count)
if wait == 0 then take(count, ARGV[2]) end
return wait
