-- Ends the wrong checks in a row.
-- KEYS  1 record, 2 marks
-- ARGV  1 clock, 2 mark
-- returns unlocked
local record = open_record(KEYS[1], KEYS[2], ARGV[1])
if record.parts.r ~= '' then set_part(record, 'r', '') end
return answer(record, ARGV[2], 'unlocked')
