-- Begins a verification, or repeats the pending one, unless a limit refuses.
-- KEYS  1 record, 2 marks, 3 secret of the purpose's code, 4... broad limits, where one server holds them all
-- ARGV  1 clock, 2 mark, 3 nonce, 4 purpose tag, 5 purpose, 6 channel, 7 sealed number, 8 secret, 9 ids of keys whose codes may be repeated,
--       10 limits on wrong checks, 11 spans and limits of a begin, 12 empty, or not where a broad limit elsewhere refuses: then nothing is begun,
--       13... max and window of each broad limit among the keys
-- returns created (nonce, delivery) | repeated (nonce, delivery, secret) | refused (wait of each broad limit, unless the number's own refuse)
-- Its place in `deliveryStatuses` (src/verification.ts).
local sending = 0

local clock, mark, nonce, tag = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local check_limits = read_check_limits(ARGV[10])
local gap_ms, lifetime_ms, max_lifetime_ms, repeat_ms, max_checks, keep_ms, verified_ms, max_attempts, attempts_window_ms, windows_from =
  unpack_bytes('>I6I6I6I6I6I6I6I6I6', ARGV[11])

-- A nonce is random, and each begin has its own: its beginning names the call.
local token = nonce:sub(1, token_bytes)
local record = open_record(KEYS[1], KEYS[2], clock)
local now, parts = record.now, record.parts
local live = find_live(record, tag, '')
local secret = live and redis.call('GET', KEYS[3])

local function answer_begun(mark, delivery)
  if live.nonce == nonce then return answer(record, mark, 'created', nonce, delivery) end
  return answer(record, mark, 'repeated', live.nonce, delivery, secret)
end

local done = secret and find_token(live.deliveries, token)
if done then return answer_begun('again', done.number) end
for _, ended in ipairs(record.ended) do
  if ended.nonce == nonce then return redis.error_reply('ENDED the verification has ended before its begin was answered') end
end

local refused = is_blocked(record, check_limits) or is_spent(parts.s, time_bytes, 1, gap_ms, now)
  or is_spent(parts.a, time_bytes, max_attempts, attempts_window_ms, now)
local longest_window_ms = gap_ms
for from = windows_from, #ARGV[11], 12 do
  local max, window_ms = unpack_bytes('>I6I6', ARGV[11], from)
  refused = refused or is_spent(parts.s, time_bytes, max, window_ms, now)
  longest_window_ms = math.max(longest_window_ms, window_ms)
end
local counts, waits = {}, {}
if not refused then
  for place = 4, #KEYS do
    local count = open_count(KEYS[place], clock, tonumber(ARGV[5 + 2 * place]), tonumber(ARGV[6 + 2 * place]))
    counts[#counts + 1] = count
    waits[#waits + 1] = wait_ms(count)
    refused = refused or waits[#waits] > 0
  end
end
if refused or ARGV[12] ~= '' then return answer(record, mark, 'refused', unpack(waits)) end
for _, count in ipairs(counts) do take(count) end

local function may_be_repeated()
  local key_id, from = read_secret(secret), 1
  while from <= #ARGV[9] do
    local id
    id, from = unpack_bytes('>I2c0', ARGV[9], from)
    if id == key_id then return true end
  end
  return false
end

local repeats = secret and now <= live.created_at + repeat_ms and may_be_repeated()
if live and not repeats then end_live(record, live, superseded, now) end
forget_old_ends(record, check_limits.max_ended)
if not repeats then
  live = {
    nonce = nonce, tag = tag, purpose = ARGV[5], number = ARGV[7], created_at = now, wrong_checks = 0, delivery_count = 0, deliveries = {},
  }
  record.live[#record.live + 1] = live
end

record.changed.l = true
live.channel = ARGV[6]
live.expires_at = math.min(now + lifetime_ms, live.created_at + max_lifetime_ms)
live.max_checks, live.keep_ms, live.verified_ms = max_checks, keep_ms, verified_ms
live.delivery_count = live.delivery_count + 1
live.deliveries[#live.deliveries + 1] = { number = live.delivery_count, provider = '', status = sending, at = now, token = token }
keep_latest(live.deliveries)

set_part(record, 's', add_time(parts.s, longest_window_ms, now, ''))
set_part(record, 'a', add_time(parts.a, attempts_window_ms, now, ''))

if repeats then
  redis.call('PEXPIRE', KEYS[3], kept_ms(live.expires_at - now, clock))
else
  redis.call('SET', KEYS[3], ARGV[8], 'PX', math.max(1, kept_ms(live.expires_at - now, clock)))
end
return answer_begun(mark, live.delivery_count)
