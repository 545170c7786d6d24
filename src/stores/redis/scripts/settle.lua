-- Says what became of the hand-overs of a send: of each the higher status stands. Said again, it does nothing.
-- KEYS  1 record, 2 marks, 3 secret of the purpose's code
-- ARGV  1 clock, 2 mark, 3 purpose tag, 4 nonce, 5 which send, 6... status and provider of each hand-over
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

local mark, number = ARGV[2], tonumber(ARGV[5])
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
local live = find_live(record, ARGV[3], ARGV[4])
local deliveries = live and live.deliveries or {}
-- Where the hand-overs of the send lie.
local first, last
for place, one in ipairs(deliveries) do
  if one.number == number then first, last = first or place, place end
end
if not first then return answer(record, mark, 'settled') end

local function are_rejected(from, to)
  for place = from, to do
    if deliveries[place].status ~= rejected then return false end
  end
  return true
end

-- The hand-over to the provider; or else the one that begin noted, if nobody has taken its place.
local function find_hand_over(provider)
  local begun
  for place = first, last do
    local one = deliveries[place]
    if one.provider == provider then return one end
    if one.provider == '' then begun = one end
  end
  return begun
end

local was_rejected = are_rejected(first, last)
for at = 6, #ARGV, 2 do
  local status, provider = tonumber(ARGV[at]), ARGV[at + 1]
  local known = find_hand_over(provider)
  if not known then
    last = last + 1
    table.insert(deliveries, last, { number = number, provider = provider, status = status, at = record.now, token = no_token })
    record.changed.l = true
  elseif status > known.status then
    known.provider, known.status = provider, status
    record.changed.l = true
  end
end
if not record.changed.l then return answer(record, mark, 'settled') end

local now_rejected, charged_at = are_rejected(first, last), deliveries[first].at
if now_rejected and not was_rejected then
  set_part(record, 's', remove_time(record.parts.s, charged_at))
elseif was_rejected and not now_rejected then
  set_part(record, 's', insert_time(record.parts.s, charged_at))
end

if deliveries[1].number == 1 and are_rejected(1, #deliveries) then
  end_live(record, live, failed, record.now)
  redis.call('DEL', KEYS[3])
else
  keep_latest(deliveries)
end
return answer(record, mark, 'settled')
