-- Tells whether the number is verified.
-- KEYS  1 record
-- ARGV  1 clock, 2 mark
-- returns looked_up; the fields say it
return answer(open_record(KEYS[1], ARGV[1]), ARGV[2], 'looked_up')
