-- Forgets everything about the number but its counters, if the secrets of all its live codes are among the keys; else does nothing and names
-- their purposes, so that the caller declares them.
-- KEYS  1 record, 2 marks, 3... secrets
-- ARGV  1 clock, 2 mark, 3... purpose tag of each secret
-- returns erased | incomplete (tag of each live verification)
local mark = ARGV[2]
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
local declared, tags, complete = {}, {}, true
for place = 3, #ARGV do declared[ARGV[place]] = true end
for place, live in ipairs(record.live) do
  tags[place] = live.tag
  complete = complete and declared[live.tag] ~= nil
end
if not complete then return answer(record, mark, 'incomplete', unpack(tags)) end

record.live, record.ended = {}, {}
record.changed.l, record.changed.e = true, true
set_part(record, 'v', '')
for place = 3, #KEYS do redis.call('DEL', KEYS[place]) end
return answer(record, mark, 'erased')
