-- Tells whether the number is verified.
-- KEYS  1 record, 2 marks
-- ARGV  1 clock
-- returns looked_up; the parts say it
return answer(open_record(KEYS[1], KEYS[2], ARGV[1]), '', 'looked_up')
