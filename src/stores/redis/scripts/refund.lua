-- Gives back what a charge took, once. A charge that is not known any more stays taken: too little may be left, never too much.
-- KEYS  1 limit
-- ARGV  1 clock, 2 token, 3 max, 4 window
-- returns 1 given back | 0
local count = open_count(KEYS[1], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
local buckets, charges = buckets_of(count), charges_of(count)
local from = find_charge(charges, 1, ARGV[2])
if not from then return 0 end

local place = place_of(unpack_bytes('>I6', charges, from), count.window_ms)
if place == count.at and count.taken > 0 then
  count.taken = count.taken - 1
else
  for at = 1, #buckets, bucket_bytes do
    local earlier_place, taken = unpack_bytes(bucket_format, buckets, at)
    if earlier_place == place then
      local left = taken > 1 and pack(bucket_format, place, taken - 1) or ''
      buckets = buckets:sub(1, at - 1) .. left .. buckets:sub(at + bucket_bytes)
      count.earlier = count.earlier - 1
      break
    end
  end
end
save_count(count, buckets, charges:sub(1, from - 1) .. charges:sub(from + charge_bytes))
return 1
