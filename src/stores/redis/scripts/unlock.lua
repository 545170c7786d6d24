-- Ends the wrong checks in a row.
-- KEYS  1 record
-- ARGV  1 clock, 2 mark
-- returns unlocked
local record = open_record(KEYS[1], ARGV[1])
if record.wrong_in_row > 0 then record.wrong_in_row, record.changed = 0, true end
return answer(record, ARGV[2], 'unlocked')
