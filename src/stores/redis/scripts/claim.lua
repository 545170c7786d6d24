-- Asks to be the one that does what an idempotency key stands for: src/stores/claim.ts says when it is.
-- KEYS  1 claim: a string of version, latest time that was written at, how far it was ahead of the clock, end of the lease, end of all, token,
--       fingerprint, and the answer once there is one
-- ARGV  1 clock, 2 fingerprint, 3 token, 4 lease, 5 how long it is kept
-- returns claimed | running (wait) | completed (answer) | reused
local kept = open_claim(KEYS[1], ARGV[1])
local fingerprint, token, now = ARGV[2], ARGV[3], kept.now
if kept.is_there and kept.fingerprint ~= fingerprint then return { 'reused' } end
if kept.answer then return { 'completed', kept.answer } end
if kept.is_there and kept.token ~= token and now < kept.lease_until then
  return { 'running', kept.lease_until - now }
end
kept.until_at = kept.is_there and kept.until_at or now + tonumber(ARGV[5])
kept.lease_until = now + tonumber(ARGV[4])
kept.fingerprint, kept.token = fingerprint, token
save_claim(kept)
return { 'claimed' }
