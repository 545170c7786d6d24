-- How the record of one number lies in its two hashes. src/stores/redis/record-parts.ts reads the same parts.
--
-- A hash holds parts, each under a letter and cut into fields of at most 64 bytes (l0, l1, ...), so that it stays a listpack. A part that holds
-- nothing is absent. Numbers are big-endian, times are 6 bytes of milliseconds, texts follow their length.
--
-- The first hash holds what is over about a day after the number was last heard of, and the sealed number with it:
--   s  until, then the sends
--   a  until, then the attempts
--   l  live verifications, in the order of their creation; each hand-over with the number of its send, the first of each send with the token of its begin
--   e  ended verifications, in the order of their ends; each with the token of the act that ended it
-- The second, the marks, is there only while it holds any of what lasts for up to a year, and has an end of its own:
--   w  until, then the wrong checks, each with the token of its check
--   r  until, wrong checks in a row
--   v  until, when verified
-- Each that is there holds, the same in both, so that one is enough to go on from:
--   t  version, latest time that was written at, how far it was ahead of the clock
--
-- A token names one call. A client that lost its connection before an answer sends the call again, and the server may have done it already:
-- what bears the call's token was done by it, and is not done twice.

local live_format = '>c16c6I6I6I2I2I6I6I2c0I2c0I2c0I2B'
local delivery_format = '>I2BI6c6I2c0'
local ended_format = '>c16c6BI6I6I6I6I6c6I2c0I2c0I2c0'

local function read_live(part)
  local all, from = {}, 1
  while from <= #part do
    local nonce, tag, created_at, expires_at, wrong_checks, max_checks, keep_ms, verified_ms, purpose, channel, number, delivery_count, kept, after =
      unpack_bytes(live_format, part, from)
    local deliveries = {}
    for place = 1, kept do
      local send, status, at, token, provider
      send, status, at, token, provider, after = unpack_bytes(delivery_format, part, after)
      deliveries[place] = { number = send, status = status, at = at, token = token, provider = provider }
    end
    all[#all + 1] = {
      nonce = nonce, tag = tag, created_at = created_at, expires_at = expires_at, wrong_checks = wrong_checks, max_checks = max_checks,
      keep_ms = keep_ms, verified_ms = verified_ms, purpose = purpose, channel = channel, number = number,
      delivery_count = delivery_count, deliveries = deliveries,
    }
    from = after
  end
  return all
end

local function write_live(all)
  local packed = {}
  for _, live in ipairs(all) do
    packed[#packed + 1] = pack(live_format, live.nonce, live.tag, live.created_at, live.expires_at, live.wrong_checks, live.max_checks,
      live.keep_ms, live.verified_ms, #live.purpose, live.purpose, #live.channel, live.channel, #live.number, live.number,
      live.delivery_count, #live.deliveries)
    for _, delivery in ipairs(live.deliveries) do
      packed[#packed + 1] = pack(delivery_format, delivery.number, delivery.status, delivery.at, delivery.token, #delivery.provider,
        delivery.provider)
    end
  end
  return table.concat(packed)
end

local function read_ended(part)
  local all, from = {}, 1
  while from <= #part do
    local nonce, tag, status, created_at, expires_at, last_send_at, ended_at, until_at, token, purpose, channel, number, after =
      unpack_bytes(ended_format, part, from)
    all[#all + 1] = {
      nonce = nonce, tag = tag, status = status, created_at = created_at, expires_at = expires_at, last_send_at = last_send_at,
      ended_at = ended_at, until_at = until_at, token = token, purpose = purpose, channel = channel, number = number,
    }
    from = after
  end
  return all
end

local function write_ended(all)
  local packed = {}
  for place, ended in ipairs(all) do
    packed[place] = pack(ended_format, ended.nonce, ended.tag, ended.status, ended.created_at, ended.expires_at, ended.last_send_at,
      ended.ended_at, ended.until_at, ended.token, #ended.purpose, ended.purpose, #ended.channel, ended.channel, #ended.number,
      ended.number)
  end
  return table.concat(packed)
end
