import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp, newFolder, run, startService, type RunningService } from './phoneproof-process.ts';
import { call, startAndRead, wrong } from './service-client.ts';

afterEach(cleanUp);

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const otherKey = 'Zt5Rw1Yq8Uo3Ip6Lk9Jh2Gf4Ds7Ax0Mn';

/** `serve` in its own folder, with the inbox in place of a carrier. */
async function startServe(env: Record<string, string> = {}, cwd = newFolder()): Promise<RunningService> {
  return startService(['serve'], {
    cwd,
    env: {
      PHONEPROOF_SECRET: secret,
      PHONEPROOF_API_KEYS: `${key},other:${otherKey}`,
      PHONEPROOF_STORE: 'sqlite:verifications.db',
      PHONEPROOF_COUNTRIES: 'US',
      PHONEPROOF_PROVIDER: 'inbox',
      PHONEPROOF_ALLOW_UNSAFE: 'provider',
      ...env,
    },
  });
}

describe('dev', () => {
  test('a number typed as people do gets a code in the inbox, and the code counts once', async () => {
    const { url } = await startService(['dev'], { cwd: newFolder() });
    const started = await call(url, '/v1/verifications', { body: { to: '(202) 555-0143', country: 'US' } });
    expect(started).toMatchObject({
      status: 201,
      body: { to: '+12025550143', status: 'pending', sends_left: 2, checks_left: 5 },
    });
    const { body: message } = await call(url, '/inbox/api/wait?to=%2B12025550143');
    const { id } = started.body;
    const { code } = message;
    expect(code).toMatch(/^\d{6}$/);

    const checked = await call(url, '/v1/verifications/check', { body: { to: '2025550143', country: 'US', code } });
    expect(checked).toMatchObject({ status: 200, body: { id, status: 'approved', to: '+12025550143' } });

    const byNumber = await call(url, '/v1/verifications/check', { body: { to: '+12025550143', code } });
    expect(byNumber).toMatchObject({ status: 404, body: { code: 'verification_not_found' } });
    const byId = await call(url, '/v1/verifications/check', { body: { id, code } });
    expect(byId).toMatchObject({ status: 410, body: { code: 'verification_used' } });
    expect(await call(url, '/v1/numbers/lookup', { body: { to: '+12025550143' } })).toMatchObject({
      body: { verified: true },
    });
  });

  test('the fourth text in ten minutes is refused, and Retry-After says when the first is ten minutes old', async () => {
    const { url } = await startService(['dev'], { cwd: newFolder() });
    const send = () => call(url, '/v1/verifications', { body: { to: '+12025550143' } });
    const first = await send();
    expect([first.status, (await send()).status, (await send()).status]).toEqual([201, 200, 200]);
    const fourth = await send();
    const elapsedMs = Date.parse(fourth.headers.get('date') ?? '') - Date.parse(String(first.body['created_at']));
    expect(fourth).toMatchObject({ status: 429, body: { code: 'rate_limited', limit: 'sends' } });
    const retryAfter = Number(fourth.headers.get('retry-after'));
    // The Date header is whole seconds.
    expect(Math.abs(retryAfter - (600 - elapsedMs / 1_000))).toBeLessThanOrEqual(2);
    expect(await call(url, '/v1/verifications', { body: { to: '+12025550144' } })).toMatchObject({ status: 201 });
    const { body } = await call(url, '/inbox/api/messages?to=%2B12025550143');
    expect(body['data']).toHaveLength(3);
  });

  test('a fifth wrong code ends the verification, and then the right one is refused too', async () => {
    const { url } = await startService(['dev'], { cwd: newFolder() });
    const { id, code } = await startAndRead(url, '+12025550143');
    for (const checksLeft of [4, 3, 2, 1, 0]) {
      const answer = await call(url, '/v1/verifications/check', { body: { id, code: wrong(code) } });
      expect(answer).toMatchObject({ status: 422, body: { code: 'incorrect_code', checks_left: checksLeft } });
    }
    const byId = await call(url, '/v1/verifications/check', { body: { id, code } });
    expect(byId).toMatchObject({ status: 429, body: { code: 'too_many_checks', scope: 'verification' } });
    const byNumber = await call(url, '/v1/verifications/check', { body: { to: '+12025550143', code } });
    expect(byNumber).toMatchObject({ status: 404, body: { code: 'verification_not_found' } });
  });

  test('neither an orderly restart nor a killed process loses anything', async () => {
    const cwd = newFolder();
    const first = await startService(['dev'], { cwd });
    const { id, code } = await startAndRead(first.url, '+12025550143');
    await call(first.url, '/v1/verifications/check', { body: { id, code: wrong(code) } });
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = await startService(['dev'], { cwd });
    const guess = await call(second.url, '/v1/verifications/check', { body: { id, code: wrong(code, 2) } });
    expect(guess).toMatchObject({ status: 422, body: { checks_left: 3 } });
    second.signal('SIGKILL');
    await second.ended;

    const third = await startService(['dev'], { cwd });
    const repeated = await call(third.url, '/v1/verifications', { body: { to: '+12025550143' } });
    expect(repeated).toMatchObject({ status: 200, body: { id, sends_left: 1, checks_left: 3 } });
    const right = await call(third.url, '/v1/verifications/check', { body: { id, code } });
    expect(right).toMatchObject({ status: 200, body: { status: 'approved' } });
  });

  test('says at its start where everything is, and keeps its state to itself', async () => {
    const cwd = newFolder();
    const { url, output } = await startService(['dev'], { cwd });
    for (const address of [`${url}/`, `${url}/inbox`, `${url}/docs`, `curl ${url}/v1/verifications`]) {
      expect(output().stdout).toContain(address);
    }
    expect(output().stderr).toBe('');
    for (const path of ['/docs', '/openapi.json', '/metrics', '/livez', '/readyz', '/inbox/api/messages']) {
      expect(await call(url, path), path).toMatchObject({ status: 200 });
    }
    for (const path of ['/', '/metrics']) {
      const id = '6f6cf8a4-52f1-4d8e-8f3c-0d4a2d5e9b11';
      const { headers } = await call(url, path, { headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-request-id'), path).not.toBe(id);
    }
    expect(readFileSync(join(cwd, '.phoneproof/.gitignore'), 'utf8')).toBe('*\n');
    for (const name of readdirSync(join(cwd, '.phoneproof')).filter((name) => name !== '.gitignore')) {
      expect(statSync(join(cwd, '.phoneproof', name)).mode & 0o077, name).toBe(0);
    }
  });

  test('no website can post to it or read it', async () => {
    const { url } = await startService(['dev'], { cwd: newFolder() });
    const body = { to: '+12025550143' };
    const from = (headers: Record<string, string>, path = '/v1/verifications') => call(url, path, { body, headers });
    expect(await from({ origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    expect(await from({ origin: 'null' })).toMatchObject({ status: 403 });
    expect(await from({ 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(await from({ 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await from({ origin: url, 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 201 });
    for (const path of ['/', '/inbox/api/messages', '/v1/numbers/+12025550143', '/docs']) {
      expect(await call(url, path, { headers: { 'x-forwarded-for': '203.0.113.9' } }), path).toMatchObject({
        status: 403,
      });
    }
    for (const path of ['/inbox/api/messages', '/v1/numbers/+12025550143', '/', '/metrics', '/docs']) {
      const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  test('a port that is taken is said plainly', async () => {
    const { url } = await startService(['dev'], { cwd: newFolder() });
    const { port } = new URL(url);
    const { exitCode, stderr } = await run(['dev', '--port', port], { cwd: newFolder() });
    expect(exitCode).toBe(78);
    expect(stderr).toContain(`--port ${Number(port) + 1}`);
    expect(stderr).not.toContain('    at ');
  });
});

describe('serve', () => {
  test('an address can ask for so many texts, and what a caller writes into X-Forwarded-For changes nothing', async () => {
    const limit = { PHONEPROOF_POLICY_MAX_SENDS_PER_ADDRESS: '2' };
    const send = (service: RunningService, n: number, headers: Record<string, string>, ip?: string) =>
      call(service.url, '/v1/verifications', { body: { to: `+1202555014${n}`, ...(ip && { ip }) }, key, headers });

    const proxied = await startServe({ ...limit, PHONEPROOF_TRUSTED_PROXIES: '1' });
    for (const n of [1, 2, 3]) {
      const answer = await send(proxied, n, { 'x-forwarded-for': `198.51.100.${n}, 203.0.113.9` });
      expect(answer.status, `the person's own address, text ${n}`).toBe(n < 3 ? 201 : 429);
      if (n === 3) expect(answer.body).toMatchObject({ code: 'rate_limited', limit: 'address' });
    }
    expect(await send(proxied, 4, { 'x-forwarded-for': '203.0.113.10' })).toMatchObject({ status: 201 });

    const direct = await startServe({ ...limit });
    for (const n of [1, 2, 3, 4]) {
      expect(await send(direct, n, { 'x-forwarded-for': '203.0.113.9' }), 'a backend calls').toMatchObject({
        status: 201,
      });
    }
    for (const n of [5, 6, 7]) {
      const answer = await send(direct, n, { 'x-forwarded-for': `198.51.100.${n}` }, '::ffff:203.0.113.9');
      expect(answer.status, `the address that a backend names, text ${n}`).toBe(n < 7 ? 201 : 429);
    }
  });

  test('asks for a key and keeps tenants apart', async () => {
    const { url } = await startServe();
    const body = { to: '+12025550143' };
    expect(await call(url, '/v1/verifications', { body })).toMatchObject({
      status: 401,
      body: { code: 'unauthorized' },
    });
    expect(await call(url, '/v1/verifications', { body, key: `${key}x` })).toMatchObject({ status: 401 });
    const { id, code } = await startAndRead(url, '+12025550143', key);
    expect(await call(url, `/v1/verifications/${id}`, { key: otherKey })).toMatchObject({ status: 404 });
    expect(await call(url, '/v1/verifications/check', { body: { id, code }, key })).toMatchObject({ status: 200 });
  });

  test('sends to no country that is not on its list', async () => {
    const { url } = await startServe();
    const answer = await call(url, '/v1/verifications', { body: { to: '+4915123456789' }, key });
    expect(answer).toMatchObject({ status: 403, body: { code: 'destination_not_allowed' } });
  });

  test('metrics are on a port of their own, and hold no number', async () => {
    const service = await startServe({ PHONEPROOF_METRICS_PORT: '0' });
    const { id, code } = await startAndRead(service.url, '+12025550143', key);
    await call(service.url, '/v1/verifications/check', { body: { id, code }, key });
    await call(service.url, '/v1/numbers/+12025550143', { key });
    expect(await call(service.url, '/metrics', { key })).toMatchObject({ status: 404 });
    const metrics = /"metrics":"([^"]+)"/.exec(service.output().stdout)?.[1] ?? '';
    const { body, headers } = await call(metrics, '');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await call(metrics, '/nowhere')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const text = String(body['text']);
    expect(text).toContain('phoneproof_deliveries_total{provider="inbox",status="accepted",error_kind=""} 1');
    expect(text).toContain('phoneproof_checks_total{outcome="approved"} 1');
    expect(text).toContain('route="/v1/numbers/{to}",status="200"');
    expect(text).not.toMatch(/5550143/);
  });

  test('names everything that is wrong at once, and no secret', async () => {
    const env = {
      PHONEPROOF_SECRET: 'c2hvcnQtc2VjcmV0LXZhbHVl',
      PHONEPROOF_API_KEYS: 'hunter2',
      PHONEPROOF_STORE: 'memory:',
      PHONEPROOF_PROVIDER: 'console',
      PHONEPROOF_POLICY_MAX_CHECKS: '0',
      PHONEPROOF_METRICS_PORT: '8080',
      PHONEPROOF_BRAN: 'Acme',
    };
    const { exitCode, stdout, stderr } = await run(['serve'], { cwd: newFolder(), env });
    expect(exitCode).toBe(78);
    const expected = ['SECRET', 'API_KEYS', 'STORE', 'PROVIDER', 'POLICY_MAX_CHECKS', 'METRICS_PORT', 'COUNTRIES'];
    for (const name of expected) expect(stderr).toMatch(new RegExp(`^ +- PHONEPROOF_${name} `, 'm'));
    expect(stderr.match(/^ +- /gm)).toHaveLength(expected.length);
    expect(stdout + stderr).not.toMatch(/hunter2|c2hvcnQ/);
  });

  test('does not start on a store of another subject secret, unless told to', async () => {
    const cwd = newFolder();
    const first = await startServe({}, cwd);
    await startAndRead(first.url, '+12025550143', key);
    first.signal('SIGTERM');
    await first.ended;
    const another = { PHONEPROOF_SECRET: '6f1d9be2a7c4038855e0b1297f3ac6d4e81b72905fcd3a46918e07b2d5fa3c60' };
    await expect(startServe(another, cwd)).rejects.toThrow('ended with 78');
    const accepted = await startServe({ ...another, PHONEPROOF_ACCEPT_SUBJECT_KEY: 'true' }, cwd);
    expect(await call(accepted.url, '/readyz')).toMatchObject({ status: 200 });
  });

  test('a store that cannot be opened ends it with a reason', async () => {
    await expect(startServe({ PHONEPROOF_STORE: 'sqlite:nowhere/verifications.db' })).rejects.toThrow('ended with 3');
  });
});

describe('the end', () => {
  test('SIGTERM: a request in flight is answered, no new one is taken, and the exit code is 0', async () => {
    const service = await startServe();
    const body = JSON.stringify({ to: '+12025550143' });
    const socket = await openSocket(service.url);
    socket.write(
      `POST /v1/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await until(async () => (await call(service.url, '/livez')).status === 200);
    service.signal('SIGTERM');
    await until(async () =>
      call(service.url, '/livez').then(
        () => false,
        () => true,
      ),
    );
    socket.write(body.slice(5));
    const answer = await received(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toMatch(/connection: close/i);
    expect(await service.ended).toBe(0);
    expect(service.output().stdout).toContain('"msg":"stopped"');
    expect(service.output().stderr).toBe('');
  });

  test('before it stops taking requests it says so at /readyz', async () => {
    const service = await startServe({ PHONEPROOF_DRAIN_SECONDS: '2' });
    expect(await call(service.url, '/readyz')).toMatchObject({ status: 200 });
    service.signal('SIGTERM');
    await until(async () => (await call(service.url, '/readyz')).status === 503);
    expect(await call(service.url, '/v1/verifications', { body: { to: '+12025550143' }, key })).toMatchObject({
      status: 201,
    });
    expect(await service.ended).toBe(0);
  });

  test('event streams and waits do not hold it up', async () => {
    const service = await startServe();
    const events = await fetch(`${service.url}/inbox/api/events`);
    const wait = call(service.url, '/inbox/api/wait?timeout=60');
    await until(async () => (await call(service.url, '/livez')).status === 200);
    const atMs = performance.now();
    service.signal('SIGTERM');
    await events.text();
    expect(await wait).toMatchObject({ status: 503 });
    expect(await service.ended).toBe(0);
    // Requests in flight would have 10 s.
    expect(performance.now() - atMs).toBeLessThan(5_000);
  });

  test('connections on which nobody asks anything do not hold it up', async () => {
    const service = await startServe();
    const silent = await openSocket(service.url);
    const idle = await openSocket(service.url);
    idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const atMs = performance.now();
    service.signal('SIGTERM');
    await Promise.all([received(silent), received(idle)]);
    expect(await service.ended).toBe(0);
    expect(performance.now() - atMs).toBeLessThan(5_000);
  });

  test('a request that never ends is cut off in time', { timeout: 30_000 }, async () => {
    const service = await startService(['dev'], { cwd: newFolder() });
    const socket = await openSocket(service.url);
    socket.write(
      'POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await until(async () => (await call(service.url, '/livez')).status === 200);
    service.signal('SIGINT');
    expect(await service.ended).toBe(0);
  });

  test(
    'a request has the time of a text after the drain, and the process waits that long',
    { timeout: 40_000 },
    async () => {
      const service = await startServe({ PHONEPROOF_DRAIN_SECONDS: '12', PHONEPROOF_POLICY_SEND_TIMEOUT_SECONDS: '1' });
      const body = JSON.stringify({ to: '+12025550143' });
      service.signal('SIGTERM');
      await delay(10_000);
      const socket = await openSocket(service.url);
      socket.write(
        `POST /v1/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      // 4 of the 6 s that requests have after the drain: the text's one, and five for all else.
      await delay(6_000);
      socket.write(body);
      expect(await received(socket)).toMatch(/^HTTP\/1\.1 201 /);
      expect(await service.ended).toBe(0);
    },
  );

  test('a second signal ends it at once', async () => {
    const service = await startServe({ PHONEPROOF_DRAIN_SECONDS: '60' });
    service.signal('SIGTERM');
    await until(async () => (await call(service.url, '/readyz')).status === 503);
    service.signal('SIGTERM');
    expect(await service.ended).toBe(1);
  });
});

describe('strangers', () => {
  test('slow, large and broken requests are bounded while good ones are answered', { timeout: 60_000 }, async () => {
    const service = await startServe();
    const { url } = service;
    const startedAtMs = performance.now();
    const headersForever = Array.from({ length: 100 }, () => drip(url, 'GET /livez HTTP/1.1\r\nHost: x\r\n', 'a'));
    const bodyForever = drip(
      url,
      `POST /v1/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n`,
      ' ',
    );

    const latencies: number[] = [];
    for (let i = 0; i < 20; i++) {
      const atMs = performance.now();
      expect(await call(url, '/v1/verifications', { body: { to: `+1202555${1000 + i}` }, key })).toMatchObject({
        status: 201,
      });
      latencies.push(performance.now() - atMs);
    }
    expect(latencies.toSorted((a, b) => a - b)[18]).toBeLessThan(2_000);

    const bearer = `Host: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
    const answers = [
      // Headers of more than 8 KiB.
      await raw(url, `GET /livez HTTP/1.1\r\nHost: x\r\nX-Fill: ${'a'.repeat(8_300)}\r\n\r\n`),
      // A body that says it is too large, and one that does not say how large it is.
      await raw(url, `POST /v1/verifications HTTP/1.1\r\n${bearer}Content-Length: 1000000000\r\n\r\n`),
      await raw(
        url,
        `POST /v1/verifications HTTP/1.1\r\n${bearer}Transfer-Encoding: chunked\r\n\r\n8000\r\n${' '.repeat(0x8000)}\r\n`,
      ),
      // What is no HTTP, or two lengths at once (request smuggling, RFC 9112 section 6.3).
      await raw(url, 'HELO there\r\n\r\n'),
      await raw(
        url,
        `POST /v1/verifications HTTP/1.1\r\n${bearer}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ),
      await raw(url, 'GET /livez HTTP/1.1\r\n\r\n'),
      await raw(url, 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n'),
    ];
    // What became a request at all is answered by us, and every answer of ours has an id.
    for (const answer of answers.filter((text) => text.includes('problem+json')))
      expect(answer).toMatch(/^x-request-id: /im);
    expect(answers.at(-1)).toContain('problem+json');
    const statuses = answers.map((answer) => answer.slice(9, 12));
    expect(statuses).toEqual(['431', '413', '413', '400', '400', '400', '400']);

    const cutOff = await Promise.all(headersForever);
    expect(new Set(cutOff.map((answer) => answer.slice(9, 12)))).toEqual(new Set(['408']));
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
    await bodyForever;
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    expect(await call(url, '/readyz')).toMatchObject({ status: 200 });
    expect(service.output().stderr).toBe('');
  });
});

describe.each(['json', 'pretty'])('what is left behind (log lines: %s)', (logFormat) => {
  test('no code and no number is in the database, its log files or anything printed', async () => {
    const cwd = newFolder();
    const service = await startServe(
      {
        PHONEPROOF_LOG_FORMAT: logFormat,
        PHONEPROOF_LOG_LEVEL: 'debug',
        // So long that no time in milliseconds holds one by chance.
        PHONEPROOF_POLICY_CODE_LENGTH: '10',
        PHONEPROOF_COUNTRIES: '*',
      },
      cwd,
    );
    const { url } = service;
    const numbers = ['+12025550143', '+12025550144', '+442079460018', '+12025550145'];
    const codes: string[] = [];
    const [approved = '', guessedAt = '', , pending = ''] = numbers;

    const first = await startAndRead(url, approved, key);
    await call(url, '/v1/verifications/check', { body: { to: approved, code: first.code }, key });
    const second = await startAndRead(url, guessedAt, key);
    for (let i = 1; i <= 6; i++) {
      codes.push(wrong(second.code, i));
      await call(url, '/v1/verifications/check', { body: { id: second.id, code: wrong(second.code, i) }, key });
    }
    const third = await startAndRead(url, pending, key);
    for (let i = 0; i < 3; i++) await call(url, '/v1/verifications', { body: { to: pending }, key });
    codes.push(first.code, second.code, third.code);

    // Places where what came in could come out again.
    for (const number of numbers) {
      await call(url, `/v1/numbers/${number}`, { key });
      await call(url, `/v1/nowhere/${number}?to=${number}&code=${third.code}`, { key });
      await call(url, '/v1/verifications', { body: `{"to":"${number}","code":"${third.code}",}`, key });
      await call(url, '/v1/verifications', { body: { to: number, [third.code]: number }, key });
      await call(url, '/v1/verifications/check', { body: { to: number, code: [third.code] }, key });
      await raw(url, `GET /${number}/${third.code} HTTP/1.1\r\nBroken ${third.code}\r\n\r\n`);
    }

    const live = readAll(cwd);
    service.signal('SIGTERM');
    await service.ended;
    const { stdout, stderr } = service.output();
    const places = {
      ...live,
      ...prefixed('after the end: ', readAll(cwd)),
      stdout: Buffer.from(stdout),
      stderr: Buffer.from(stderr),
    };
    expect(Object.keys(places)).toContain('verifications.db-wal');
    const secrets = [
      ...codes.flatMap(spellings),
      ...numbers.flatMap((number) => spellings(number.slice(1))),
      // More than a mask shows.
      '5550143',
      '5550145',
      secret,
      key,
    ];
    const found = Object.entries(places).flatMap(([place, bytes]) =>
      secrets.filter((canary) => bytes.includes(canary)).map((canary) => `${place}: ${canary}`),
    );
    expect(found).toEqual([]);
    // The search looks where something happened.
    expect(places.stdout.includes('/v1/numbers/{to}')).toBe(true);
    expect(new Set(codes.map((code) => code.length))).toEqual(new Set([10]));
  });
});

/** A text as it is, and as hexadecimal digits and base64 of its bytes. */
function spellings(text: string): string[] {
  const bytes = Buffer.from(text);
  return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '').slice(0, -1)];
}

function readAll(folder: string): Record<string, Buffer> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

function prefixed(prefix: string, places: Record<string, Buffer>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(places).map(([name, bytes]) => [`${prefix}${name}`, bytes]));
}

async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** All that comes back until the other side ends it. */
async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => (text += data));
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** Sends bytes as they are and reads the answer; hangs up once one has come, so that no keep-alive is waited for. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = await openSocket(url);
  const answer = received(socket);
  socket.once('data', () => setTimeout(() => socket.destroy(), 50));
  socket.write(bytes);
  return answer;
}

/** Sends a beginning and then a byte every 100 ms until the other side has had enough. */
async function drip(url: string, beginning: string, byte: string): Promise<string> {
  const socket = await openSocket(url);
  const answer = received(socket);
  socket.write(beginning);
  const timer = setInterval(() => socket.write(byte), 100);
  const text = await answer;
  clearInterval(timer);
  return text;
}

/** Asks again every 20 ms, for at most 5 s. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('it did not come to that within 5 s');
    await delay(20);
  }
}
