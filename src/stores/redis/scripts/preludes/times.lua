-- Times as they lie in a part of the record: until when they count at all, then each, oldest first, with the token of its call where calls have
-- one. They are read where they lie: an act needs one or two of them.

local until_bytes, time_bytes = 6, 6
local token_bytes = 6

local pack, unpack_bytes = struct.pack, struct.unpack

-- When nothing of the part counts any more. Every part that is kept until a time begins with it.
local function until_of(part)
  return part ~= '' and unpack_bytes('>I6', part) or 0
end

-- Whether `max` of the times lie in the window. bytes: of each time, with its token.
local function is_spent(part, bytes, max, window_ms, now)
  local blocking_from = #part - max * bytes + 1
  if blocking_from <= until_bytes or max < 1 then return false end
  return unpack_bytes('>I6', part, blocking_from) + window_ms > now
end

-- Lets go of what no longer counts, and adds now.
local function add_time(part, window_ms, now, token)
  local bytes, from = time_bytes + #token, until_bytes + 1
  while from <= #part and unpack_bytes('>I6', part, from) <= now - window_ms do from = from + bytes end
  return pack('>I6', math.max(until_of(part), now + window_ms)) .. part:sub(from) .. pack('>I6', now) .. token
end

-- Where the token lies among things of which each has it at the same place; nil: nowhere.
local function find_aligned(packed, token, from, bytes)
  local at = packed:find(token, from, true)
  while at and (at - from) % bytes ~= 0 do at = packed:find(token, at + 1, true) end
  return at
end

local function has_token(part, token)
  return find_aligned(part, token, until_bytes + time_bytes + 1, time_bytes + token_bytes) ~= nil
end
