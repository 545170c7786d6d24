-- What is kept of a broad limit, and what src/stores/broad-limits.ts does to it. That file says why, and its names are the names here.
--
-- A string: version, latest time that was written at, how far it was ahead of the clock; how many buckets, each with its place and count; then
-- the charges of the last seconds, each with its time and its token. Only a charge that is still there can be given back, and once.

local count_version = 1
local buckets_per_window = 60
local max_charges = 64
local charge_kept_ms = 10000

local function bucket_ms(window_ms)
  return math.ceil(window_ms / buckets_per_window)
end

local function bucket_ends_at(at, window_ms)
  return (at + 1) * bucket_ms(window_ms) - 1 + window_ms
end

local function save_count(count)
  local latest = count.buckets[#count.buckets]
  if not latest then
    redis.call('DEL', count.key)
    return
  end
  local packed = { struct.pack('>BI6I6B', count_version, count.now, count.ahead, #count.buckets) }
  for _, bucket in ipairs(count.buckets) do packed[#packed + 1] = struct.pack('>I6I4', bucket.at, bucket.count) end
  for _, charge in ipairs(count.charges) do packed[#packed + 1] = struct.pack('>I6c6', charge.at, charge.token) end
  local ttl = bucket_ends_at(latest.at, count.window_ms) - count.now
  redis.call('SET', count.key, table.concat(packed), 'PX', kept_ms(ttl, count.clock))
end

local function open_count(key, clock, max, window_ms)
  local count = { key = key, clock = clock, max = max, window_ms = window_ms, buckets = {}, charges = {} }
  local packed = redis.call('GET', key)
  local written_by, latest, ahead = count_version, 0, 0
  local buckets, from = 0, 1
  if packed then written_by, latest, ahead, buckets, from = struct.unpack('>BI6I6B', packed) end
  if written_by ~= count_version then error('UNREADABLE version ' .. written_by .. ' of the limit is not known here') end
  count.now, count.ahead = steady(read_clock(clock), latest, ahead)
  for _ = 1, buckets do
    local bucket = {}
    bucket.at, bucket.count, from = struct.unpack('>I6I4', packed, from)
    if bucket_ends_at(bucket.at, window_ms) > count.now then count.buckets[#count.buckets + 1] = bucket end
  end
  while packed and from <= #packed do
    local charge = {}
    charge.at, charge.token, from = struct.unpack('>I6c6', packed, from)
    if charge.at > count.now - charge_kept_ms then count.charges[#count.charges + 1] = charge end
  end
  -- Whatever is answered, time must go on.
  if packed and count.ahead ~= ahead then save_count(count) end
  return count
end

-- How long until the limit no longer refuses; 0: it does not.
local function wait_ms(count)
  local left = 0
  for _, bucket in ipairs(count.buckets) do left = left + bucket.count end
  local until_at = count.now
  for _, bucket in ipairs(count.buckets) do
    if left < count.max then break end
    left = left - bucket.count
    until_at = bucket_ends_at(bucket.at, count.window_ms)
  end
  return until_at - count.now
end

local function find_bucket(count, at)
  local place = math.floor(at / bucket_ms(count.window_ms))
  for index, bucket in ipairs(count.buckets) do
    if bucket.at == place then return bucket, index end
  end
  return nil, place
end

local function take(count, token)
  local bucket, place = find_bucket(count, count.now)
  if bucket then
    bucket.count = bucket.count + 1
  else
    count.buckets[#count.buckets + 1] = { at = place, count = 1 }
  end
  if token then
    if #count.charges == max_charges then table.remove(count.charges, 1) end
    count.charges[#count.charges + 1] = { at = count.now, token = token }
  end
  save_count(count)
end
