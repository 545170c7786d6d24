-- Writes down what came of a claim, if the token is the one that holds it.
-- KEYS  1 claim
-- ARGV  1 clock, 2 token, 3 the answer; absent: nothing came of it, the key is free again
-- returns 1 written down or freed | 0
local kept = open_claim(KEYS[1], ARGV[1])
if not kept.is_there or kept.token ~= ARGV[2] or kept.answer then return 0 end
if ARGV[3] then
  kept.answer = ARGV[3]
  save_claim(kept)
else
  redis.call('DEL', KEYS[1])
end
return 1
