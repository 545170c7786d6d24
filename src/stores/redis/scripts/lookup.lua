-- Tells whether the number is verified.
-- KEYS  1 record
-- ARGV  1 clock
-- returns looked_up; the fields say it
return answer(open_record(KEYS[1], ARGV[1]), '', 'looked_up')
