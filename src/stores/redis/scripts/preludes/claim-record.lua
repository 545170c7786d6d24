-- How a claim lies in its key: see claim.lua.

local claim_version = 1
local claim_format = '>BI6I6I6I6I2c0I2c0B'

local function save_claim(claim)
  local packed = struct.pack(claim_format, claim_version, claim.now, claim.ahead, claim.lease_until, claim.until_at, #claim.token, claim.token,
    #claim.fingerprint, claim.fingerprint, claim.answer and 1 or 0)
  redis.call('SET', claim.key, packed .. (claim.answer or ''), 'PX', math.max(1, kept_ms(claim.until_at - claim.now, claim.clock)))
end

local function open_claim(key, clock)
  local packed = redis.call('GET', key)
  local claim = { key = key, clock = clock }
  local written_by, latest, ahead = claim_version, 0, 0
  local has_answer, from
  if packed then
    written_by, latest, ahead, claim.lease_until, claim.until_at, claim.token, claim.fingerprint, has_answer, from =
      struct.unpack(claim_format, packed)
    if has_answer == 1 then claim.answer = packed:sub(from) end
  end
  if written_by ~= claim_version then error('UNREADABLE version ' .. written_by .. ' of the claim is not known here') end
  claim.now, claim.ahead = steady(read_clock(clock), latest, ahead)
  claim.is_there = packed and claim.now < claim.until_at
  if not claim.is_there then claim.answer = nil end
  -- Whatever is answered, time must go on.
  if claim.is_there and claim.ahead ~= ahead then save_claim(claim) end
  return claim
end
