-- Says what became of a delivery: the higher status stands. Said again, it does nothing.
-- KEYS  1 record, 2 secret of the purpose's code
-- ARGV  1 clock, 2 mark, 3 purpose tag, 4 nonce, 5 delivery, 6 status, 7 provider
-- returns settled
-- Its place in `deliveryStatuses` (src/verification.ts).
local rejected = 1
local mark, status = ARGV[2], tonumber(ARGV[6])
local record = open_record(KEYS[1], ARGV[1])
local live = find_live(record, ARGV[3], ARGV[4])
local delivery
for _, one in ipairs(live and live.deliveries or {}) do
  if one.number == tonumber(ARGV[5]) then delivery = one end
end
if not delivery or status <= delivery.status then return answer(record, mark, 'settled') end

record.changed = true
local before = delivery.status
delivery.status = status
delivery.provider = ARGV[7]
local sends = record.sends
if status == rejected then
  for place, send in ipairs(sends) do
    if send.at == delivery.at then
      table.remove(sends, place)
      break
    end
  end
elseif before == rejected then
  local place = #sends
  while place > 0 and sends[place].at > delivery.at do place = place - 1 end
  table.insert(sends, place + 1, { at = delivery.at, token = '' })
end

local all_rejected = #live.deliveries == live.delivery_count
for _, one in ipairs(live.deliveries) do all_rejected = all_rejected and one.status == rejected end
if all_rejected then
  end_live(record, live, failed, record.now)
  redis.call('DEL', KEYS[2])
end
return answer(record, mark, 'settled')
