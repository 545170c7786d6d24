-- What cancel and approve have in common.
-- KEYS  1 record, 2 marks, 3 secret of the purpose's code
-- ARGV  1 clock, 2 mark, 3 purpose tag, 4 nonce or empty, 5 token, 6 how many ended ones are told of
-- returns done (nonce) | ended (nonce) | not_found
local function end_on_word(status)
  local mark, tag, nonce, token, max = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
  local record = open_record(KEYS[1], KEYS[2], ARGV[1])
  local done = find_token(record.ended, token)
  if done then return answer(record, 'again', 'done', done.nonce) end

  local live = find_live(record, tag, nonce)
  if live then
    if status == approved then approve_live(record, live, token) else end_live(record, live, status, record.now, token) end
    redis.call('DEL', KEYS[3])
    return answer(record, mark, 'done', live.nonce)
  end
  local ended = find_ended(record, max, tag, nonce)
  if ended and ended.status == status then return answer(record, mark, 'done', ended.nonce) end
  return answer_what_ended(record, mark, max, tag, nonce)
end
