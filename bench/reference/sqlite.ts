import { DatabaseSync } from 'node:sqlite';
import { lifetimeMs, maxChecks, maxSends, sendWindowMs, type Engine } from './engine.ts';

/** Requests that arrive in one turn of the event loop share one transaction, and are answered after it is on the disk. */
export function sqliteEngine(path: string): Engine {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE numbers (number TEXT PRIMARY KEY, sends INTEGER, window_ends_at INTEGER, digest BLOB, expires_at INTEGER, checks_left INTEGER) STRICT`);
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
  const start =
    db.prepare(`INSERT INTO numbers VALUES ($to, 1, $now + ${sendWindowMs}, $digest, $now + ${lifetimeMs}, ${maxChecks})
    ON CONFLICT (number) DO UPDATE SET sends = iif($now >= window_ends_at, 1, sends + 1), window_ends_at = iif($now >= window_ends_at, $now + ${sendWindowMs}, window_ends_at),
      digest = $digest, expires_at = $now + ${lifetimeMs}, checks_left = ${maxChecks}
    WHERE sends < ${maxSends} OR $now >= window_ends_at`);
  const check =
    db.prepare(`UPDATE numbers SET checks_left = checks_left - 1, digest = iif(digest = $digest, NULL, digest)
    WHERE number = $to AND digest IS NOT NULL AND expires_at > $now AND checks_left > 0 RETURNING digest IS NULL AS approved`);

  interface Act {
    run(): boolean;
    resolve(result: boolean): void;
  }
  let queue: Act[] = [];
  function flush(): void {
    const acts = queue;
    queue = [];
    begin.run();
    const results = acts.map((act) => act.run());
    commit.run();
    for (const [i, act] of acts.entries()) act.resolve(results[i] === true);
  }
  function soon(run: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      if (queue.push({ run, resolve }) === 1) setImmediate(flush);
    });
  }
  return {
    start: (to, digest, now) => soon(() => start.run({ $to: to, $digest: digest, $now: now }).changes === 1),
    check: (to, digest, now) => soon(() => check.get({ $to: to, $digest: digest, $now: now })?.approved === 1),
    close: () => db.close(),
  };
}
