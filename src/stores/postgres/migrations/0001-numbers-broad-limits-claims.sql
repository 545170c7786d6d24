-- 0001 numbers, broad limits, claims
--
-- Runs with the store's schema first in search_path. Times are milliseconds since the Unix epoch.
--
-- numbers       One row per subject, the keyed hash of a tenant and a number.
--   record        All that is kept about the number: JSON, bytes in base64url, empty fields left out.
--   version       Of this state of the row: no other state of any row ever had it.
--   due_at_ms     By the server's clock, the next instant at which something in the record ends; prune takes the rows in this order.
-- broad_limits  One row per limit that many numbers share.
--   key           Keyed hash of whose limit it is, and of its window.
--   buckets       How many sends were made in each sixtieth of the window: { "which sixtieth, from the epoch": how many }.
--   until_ms      When nothing of it counts any more.
-- claims        One row per idempotency key in use.
--   fingerprint   Keyed hash of what is asked for.
--   token         Whose turn it is, or was.
--   answer        Sealed; null until it is complete.
--   until_ms      When all of it is forgotten.
-- shared        At most one row.
--   subject_key   Fingerprint of the key that made the subjects.
--
--   latest_ms     The latest time at which the row was acted on. No act on it is earlier, whatever the server's clock says.
--   ahead_ms      How far that time runs ahead of a clock that has jumped back; 0: not at all.

CREATE TABLE migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE SEQUENCE versions;

-- Room in each page and few dead rows: most writes then touch no index, and what was overwritten is gone soon.
CREATE TABLE numbers (
  subject text COLLATE "C" PRIMARY KEY,
  record text NOT NULL,
  version bigint NOT NULL,
  due_at_ms bigint NOT NULL,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX numbers_by_due_at ON numbers (due_at_ms);

CREATE TABLE broad_limits (
  key text COLLATE "C" PRIMARY KEY,
  buckets jsonb NOT NULL,
  until_ms bigint NOT NULL,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX broad_limits_by_until ON broad_limits (until_ms);

CREATE TABLE claims (
  key text COLLATE "C" PRIMARY KEY,
  fingerprint text NOT NULL,
  token text NOT NULL,
  lease_until_ms bigint NOT NULL,
  answer bytea,
  until_ms bigint NOT NULL,
  version bigint NOT NULL,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
);

CREATE INDEX claims_by_until ON claims (until_ms);

CREATE TABLE shared (
  id integer PRIMARY KEY CHECK (id = 1),
  subject_key text NOT NULL
);

-- write_number  Writes what was judged, if the judgement still stands; else nothing at all.
--   p_version       That was read; null: there was no row.
--   p_record        What is kept from now on; null: the row goes.
--   p_read_at_ms, p_good_until_ms
--                   The judgement stands from the time of the read until before this, by the server's clock; null: for ever.
--   p_injected_ms   The time instead of the server's; null: the server's.
--   p_broad         What is charged to broad limits: [{ "key", "takes", "at": the sixtieth they are made in, "first_at": the first sixtieth
--                   that counts, "most": the most that may count before, "until_ms" }].
-- Returns as outcome
--   written         Done. `version` is the row's from now on, null when the row went.
--   beaten          The row is not in the state that was read.
--   held            A transaction that has not ended has its hands on the row.
--   over            A broad limit has been spent meanwhile.
--   late            The judgement is too old.
--
-- Nobody waits for the row of a number, so that a transaction which holds one holds up nobody else. For rows of broad limits, which are taken in the
-- order of their keys after the number's, others wait as long as a commit takes; for longer than a second never (lock_timeout).
CREATE FUNCTION write_number(
  p_subject text,
  p_version bigint,
  p_record text,
  p_due_at_ms bigint,
  p_latest_ms bigint,
  p_ahead_ms bigint,
  p_read_at_ms bigint,
  p_good_until_ms bigint,
  p_injected_ms bigint,
  p_broad jsonb,
  OUT outcome text,
  OUT version bigint
)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET lock_timeout = '1s'
AS $$
DECLARE
  charge record;
  kept jsonb;
  counting numeric;
  now_ms bigint;
BEGIN
  IF p_version IS NULL THEN
    PERFORM FROM numbers AS n WHERE n.subject = p_subject;
    IF FOUND THEN
      outcome := 'beaten';
      RETURN;
    END IF;
  ELSE
    PERFORM FROM numbers AS n WHERE n.subject = p_subject AND n.version = p_version FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM FROM numbers AS n WHERE n.subject = p_subject AND n.version = p_version;
      outcome := CASE WHEN FOUND THEN 'held' ELSE 'beaten' END;
      RETURN;
    END IF;
  END IF;

  FOR charge IN
    SELECT *
    FROM jsonb_to_recordset(p_broad) AS asked (key text, first_at bigint, most bigint)
    ORDER BY asked.key COLLATE "C"
  LOOP
    LOOP
      SELECT b.buckets INTO kept FROM broad_limits AS b WHERE b.key = charge.key FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO broad_limits (key, buckets, until_ms, latest_ms, ahead_ms) VALUES (charge.key, '{}', 0, 0, 0)
      ON CONFLICT DO NOTHING;
    END LOOP;
    SELECT coalesce(sum(bucket.value::bigint), 0) INTO counting
    FROM jsonb_each_text(kept) AS bucket
    WHERE bucket.key::bigint >= charge.first_at;
    IF counting > charge.most THEN
      outcome := 'over';
      RETURN;
    END IF;
  END LOOP;

  now_ms := coalesce(p_injected_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF now_ms < p_read_at_ms OR now_ms >= p_good_until_ms THEN
    outcome := 'late';
    RETURN;
  END IF;

  IF p_record IS NULL THEN
    DELETE FROM numbers AS n WHERE n.subject = p_subject;
  ELSIF p_version IS NULL THEN
    INSERT INTO numbers AS n (subject, record, version, due_at_ms, latest_ms, ahead_ms)
    VALUES (p_subject, p_record, nextval('versions'), p_due_at_ms, p_latest_ms, p_ahead_ms)
    ON CONFLICT DO NOTHING
    RETURNING n.version INTO version;
    IF NOT FOUND THEN
      outcome := 'beaten';
      RETURN;
    END IF;
  ELSE
    UPDATE numbers AS n
    SET record = p_record,
        version = nextval('versions'),
        due_at_ms = p_due_at_ms,
        latest_ms = p_latest_ms,
        ahead_ms = p_ahead_ms
    WHERE n.subject = p_subject
    RETURNING n.version INTO version;
  END IF;

  UPDATE broad_limits AS b
  SET buckets = (
        SELECT jsonb_object_agg(bucket.at, bucket.sends)
        FROM (
          SELECT each.at, sum(each.sends) AS sends
          FROM (
            SELECT before.key::bigint, before.value::bigint FROM jsonb_each_text(b.buckets) AS before
            UNION ALL
            SELECT asked.at, asked.takes
          ) AS each (at, sends)
          WHERE each.at >= asked.first_at
          GROUP BY each.at
        ) AS bucket
      ),
      until_ms = greatest(b.until_ms, asked.until_ms),
      latest_ms = greatest(b.latest_ms, p_latest_ms),
      ahead_ms = CASE WHEN p_latest_ms >= b.latest_ms THEN p_ahead_ms ELSE b.ahead_ms END
  FROM jsonb_to_recordset(p_broad) AS asked (key text, at bigint, takes bigint, first_at bigint, until_ms bigint)
  WHERE b.key = asked.key;

  outcome := 'written';
END
$$;
