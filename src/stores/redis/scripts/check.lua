-- Judges a code: charges and compares in one act.
-- KEYS  1 record, 2 marks, 3 secret of the purpose's code
-- ARGV  1 clock, 2 mark, 3 purpose tag, 4 nonce or empty, 5 token, 6 digits in the code, 7 limits, 8... id of a key and the digest under it
-- returns approved (nonce) | incorrect (nonce) | malformed (digits) | blocked | ended (nonce) | not_found
local mark, tag, nonce, token, limits = ARGV[2], ARGV[3], ARGV[4], ARGV[5], read_check_limits(ARGV[7])
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
local now = record.now
local live = find_live(record, tag, nonce)

local approved_before = find_token(record.ended, token)
if approved_before then return answer(record, 'again', 'approved', approved_before.nonce) end
if has_token(record.parts.w, token) then
  local judged = live or find_ended(record, limits.max_ended, tag, nonce)
  if judged then return answer(record, 'again', 'incorrect', judged.nonce) end
end

if not live then return answer_what_ended(record, mark, limits.max_ended, tag, nonce) end
local secret = redis.call('GET', KEYS[3])
-- Without its secret, which a server that evicts may have dropped, a code cannot be judged.
if not secret then return answer(record, mark, 'not_found') end
local key_id, code_length, digest = read_secret(secret)
if tonumber(ARGV[6]) ~= code_length then return answer(record, mark, 'malformed', code_length) end
if is_blocked(record, limits) then return answer(record, mark, 'blocked') end

local submitted
for place = 8, #ARGV, 2 do
  if ARGV[place] == key_id then submitted = ARGV[place + 1] end
end
if not submitted then return answer(record, mark, 'not_found') end
-- Both are HMACs under a key that whoever guesses does not have: how long a comparison takes tells of bytes that they can neither choose nor
-- foresee. A plain comparison gives nothing away.
if live.wrong_checks < live.max_checks and submitted == digest then
  set_wrong_in_row(record, 0)
  approve_live(record, live, token)
  redis.call('DEL', KEYS[3])
  return answer(record, mark, 'approved', live.nonce)
end

record.changed.l = true
live.wrong_checks = live.wrong_checks + 1
set_part(record, 'w', add_time(record.parts.w, limits.window_ms, now, token))
set_wrong_in_row(record, wrong_in_row(record) + 1, now + limits.lock_for_ms)
if live.wrong_checks >= live.max_checks then
  end_live(record, live, max_checks_reached, now)
  redis.call('DEL', KEYS[3])
end
return answer(record, mark, 'incorrect', live.nonce)
