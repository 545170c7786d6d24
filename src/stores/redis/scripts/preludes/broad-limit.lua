-- What is kept of a broad limit, and what src/stores/broad-limits.ts does to it. That file says why, and its names are the names here.
--
-- A string:
--   version, latest time that was written at, how far it was ahead of the clock; place and count of the latest bucket; how many earlier buckets,
--   and what they count together; which charge is the oldest
--   the earlier buckets, oldest first, each with its place and count
--   the charges of the last seconds, each with its time and its token. Only a charge that is still there can be given back, and once. At most
--   so many: then the next takes the place of the oldest
--
-- What begins in the latest bucket writes the fixed part alone. Buckets are looked at where something of them has ended or refuses, and written when
-- a new one begins.

local count_version = 1
local buckets_per_window = 60
local max_charges = 64
local charge_kept_ms = 10000

local fixed_format, fixed_bytes = '>BI6I6I6I4BI6B', 31
local bucket_format, bucket_bytes = '>I6I4', 10
local charge_format, charge_bytes = '>I6c6', time_bytes + token_bytes

local function bucket_ms(window_ms)
  return math.ceil(window_ms / buckets_per_window)
end

local function place_of(time, window_ms)
  return math.floor(time / bucket_ms(window_ms))
end

local function bucket_ends_at(at, window_ms)
  return (at + 1) * bucket_ms(window_ms) - 1 + window_ms
end

local function fixed_part(count)
  local buckets = (count.charges_from - fixed_bytes - 1) / bucket_bytes
  return pack(fixed_format, count_version, count.now, count.ahead, count.at, count.taken, buckets, count.earlier, count.oldest_charge)
end

-- Writes everything anew, with the key's end.
local function save_count(count, buckets, charges)
  if count.taken == 0 and buckets ~= '' then
    -- The latest bucket is one that counts.
    count.at, count.taken = unpack_bytes(bucket_format, buckets, #buckets - bucket_bytes + 1)
    count.earlier = count.earlier - count.taken
    buckets = buckets:sub(1, -bucket_bytes - 1)
  end
  count.from, count.charges_from, count.oldest_charge = fixed_bytes + 1, fixed_bytes + #buckets + 1, 0
  count.packed = fixed_part(count) .. buckets .. charges
  if count.taken == 0 then
    redis.call('DEL', count.key)
  else
    local ttl = bucket_ends_at(count.at, count.window_ms) - count.now
    redis.call('SET', count.key, count.packed, 'PX', kept_ms(ttl, count.clock))
  end
end

-- The earlier buckets that count.
local function buckets_of(count)
  return count.packed:sub(count.from, count.charges_from - 1)
end

-- The charges that may still be given back, oldest first.
local function charges_of(count)
  local oldest_from = count.charges_from + count.oldest_charge * charge_bytes
  local charges = count.packed:sub(oldest_from) .. count.packed:sub(count.charges_from, oldest_from - 1)
  local from = 1
  while from < #charges and unpack_bytes('>I6', charges, from) <= count.now - charge_kept_ms do from = from + charge_bytes end
  return charges:sub(from)
end

-- Where the charge with the token begins; nil: it is not known any more.
local function find_charge(packed, first_from, token)
  local at = find_aligned(packed, token, first_from + time_bytes, charge_bytes)
  return at and at - time_bytes
end

local function open_count(key, clock, max, window_ms)
  local packed = redis.call('GET', key)
  local written_by, latest, ahead, at, taken, buckets, earlier, oldest_charge = count_version, 0, 0, 0, 0, 0, 0, 0
  if packed then written_by, latest, ahead, at, taken, buckets, earlier, oldest_charge = unpack_bytes(fixed_format, packed) end
  if written_by ~= count_version then error('UNREADABLE version ' .. written_by .. ' of the limit is not known here') end
  local now, ahead_now = steady(read_clock(clock), latest, ahead)
  local from, charges_from = fixed_bytes + 1, fixed_bytes + 1 + buckets * bucket_bytes
  while from < charges_from do
    local place, ended = unpack_bytes(bucket_format, packed, from)
    if bucket_ends_at(place, window_ms) > now then break end
    earlier = earlier - ended
    from = from + bucket_bytes
  end
  if bucket_ends_at(at, window_ms) <= now then taken = 0 end
  -- `from`: where in `packed` the earlier buckets that count begin. `earlier`, `taken`: what these count, and what the latest does.
  local count = {
    key = key, clock = clock, max = max, window_ms = window_ms, packed = packed or '', now = now, ahead = ahead_now, at = at, taken = taken,
    earlier = earlier, from = from, charges_from = charges_from, oldest_charge = oldest_charge,
  }
  -- Whatever is answered, time must go on.
  if packed and ahead_now ~= ahead then save_count(count, buckets_of(count), charges_of(count)) end
  return count
end

-- How long until the limit no longer refuses; 0: it does not.
local function wait_ms(count)
  local left, until_at = count.earlier + count.taken, count.now
  if left < count.max then return 0 end
  for from = count.from, count.charges_from - 1, bucket_bytes do
    local place, taken = unpack_bytes(bucket_format, count.packed, from)
    left = left - taken
    until_at = bucket_ends_at(place, count.window_ms)
    if left < count.max then return until_at - count.now end
  end
  if count.taken > 0 then until_at = bucket_ends_at(count.at, count.window_ms) end
  return until_at - count.now
end

local function take_in_new_bucket(count, place, token)
  local buckets, charges = buckets_of(count), charges_of(count)
  if count.taken > 0 and count.at ~= place then
    buckets = buckets .. pack(bucket_format, count.at, count.taken)
    count.earlier, count.taken = count.earlier + count.taken, 0
  end
  count.at, count.taken = place, count.taken + 1
  if token then
    if #charges == max_charges * charge_bytes then charges = charges:sub(charge_bytes + 1) end
    charges = charges .. pack(charge_format, count.now, token)
  end
  save_count(count, buckets, charges)
end

local function take(count, token)
  local place = place_of(count.now, count.window_ms)
  if count.taken == 0 or count.at ~= place or count.from > fixed_bytes + 1 then return take_in_new_bucket(count, place, token) end
  count.taken = count.taken + 1
  if token then
    local charge = (#count.packed - count.charges_from + 1) / charge_bytes
    if charge == max_charges then
      charge = count.oldest_charge
      count.oldest_charge = (charge + 1) % max_charges
    end
    redis.call('SETRANGE', count.key, count.charges_from - 1 + charge * charge_bytes, pack(charge_format, count.now, token))
  end
  redis.call('SETRANGE', count.key, 0, fixed_part(count))
end
