import { createHmac, createSecretKey, randomBytes, randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keepText, standReady } from './measured.ts';
import { lifetimeMs, type Engine } from './reference/engine.ts';
import { memoryEngine } from './reference/memory.ts';
import { postgresEngine } from './reference/postgres.ts';
import { redisEngine } from './reference/redis.ts';
import { sqliteEngine } from './reference/sqlite.ts';

/**
 * The yardstick: the least that a server must do to verify numbers, by hand on `node:http`. It parses JSON, tells E.164 by its shape, limits sends and
 * checks, keeps no code but its HMAC, uses a code once, and answers when the store has it. It knows no API key, no log, no metric, no policy, no
 * resend, no number as people type it, no numbering plan, no problem document.
 */

const maxBodyBytes = 16_384;

const key = createSecretKey(randomBytes(32));
const digestOf = (to: string, code: string): Buffer => createHmac('sha256', key).update(`${to}:${code}`).digest();

const { PHONEPROOF_STORE = 'memory:' } = process.env;
const engine = await openEngine(PHONEPROOF_STORE);

/** Keeps numbers where the service would, by the same address. */
async function openEngine(address: string): Promise<Engine> {
  if (address.startsWith('sqlite:')) return sqliteEngine(address.slice('sqlite:'.length));
  if (address.startsWith('redis')) return redisEngine(address);
  if (address.startsWith('postgres:')) return postgresEngine(address);
  return memoryEngine();
}

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
      server.close(() => void engine.close());
      server.closeAllConnections();
    },
  });
});
