-- How the record of one number lies in its hash. src/stores/redis/record-fields.ts reads the same.
--
-- The hash holds parts, each under a letter and cut into fields of at most 64 bytes (l0, l1, ...), so that it stays a listpack. A part that
-- holds nothing is absent. Numbers are big-endian, times are 6 bytes of milliseconds, texts follow their length.
--   t  version, latest time that was written at, how far it was ahead of the clock
--   s  until, then the sends
--   a  until, then the attempts
--   w  until, then the wrong checks, each with the token of its check
--   r  wrong checks in a row, until
--   v  when verified, until
--   l  live verifications, in the order of their creation; each delivery with the token of its begin
--   e  ended verifications, in the order of their ends; each with the token of the act that ended it
--
-- A token names one call. A client that lost its connection before an answer sends the call again, and the server may have done it already:
-- what bears the call's token was done by it, and is not done twice.

local pack, unpack_bytes = struct.pack, struct.unpack

-- Times with their tokens, oldest first.
local function read_times(part, token_bytes)
  local times = { until_at = 0 }
  if part == '' then return times end
  times.until_at = unpack_bytes('>I6', part)
  for from = 7, #part, 6 + token_bytes do
    local at = unpack_bytes('>I6', part, from)
    times[#times + 1] = { at = at, token = part:sub(from + 6, from + 5 + token_bytes) }
  end
  return times
end

local function write_times(times)
  if #times == 0 then return '' end
  local packed = { pack('>I6', times.until_at) }
  for _, time in ipairs(times) do packed[#packed + 1] = pack('>I6', time.at) .. time.token end
  return table.concat(packed)
end

local function read_live(part)
  local all, from = {}, 1
  while from <= #part do
    local live, kept = { deliveries = {} }, nil
    live.nonce, live.tag, live.created_at, live.expires_at, live.wrong_checks, live.max_checks, live.keep_ms, live.verified_ms,
      live.purpose, live.channel, live.number, live.delivery_count, kept, from =
      unpack_bytes('>c16c6I6I6I2I2I6I6I2c0I2c0I2c0I2B', part, from)
    for place = 1, kept do
      local delivery = { number = live.delivery_count - kept + place }
      delivery.status, delivery.at, delivery.token, delivery.provider, from = unpack_bytes('>BI6c6I2c0', part, from)
      live.deliveries[place] = delivery
    end
    all[#all + 1] = live
  end
  return all
end

local function write_live(all)
  local packed = {}
  for _, live in ipairs(all) do
    packed[#packed + 1] = pack('>c16c6I6I6I2I2I6I6I2c0I2c0I2c0I2B', live.nonce, live.tag, live.created_at, live.expires_at,
      live.wrong_checks, live.max_checks, live.keep_ms, live.verified_ms, #live.purpose, live.purpose, #live.channel, live.channel,
      #live.number, live.number, live.delivery_count, #live.deliveries)
    for _, delivery in ipairs(live.deliveries) do
      packed[#packed + 1] = pack('>BI6c6I2c0', delivery.status, delivery.at, delivery.token, #delivery.provider, delivery.provider)
    end
  end
  return table.concat(packed)
end

local ended_format = '>c16c6BI6I6I6I6I6c6I2c0I2c0I2c0'

local function read_ended(part)
  local all, from = {}, 1
  while from <= #part do
    local ended = {}
    ended.nonce, ended.tag, ended.status, ended.created_at, ended.expires_at, ended.last_send_at, ended.ended_at, ended.until_at,
      ended.token, ended.purpose, ended.channel, ended.number, from = unpack_bytes(ended_format, part, from)
    all[#all + 1] = ended
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
