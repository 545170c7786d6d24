-- Finding verifications, what is told of one that is not pending, and how many hand-overs are kept of one that is.

local max_deliveries_kept = 10

local function find_live(record, tag, nonce)
  for _, live in ipairs(record.live) do
    if live.tag == tag and (nonce == '' or live.nonce == nonce) then return live end
  end
end

-- Only the latest ones of a number are told of.
local function forget_old_ends(record, max)
  while #record.ended > max do
    table.remove(record.ended, 1)
    record.changed.e = true
  end
end

local function find_ended(record, max, tag, nonce)
  forget_old_ends(record, max)
  for place = #record.ended, 1, -1 do
    local ended = record.ended[place]
    if ended.tag == tag and (nonce == '' or ended.nonce == nonce) then return ended end
  end
end

-- What bears the token, of deliveries or of ended verifications.
local function find_token(list, token)
  for _, item in ipairs(list) do
    if item.token == token then return item end
  end
end

local function approve_live(record, live, token)
  if live.verified_ms > 0 then set_part(record, 'v', pack('>I6I6', record.now + live.verified_ms, record.now)) end
  end_live(record, live, approved, record.now, token)
end

local function answer_what_ended(record, mark, max, tag, nonce)
  local ended = nonce ~= '' and find_ended(record, max, tag, nonce)
  if not ended then return answer(record, mark, 'not_found') end
  return answer(record, mark, 'ended', ended.nonce)
end

-- `latestOf` in src/stores/record.ts.
local function keep_latest(deliveries)
  while #deliveries > max_deliveries_kept do
    local oldest = deliveries[1].number
    if deliveries[#deliveries].number > oldest then
      while deliveries[1].number == oldest do table.remove(deliveries, 1) end
    else
      local least = 2
      for place = 3, #deliveries do
        if deliveries[place].status <= deliveries[least].status then least = place end
      end
      table.remove(deliveries, least)
    end
  end
end
