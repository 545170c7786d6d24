/** The time by the server's clock, or the one that is injected. In a sub-select of its own: taken once, after the snapshot, and fit for an index. */
const now = (parameter: string) =>
  `(SELECT coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS ms)`;

/** Every statement of the store but the migrations. Each is a transaction of its own. `schema` as it stands in SQL. */
export function statementsFor(schema: string) {
  // Not `IN (SELECT … LIMIT …)`: that may be run once for each row, and then each time picks others.
  const deleteEnded = (table: string) => `
    WITH ended AS MATERIALIZED (
      SELECT key FROM ${schema}.${table} WHERE until_ms <= ${now('$1')} ORDER BY until_ms LIMIT $2 FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM ${schema}.${table} AS kept USING ended WHERE kept.key = ended.key RETURNING 1
    )
    SELECT count(*)::text AS count FROM gone`;
  const readNumber = (counts: string) => `
    SELECT given.ms::text AS given_ms, pg_is_in_recovery()::text AS is_replica,
      n.record, n.version::text AS version, n.latest_ms::text AS latest_ms, n.ahead_ms::text AS ahead_ms, ${counts} AS counts
    FROM ${now('$2')} AS given LEFT JOIN ${schema}.numbers AS n ON n.subject = $1`;

  return {
    /** subject, injected time -> one row. */
    readNumber: readNumber('NULL'),
    /** subject, injected time, keys of broad limits -> one row. */
    readNumberAndCounts: readNumber(`(
      SELECT json_agg(json_build_object(
        'key', b.key, 'buckets', b.buckets, 'untilMs', b.until_ms, 'latestMs', b.latest_ms, 'aheadMs', b.ahead_ms))::text
      FROM ${schema}.broad_limits AS b WHERE b.key = ANY($3::text[]))`),
    /** See the function. -> outcome, version. */
    writeNumber: `
      SELECT outcome, version::text AS version
      FROM ${schema}.write_number(
        $1, $2::bigint, $3, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::jsonb)`,
    /** JSON array of { key, before: the latest_ms that was read, latest_ms, ahead_ms }. */
    keepBroadTimes: `
      UPDATE ${schema}.broad_limits AS b SET latest_ms = jumped.latest_ms, ahead_ms = jumped.ahead_ms
      FROM jsonb_to_recordset($1::jsonb) AS jumped (key text, before bigint, latest_ms bigint, ahead_ms bigint)
      WHERE b.key = jumped.key AND b.latest_ms = jumped.before`,

    /** injected time, at most so many -> rows as they are read to be pruned. Those that somebody else has his hands on are left for the next time. */
    dueNumbers: `
      SELECT given.ms::text AS given_ms, n.*
      FROM ${now('$1')} AS given, LATERAL (
        SELECT subject, record, version::text AS version, latest_ms::text AS latest_ms, ahead_ms::text AS ahead_ms
        FROM ${schema}.numbers WHERE due_at_ms <= given.ms ORDER BY due_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
      ) AS n`,
    /** JSON array of what write_number takes. */
    writePruned: `
      SELECT written.outcome
      FROM jsonb_to_recordset($1::jsonb)
        AS pruned (subject text, version bigint, record text, due_at_ms bigint, latest_ms bigint, ahead_ms bigint),
      LATERAL ${schema}.write_number(
        pruned.subject, pruned.version, pruned.record, pruned.due_at_ms, pruned.latest_ms, pruned.ahead_ms, NULL, NULL, NULL, NULL)
        AS written`,
    /** due_at_ms, subjects. */
    putOff: `UPDATE ${schema}.numbers SET due_at_ms = $1::bigint WHERE subject = ANY($2::text[])`,
    /** injected time, at most so many -> count. */
    deleteEndedBroadLimits: deleteEnded('broad_limits'),
    /** injected time, at most so many -> count. */
    deleteEndedClaims: deleteEnded('claims'),

    /** key, injected time -> one row. */
    readClaim: `
      SELECT given.ms::text AS given_ms, pg_is_in_recovery()::text AS is_replica,
        c.fingerprint, c.token, c.lease_until_ms::text AS lease_until_ms, encode(c.answer, 'base64') AS answer, c.until_ms::text AS until_ms,
        c.version::text AS version, c.latest_ms::text AS latest_ms, c.ahead_ms::text AS ahead_ms
      FROM ${now('$2')} AS given LEFT JOIN ${schema}.claims AS c ON c.key = $1`,
    /** key, fingerprint, token, lease_until_ms, answer, until_ms, latest_ms, ahead_ms -> a row when it was written. */
    insertClaim: `
      INSERT INTO ${schema}.claims (key, fingerprint, token, lease_until_ms, answer, until_ms, latest_ms, ahead_ms, version)
      VALUES ($1, $2, $3, $4::bigint, decode($5, 'base64'), $6::bigint, $7::bigint, $8::bigint, nextval('${schema.replaceAll("'", "''")}.versions'))
      ON CONFLICT DO NOTHING
      RETURNING '' AS written`,
    /** As above, and the version that was read -> a row when it was written. */
    updateClaim: `
      UPDATE ${schema}.claims
      SET fingerprint = $2, token = $3, lease_until_ms = $4::bigint, answer = decode($5, 'base64'), until_ms = $6::bigint,
        latest_ms = $7::bigint, ahead_ms = $8::bigint, version = nextval('${schema.replaceAll("'", "''")}.versions')
      WHERE key = $1 AND version = $9::bigint
      RETURNING '' AS written`,
    /** key, version that was read -> a row when it was deleted. */
    deleteClaim: `DELETE FROM ${schema}.claims WHERE key = $1 AND version = $2::bigint RETURNING '' AS written`,

    /** fingerprint, accept -> kept. */
    bindSubjectKey: `
      INSERT INTO ${schema}.shared AS s (id, subject_key) VALUES (1, $1)
      ON CONFLICT (id) DO UPDATE SET subject_key = CASE WHEN $2::boolean THEN excluded.subject_key ELSE s.subject_key END
      RETURNING (subject_key = $1)::text AS kept`,
    /** -> version: of the schema; is_replica. */
    ping: `SELECT max(version)::text AS version, pg_is_in_recovery()::text AS is_replica FROM ${schema}.migrations`,
    /** -> one row. */
    dangers: `
      SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
        current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery()::text AS is_replica`,
  };
}

export type Statements = ReturnType<typeof statementsFor>;
