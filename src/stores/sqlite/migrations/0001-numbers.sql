-- 0001 numbers
--
-- numbers  One row per subject, the keyed hash of a tenant and a number.
--   record      All that is kept about the number: a JSON object, bytes in base64url, empty fields left out. See ../record-json.ts.
--   due_at_ms   The next instant at which something in the record ends; prune takes the rows in this order.
-- shared   One row: what all processes on this file have in common.
--   last_time_ms  The latest time any of them has acted at. No act is earlier, whatever a process's clock says.
--   subject_key   Fingerprint of the key that made the subjects; null until one is bound.
--
-- `numbers` has a rowid on purpose: rows then lie in the order of their creation, so that the few that are live at any time share pages.

CREATE TABLE numbers (
  subject TEXT PRIMARY KEY NOT NULL,
  record TEXT NOT NULL,
  due_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX numbers_by_due_at ON numbers (due_at_ms);

CREATE TABLE shared (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_time_ms INTEGER NOT NULL,
  subject_key TEXT
) STRICT;

INSERT INTO shared (id, last_time_ms) VALUES (1, 0);
