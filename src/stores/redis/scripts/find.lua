-- Tells of a verification: the live one, or by nonce also one that has ended.
-- KEYS  1 record, 2 marks
-- ARGV  1 clock, 2 nothing, 3 purpose tag, 4 nonce or empty, 5 how many ended ones are told of
-- returns found (nonce) | not_found
local tag, nonce = ARGV[3], ARGV[4]
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
local found = find_live(record, tag, nonce) or (nonce ~= '' and find_ended(record, tonumber(ARGV[5]), tag, nonce))
if not found then return answer(record, '', 'not_found') end
return answer(record, '', 'found', found.nonce)
