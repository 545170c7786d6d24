-- Gives back what a charge took, once. A charge that is not known any more stays taken: too little may be left, never too much.
-- KEYS  1 limit
-- ARGV  1 clock, 2 token, 3 max, 4 window
-- returns 1 given back | 0
local count = open_count(KEYS[1], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
for place, charge in ipairs(count.charges) do
  if charge.token == ARGV[2] then
    table.remove(count.charges, place)
    local bucket, index = find_bucket(count, charge.at)
    if bucket then
      bucket.count = bucket.count - 1
      if bucket.count == 0 then table.remove(count.buckets, index) end
    end
    save_count(count)
    return 1
  end
end
return 0
