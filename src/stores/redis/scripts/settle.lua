-- Says what became of a delivery: the higher status stands. Said again, it does nothing.
-- KEYS  1 record, 2 marks, 3 secret of the purpose's code
-- ARGV  1 clock, 2 mark, 3 purpose tag, 4 nonce, 5 delivery, 6 status, 7 provider
-- returns settled
-- Its place in `deliveryStatuses` (src/verification.ts).
local rejected = 1

-- Where the first time lies that is later than `at`, or else the end. Of times without tokens.
local function place_after(part, at)
  local from = until_bytes + 1
  while from <= #part and unpack_bytes('>I6', part, from) <= at do from = from + time_bytes end
  return from
end

local function insert_time(part, at)
  if part == '' then return part end
  local from = place_after(part, at)
  return part:sub(1, from - 1) .. pack('>I6', at) .. part:sub(from)
end

-- Takes out one of these times, if there is one.
local function remove_time(part, at)
  local from = place_after(part, at) - time_bytes
  if from <= until_bytes or unpack_bytes('>I6', part, from) ~= at then return part end
  return part:sub(1, from - 1) .. part:sub(from + time_bytes)
end

local mark, status = ARGV[2], tonumber(ARGV[6])
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
local live = find_live(record, ARGV[3], ARGV[4])
local delivery
for _, one in ipairs(live and live.deliveries or {}) do
  if one.number == tonumber(ARGV[5]) then delivery = one end
end
if not delivery or status <= delivery.status then return answer(record, mark, 'settled') end

record.changed.l = true
local before = delivery.status
delivery.status = status
delivery.provider = ARGV[7]
if status == rejected then
  set_part(record, 's', remove_time(record.parts.s, delivery.at))
elseif before == rejected then
  set_part(record, 's', insert_time(record.parts.s, delivery.at))
end

local all_rejected = #live.deliveries == live.delivery_count
for _, one in ipairs(live.deliveries) do all_rejected = all_rejected and one.status == rejected end
if all_rejected then
  end_live(record, live, failed, record.now)
  redis.call('DEL', KEYS[3])
end
return answer(record, mark, 'settled')
