-- Keeps the fingerprint of the subject key: the first one, or one that is accepted. The one key without an end.
-- KEYS  1 fingerprint
-- ARGV  1 fingerprint, 2 empty, or what accepts another
-- returns 1 it is the one that is kept | 0
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[1])
  return 1
end
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
