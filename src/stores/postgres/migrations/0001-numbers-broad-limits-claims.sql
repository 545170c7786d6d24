-- 0001 numbers, broad limits, claims
--
-- In another schema than `phoneproof` it is the same with that one's name. Times are milliseconds since the Unix epoch.
--
-- numbers       One row per subject, the keyed hash of a tenant and a number.
--   record        All that is kept about the number: JSON on one line, bytes in base64url, empty fields left out.
--   version       Of this state of the row: no other state of any row ever had it.
--   due_at_ms     By the server's clock, the next instant at which something in the record ends; prune takes the rows in this order.
-- broad_limits  One row per limit that many numbers share.
--   key           Keyed hash of whose limit it is, and of its window.
--   at, sends     So many sends were made in this sixtieth of the window, counted from the epoch: the latest that there were any in.
--   buckets       How many were made in each one before: { "which sixtieth": how many }.
--   counted       The sum of `buckets`, some of which may lie before the window by now.
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
--
-- What is asked for with every act is a function: a session keeps the plans of its statements, so they are not made anew for each act, also where statements cannot
-- be prepared. Functions without SET clauses, which would cost as much as a look-up, so every name has its schema.

CREATE TABLE phoneproof.migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Room in each page and few dead rows: most writes then touch no index, and what was overwritten is gone soon.
CREATE TABLE phoneproof.numbers (
  subject text COLLATE "C" PRIMARY KEY,
  record text NOT NULL,
  version bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  due_at_ms bigint NOT NULL,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX numbers_by_due_at ON phoneproof.numbers (due_at_ms);

CREATE TABLE phoneproof.broad_limits (
  key text COLLATE "C" PRIMARY KEY,
  at bigint NOT NULL,
  sends bigint NOT NULL,
  buckets jsonb NOT NULL,
  counted bigint NOT NULL,
  until_ms bigint NOT NULL,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX broad_limits_by_until ON phoneproof.broad_limits (until_ms);

CREATE TABLE phoneproof.claims (
  key text COLLATE "C" PRIMARY KEY,
  fingerprint text NOT NULL,
  token text NOT NULL,
  lease_until_ms bigint NOT NULL,
  answer bytea,
  until_ms bigint NOT NULL,
  version bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  latest_ms bigint NOT NULL,
  ahead_ms bigint NOT NULL
);

CREATE INDEX claims_by_until ON phoneproof.claims (until_ms);

CREATE TABLE phoneproof.shared (
  id integer PRIMARY KEY CHECK (id = 1),
  subject_key text NOT NULL
);

-- now_ms  The time by the server's clock, or the one that is injected.
CREATE FUNCTION phoneproof.now_ms(p_injected_ms bigint) RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
  RETURN coalesce(p_injected_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
END
$$;

-- read_number  What is kept of a number and of broad limits, at one instant.
--   p_keys, p_almost
--                Of these limits. Of one that has not been taken from so often as `p_almost`, whatever counts, only sums are told.
-- Returns lines  the time, taken after that instant;
--                version, latest_ms and ahead_ms of the number's row, empty where there is none;
--                its record, empty where there is none;
--                of each limit that there is a row of [key, at, sends, counted, buckets, latest_ms, ahead_ms], in JSON; `buckets` null: not told.
-- Or `replica` where the server is one.
--
-- Stable, so that all of it is read on the snapshot of the statement that calls it.
CREATE FUNCTION phoneproof.read_number(p_subject text, p_injected_ms bigint, p_keys text[], p_almost bigint[]) RETURNS text
LANGUAGE plpgsql
STABLE
AS $$
DECLARE
  kept phoneproof.numbers;
  limits text;
BEGIN
  IF pg_is_in_recovery() THEN
    RETURN 'replica';
  END IF;
  SELECT * INTO kept FROM phoneproof.numbers AS n WHERE n.subject = p_subject;
  IF p_keys IS NOT NULL THEN
    SELECT json_agg(json_build_array(
      b.key, b.at, b.sends, b.counted, CASE WHEN b.counted + b.sends >= asked.almost THEN b.buckets END, b.latest_ms, b.ahead_ms))
    INTO limits
    FROM unnest(p_keys, p_almost) AS asked (key, almost) JOIN phoneproof.broad_limits AS b ON b.key = asked.key;
  END IF;
  RETURN concat_ws(E'\n', phoneproof.now_ms(p_injected_ms),
    concat_ws(' ', kept.version, kept.latest_ms, kept.ahead_ms), coalesce(kept.record, ''), limits);
END
$$;

-- take  Takes from a broad limit, and leaves its row locked.
--   p_at            The sixtieth they are made in. Where there were sends in a later one since it was judged, they are made in that.
--   p_first_at      The first sixtieth that counts.
--   p_most          The most that may count before.
-- Returns false where more count: nothing is taken.
CREATE FUNCTION phoneproof.take(
  p_key text,
  p_takes bigint,
  p_at bigint,
  p_first_at bigint,
  p_most bigint,
  p_until_ms bigint,
  p_latest_ms bigint,
  p_ahead_ms bigint
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
  kept phoneproof.broad_limits;
BEGIN
  -- The sixtieth is nearly always that of the send before. What has left the window meanwhile counts here, and is looked at below only if that is too many.
  UPDATE phoneproof.broad_limits AS b
  SET sends = b.sends + p_takes,
      until_ms = greatest(b.until_ms, p_until_ms),
      latest_ms = greatest(b.latest_ms, p_latest_ms),
      ahead_ms = CASE WHEN p_latest_ms >= b.latest_ms THEN p_ahead_ms ELSE b.ahead_ms END
  WHERE b.key = p_key AND b.at >= p_at AND b.counted + b.sends <= p_most;
  IF FOUND THEN
    RETURN true;
  END IF;

  LOOP
    SELECT * INTO kept FROM phoneproof.broad_limits AS b WHERE b.key = p_key FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO phoneproof.broad_limits (key, at, sends, buckets, counted, until_ms, latest_ms, ahead_ms)
    VALUES (p_key, p_at, 0, '{}', 0, 0, 0, 0)
    ON CONFLICT DO NOTHING;
  END LOOP;

  IF kept.at < p_at THEN
    IF kept.sends > 0 THEN
      kept.buckets := kept.buckets || jsonb_build_object(kept.at, kept.sends);
    END IF;
    kept.at := p_at;
    kept.sends := 0;
  END IF;
  SELECT coalesce(jsonb_object_agg(bucket.key, bucket.value), '{}'), coalesce(sum(bucket.value::bigint), 0)
  INTO kept.buckets, kept.counted
  FROM jsonb_each(kept.buckets) AS bucket
  WHERE bucket.key::bigint >= p_first_at;
  IF kept.counted + kept.sends > p_most THEN
    RETURN false;
  END IF;

  UPDATE phoneproof.broad_limits AS b
  SET at = kept.at,
      sends = kept.sends + p_takes,
      buckets = kept.buckets,
      counted = kept.counted,
      until_ms = greatest(b.until_ms, p_until_ms),
      latest_ms = greatest(b.latest_ms, p_latest_ms),
      ahead_ms = CASE WHEN p_latest_ms >= b.latest_ms THEN p_ahead_ms ELSE b.ahead_ms END
  WHERE b.key = p_key;
  RETURN true;
END
$$;

-- write_number  Writes what was judged, if the judgement still stands; else nothing of it.
--   p_version       That was read; null: there was no row.
--   p_record        What is kept from now on; null: the row goes.
--   p_read_at_ms, p_good_until_ms
--                   The judgement stands from the time of the read until before this, by the server's clock; null: for ever.
--   p_injected_ms   The time instead of the server's; null: the server's.
--   p_keys ...      What is taken from broad limits, in the order of their keys: see `take`. Null: nothing.
-- Returns
--   written         Done. After it the version of the row from now on; none where the row went.
--   beaten          The row is not in the state that was read.
--   held            A transaction that has not ended has its hands on the row.
--   over            A broad limit has been spent meanwhile.
--   late            The judgement is too old.
--
-- Nobody waits for the row of a number, so that a transaction which holds one holds up nobody else. For rows of broad limits, which are taken in the
-- order of their keys after the number's, others wait as long as a commit takes; for longer than a second never (lock_timeout).
CREATE FUNCTION phoneproof.write_number(
  p_subject text,
  p_version bigint,
  p_record text,
  p_due_at_ms bigint,
  p_latest_ms bigint,
  p_ahead_ms bigint,
  p_read_at_ms bigint,
  p_good_until_ms bigint,
  p_injected_ms bigint,
  p_keys text[],
  p_takes bigint[],
  p_at bigint[],
  p_first_at bigint[],
  p_most bigint[],
  p_until_ms bigint[]
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  taken integer := 0;
  outcome text := 'written';
  now_ms bigint;
  after bigint;
BEGIN
  IF p_version IS NOT NULL THEN
    PERFORM FROM phoneproof.numbers AS n WHERE n.subject = p_subject AND n.version = p_version FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM FROM phoneproof.numbers AS n WHERE n.subject = p_subject AND n.version = p_version;
      RETURN CASE WHEN FOUND THEN 'held' ELSE 'beaten' END;
    END IF;
  END IF;

  IF p_keys IS NOT NULL THEN
    PERFORM set_config('lock_timeout', '1s', true);
    WHILE outcome = 'written' AND taken < cardinality(p_keys) LOOP
      IF phoneproof.take(
        p_keys[taken + 1], p_takes[taken + 1], p_at[taken + 1], p_first_at[taken + 1], p_most[taken + 1], p_until_ms[taken + 1],
        p_latest_ms, p_ahead_ms)
      THEN
        taken := taken + 1;
      ELSE
        outcome := 'over';
      END IF;
    END LOOP;
  END IF;

  -- Nothing is waited for any more.
  now_ms := phoneproof.now_ms(p_injected_ms);
  IF outcome = 'written' AND (now_ms < p_read_at_ms OR now_ms >= p_good_until_ms) THEN
    outcome := 'late';
  END IF;

  IF outcome = 'written' THEN
    IF p_record IS NULL THEN
      DELETE FROM phoneproof.numbers AS n WHERE n.subject = p_subject;
    ELSIF p_version IS NULL THEN
      INSERT INTO phoneproof.numbers AS n (subject, record, due_at_ms, latest_ms, ahead_ms)
      VALUES (p_subject, p_record, p_due_at_ms, p_latest_ms, p_ahead_ms)
      ON CONFLICT DO NOTHING
      RETURNING n.version INTO after;
      IF NOT FOUND THEN
        outcome := 'beaten';
      END IF;
    ELSE
      UPDATE phoneproof.numbers AS n
      SET record = p_record,
          version = DEFAULT,
          due_at_ms = p_due_at_ms,
          latest_ms = p_latest_ms,
          ahead_ms = p_ahead_ms
      WHERE n.subject = p_subject
      RETURNING n.version INTO after;
    END IF;
  END IF;

  IF outcome <> 'written' AND taken > 0 THEN
    UPDATE phoneproof.broad_limits AS b
    SET sends = b.sends - given_back.takes
    FROM unnest(p_keys[:taken], p_takes[:taken]) AS given_back (key, takes)
    WHERE b.key = given_back.key;
  END IF;
  RETURN concat_ws(' ', outcome, after);
END
$$;

-- read_claim  What is kept of an idempotency key.
-- Returns lines  the time;
--                version, latest_ms, ahead_ms, lease_until_ms, until_ms, fingerprint and token, empty where there is no row;
--                the answer in base64, empty where there is none.
-- Or `replica` where the server is one.
CREATE FUNCTION phoneproof.read_claim(p_key text, p_injected_ms bigint) RETURNS text
LANGUAGE plpgsql
STABLE
AS $$
DECLARE
  kept phoneproof.claims;
BEGIN
  IF pg_is_in_recovery() THEN
    RETURN 'replica';
  END IF;
  SELECT * INTO kept FROM phoneproof.claims AS c WHERE c.key = p_key;
  RETURN concat_ws(E'\n', phoneproof.now_ms(p_injected_ms),
    concat_ws(' ', kept.version, kept.latest_ms, kept.ahead_ms, kept.lease_until_ms, kept.until_ms, kept.fingerprint, kept.token),
    translate(encode(kept.answer, 'base64'), E'\n', ''));
END
$$;

-- write_claim  Writes what an idempotency key stands for, if its row is still what was read.
--   p_version       That was read; null: there was no row.
--   p_fingerprint   Null: the row goes.
--   p_answer        In base64.
-- Returns whether it is written.
CREATE FUNCTION phoneproof.write_claim(
  p_key text,
  p_version bigint,
  p_fingerprint text,
  p_token text,
  p_lease_until_ms bigint,
  p_answer text,
  p_until_ms bigint,
  p_latest_ms bigint,
  p_ahead_ms bigint
) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  IF p_fingerprint IS NULL THEN
    DELETE FROM phoneproof.claims AS c WHERE c.key = p_key AND c.version = p_version;
  ELSIF p_version IS NULL THEN
    INSERT INTO phoneproof.claims (key, fingerprint, token, lease_until_ms, answer, until_ms, latest_ms, ahead_ms)
    VALUES (p_key, p_fingerprint, p_token, p_lease_until_ms, decode(p_answer, 'base64'), p_until_ms, p_latest_ms, p_ahead_ms)
    ON CONFLICT DO NOTHING;
  ELSE
    UPDATE phoneproof.claims AS c
    SET fingerprint = p_fingerprint,
        token = p_token,
        lease_until_ms = p_lease_until_ms,
        answer = decode(p_answer, 'base64'),
        until_ms = p_until_ms,
        version = DEFAULT,
        latest_ms = p_latest_ms,
        ahead_ms = p_ahead_ms
    WHERE c.key = p_key AND c.version = p_version;
  END IF;
  RETURN FOUND::text;
END
$$;
