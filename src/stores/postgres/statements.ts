import { createHash } from 'node:crypto';

/** A statement of the store. Each is a transaction of its own. */
export interface Statement {
  readonly text: string;
  /** Under which a session keeps it, where statements are prepared. No two statements share one, in whatever schemas. */
  readonly name?: string;
}

/** Every statement of the store but the migrations. `schema` as it stands in SQL. What is asked for with every act is a function of the first migration. */
export function statementsFor(schema: string) {
  // In a sub-select of its own: taken once, and fit for an index.
  const now = `(SELECT ${schema}.now_ms($1) AS ms)`;
  // Not `IN (SELECT … LIMIT …)`: that may be run once for each row, and then each time picks others.
  const deleteEnded = (table: string) => `
    WITH ended AS MATERIALIZED (
      SELECT key FROM ${schema}.${table} WHERE until_ms <= ${now} ORDER BY until_ms LIMIT $2 FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM ${schema}.${table} AS kept USING ended WHERE kept.key = ended.key RETURNING 1
    )
    SELECT count(*)::text AS count FROM gone`;

  return {
    /** See the function. -> told. */
    readNumber: statement(`SELECT ${schema}.read_number($1, $2, $3, $4) AS told`),
    /** See the function. -> told. */
    writeNumber: statement(
      `SELECT ${schema}.write_number($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS told`,
    ),
    /** JSON array of { key, before: the latest_ms that was read, latest_ms, ahead_ms }. */
    keepBroadTimes: statement(`
      UPDATE ${schema}.broad_limits AS b SET latest_ms = jumped.latest_ms, ahead_ms = jumped.ahead_ms
      FROM jsonb_to_recordset($1::jsonb) AS jumped (key text, before bigint, latest_ms bigint, ahead_ms bigint)
      WHERE b.key = jumped.key AND b.latest_ms = jumped.before`),

    /** injected time, at most so many -> rows as they are read to be pruned. Those that somebody else has his hands on are left for the next time. */
    dueNumbers: statement(`
      SELECT given.ms::text AS given_ms, n.*
      FROM ${now} AS given, LATERAL (
        SELECT subject, record, version::text AS version, latest_ms::text AS latest_ms, ahead_ms::text AS ahead_ms
        FROM ${schema}.numbers WHERE due_at_ms <= given.ms ORDER BY due_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
      ) AS n`),
    /** JSON array of what write_number takes. */
    writePruned: statement(`
      SELECT ${schema}.write_number(
        pruned.subject, pruned.version, pruned.record, pruned.due_at_ms, pruned.latest_ms, pruned.ahead_ms,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS told
      FROM jsonb_to_recordset($1::jsonb)
        AS pruned (subject text, version bigint, record text, due_at_ms bigint, latest_ms bigint, ahead_ms bigint)`),
    /** due_at_ms, subjects. */
    putOff: statement(`UPDATE ${schema}.numbers SET due_at_ms = $1::bigint WHERE subject = ANY($2::text[])`),
    /** injected time, at most so many -> count. */
    deleteEndedBroadLimits: statement(deleteEnded('broad_limits')),
    /** injected time, at most so many -> count. */
    deleteEndedClaims: statement(deleteEnded('claims')),

    /** See the function. -> told. */
    readClaim: statement(`SELECT ${schema}.read_claim($1, $2) AS told`),
    /** See the function. -> told. */
    writeClaim: statement(`SELECT ${schema}.write_claim($1, $2, $3, $4, $5, $6, $7, $8, $9) AS told`),

    /** fingerprint, accept -> kept. */
    bindSubjectKey: statement(`
      INSERT INTO ${schema}.shared AS s (id, subject_key) VALUES (1, $1)
      ON CONFLICT (id) DO UPDATE SET subject_key = CASE WHEN $2::boolean THEN excluded.subject_key ELSE s.subject_key END
      RETURNING (subject_key = $1)::text AS kept`),
    /** -> version: of the schema; is_replica. */
    ping: statement(
      `SELECT max(version)::text AS version, pg_is_in_recovery()::text AS is_replica FROM ${schema}.migrations`,
    ),
    /** -> one row. */
    dangers: statement(`
      SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
        current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery()::text AS is_replica`),
  };
}

export type Statements = ReturnType<typeof statementsFor>;

function statement(text: string): Statement {
  return { text, name: `phoneproof_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}` };
}
