import { createHmac, createSecretKey, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { keepText, standReady } from './measured.ts';

/**
 * The yardstick: the least that a server must do to verify numbers, by hand on `node:http`. It parses JSON, tells E.164 by its shape, limits sends and
 * checks, keeps no code but its HMAC, uses a code once, and answers when the store has it. It knows no API key, no log, no metric, no policy, no
 * resend, no number as people type it, no numbering plan, no problem document.
 */

const maxSends = 3;
const sendWindowMs = 600_000;
const maxChecks = 5;
const lifetimeMs = 300_000;
const maxBodyBytes = 16_384;

/** Both verbs are one atomic act. */
interface Engine {
  /** False: too many sends. */
  start(to: string, digest: Buffer, nowMs: number): boolean | Promise<boolean>;
  /** True: right, in time, and not used before. */
  check(to: string, digest: Buffer, nowMs: number): boolean | Promise<boolean>;
  close(): void;
}

function memoryEngine(): Engine {
  interface Row {
    sends: number;
    windowEndsAtMs: number;
    digest: Buffer | null;
    expiresAtMs: number;
    checksLeft: number;
  }
  const rows = new Map<string, Row>();
  return {
    start(to, digest, nowMs) {
      let row = rows.get(to);
      if (!row || nowMs >= row.windowEndsAtMs) {
        row = { sends: 0, windowEndsAtMs: nowMs + sendWindowMs, digest: null, expiresAtMs: 0, checksLeft: 0 };
        rows.set(to, row);
      }
      if (row.sends >= maxSends) return false;
      row.sends += 1;
      row.digest = digest;
      row.expiresAtMs = nowMs + lifetimeMs;
      row.checksLeft = maxChecks;
      return true;
    },
    check(to, digest, nowMs) {
      const row = rows.get(to);
      if (!row?.digest || nowMs >= row.expiresAtMs || row.checksLeft === 0) return false;
      row.checksLeft -= 1;
      if (!timingSafeEqual(row.digest, digest)) return false;
      row.digest = null;
      return true;
    },
    close() {},
  };
}

/** Requests that arrive in one turn of the event loop share one transaction, and are answered after it is on the disk. */
function sqliteEngine(path: string): Engine {
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

const key = createSecretKey(randomBytes(32));
const digestOf = (to: string, code: string): Buffer => createHmac('sha256', key).update(`${to}:${code}`).digest();

const { PHONEPROOF_STORE = 'memory:' } = process.env;
const engine = PHONEPROOF_STORE === 'memory:' ? memoryEngine() : sqliteEngine(PHONEPROOF_STORE.slice('sqlite:'.length));

async function answer(path: string | undefined, body: string): Promise<{ status: number; json: object }> {
  const { to, code } = JSON.parse(body) as { to: unknown; code: unknown };
  if (typeof to !== 'string' || !/^\+[1-9]\d{6,14}$/.test(to))
    return { status: 422, json: { code: 'invalid_phone_number' } };
  if (path === '/v1/verifications') {
    const newCode = String(randomInt(0, 1_000_000)).padStart(6, '0');
    const nowMs = Date.now();
    if (!(await engine.start(to, digestOf(to, newCode), nowMs))) return { status: 429, json: { code: 'rate_limited' } };
    await send(to, newCode);
    return { status: 201, json: { to, status: 'pending', expires_at: new Date(nowMs + lifetimeMs).toISOString() } };
  }
  if (path !== '/v1/verifications/check') return { status: 404, json: { code: 'not_found' } };
  if (typeof code !== 'string' || !/^\d{6}$/.test(code)) return { status: 400, json: { code: 'invalid_request' } };
  const approved = await engine.check(to, digestOf(to, code), Date.now());
  return approved
    ? { status: 200, json: { to, status: 'approved' } }
    : { status: 422, json: { code: 'incorrect_code' } };
}

/** In place of a carrier. */
async function send(to: string, code: string): Promise<void> {
  keepText(`SMS to ${to}\n  ${code} is your verification code. Never share it.\n\n`);
}

function listener(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text: string) => {
    body += text;
    if (body.length > maxBodyBytes) request.destroy();
  });
  request.on('end', () => void reply(request.url, body, response));
}

async function reply(path: string | undefined, body: string, response: ServerResponse): Promise<void> {
  const { status, json } = await answer(path, body).catch((error: unknown) => ({
    status: error instanceof SyntaxError ? 400 : 500,
    json: { code: error instanceof SyntaxError ? 'invalid_request' : 'store_unavailable' },
  }));
  const text = JSON.stringify(json);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer(listener).listen({ host: '127.0.0.1', port: 0 }, () => {
  standReady({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close(() => engine.close());
      server.closeAllConnections();
    },
  });
});
