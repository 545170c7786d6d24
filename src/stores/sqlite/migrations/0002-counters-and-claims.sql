-- 0002 counters and claims
--
-- counters  One row per limit that many numbers share.
--   key         Keyed hash of whose limit it is, and of its window.
--   buckets     How many sends were made in each sixtieth of the window: a JSON array of which sixtieth, how many, which, how many ..., oldest first.
--   due_at_ms   When nothing of it counts any more; prune takes the rows in this order.
-- claims    One row per idempotency key in use.
--   key             Keyed hash of whose key it is, what for, and the key itself.
--   fingerprint     Keyed hash of what is asked for.
--   token           Whose turn it is, or was.
--   lease_until_ms  Until when it is nobody else's.
--   answer          Sealed; null until it is complete.
--   due_at_ms       When all of it is forgotten; prune takes the rows in this order.
--
-- Both have a rowid for the reason that `numbers` has one.

CREATE TABLE counters (
  key TEXT PRIMARY KEY NOT NULL,
  buckets TEXT NOT NULL,
  due_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX counters_by_due_at ON counters (due_at_ms);

CREATE TABLE claims (
  key TEXT PRIMARY KEY NOT NULL,
  fingerprint TEXT NOT NULL,
  token TEXT NOT NULL,
  lease_until_ms INTEGER NOT NULL,
  answer BLOB,
  due_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX claims_by_due_at ON claims (due_at_ms);
