import { Pool, type QueryConfig } from 'pg';
import { lifetimeMs, maxChecks, maxSends, sendWindowMs, type Engine } from './engine.ts';

/** One guarded statement a verb, prepared once on each connection. */
export async function postgresEngine(address: string): Promise<Engine> {
  const url = new URL(address);
  const table = `${url.searchParams.get('schema')}.numbers`;
  url.searchParams.delete('schema');
  const pool = new Pool({ connectionString: url.href });
  await pool.query(`CREATE TABLE ${table} (number text PRIMARY KEY, sends int, window_ends_at bigint, digest bytea,
    expires_at bigint, checks_left int)`);

  const start = `INSERT INTO ${table} AS old VALUES ($1, 1, $3::bigint + ${sendWindowMs}, $2, $3 + ${lifetimeMs}, ${maxChecks})
    ON CONFLICT (number) DO UPDATE SET sends = CASE WHEN $3 >= old.window_ends_at THEN 1 ELSE old.sends + 1 END,
      window_ends_at = CASE WHEN $3 >= old.window_ends_at THEN $3 + ${sendWindowMs} ELSE old.window_ends_at END,
      digest = $2, expires_at = $3 + ${lifetimeMs}, checks_left = ${maxChecks}
    WHERE old.sends < ${maxSends} OR $3 >= old.window_ends_at`;
  const check = `UPDATE ${table} SET checks_left = checks_left - 1, digest = CASE WHEN digest = $2 THEN NULL ELSE digest END
    WHERE number = $1 AND digest IS NOT NULL AND expires_at > $3 AND checks_left > 0 RETURNING digest IS NULL AS approved`;

  const query = (name: string, text: string, values: unknown[]): QueryConfig => ({ name, text, values });
  return {
    async start(to, digest, nowMs) {
      return (await pool.query(query('start', start, [to, digest, nowMs]))).rowCount === 1;
    },
    async check(to, digest, nowMs) {
      const { rows } = await pool.query<{ approved: boolean }>(query('check', check, [to, digest, nowMs]));
      return rows[0]?.approved === true;
    },
    close: () => pool.end(),
  };
}
