import type { IncomingMessage } from 'node:http';
import { Hono } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { passwordOnly, thisMachineOnly } from '../../../src/inbox/access.ts';
import { virtualClock } from '../../../src/testing/clock.ts';

const password = 'correct-horse';
const clock = virtualClock();
let app: Hono;

beforeEach(() => {
  app = new Hono();
  app.use(passwordOnly({ password, clock: clock.now }));
  app.all('*', (c) => c.text('here'));
});

function call(
  path: string,
  headers: Record<string, string> = {},
  { method = 'GET', address = '192.0.2.1' }: { method?: string; address?: string } = {},
): Promise<Response> {
  const incoming = { socket: { remoteAddress: address } } as IncomingMessage;
  const init = { method, headers: { host: '192.168.1.5:8025', ...headers } };
  return Promise.resolve(app.request(`http://192.168.1.5:8025${path}`, init, { incoming }));
}

const basic = (user: string, given: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${given}`).toString('base64')}`,
});
const bearer = (given: string) => ({ authorization: `Bearer ${given}` });

async function login(): Promise<string> {
  const response = await call(`/inbox?key=${password}`);
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

describe('the password', () => {
  test.each([
    ['as a bearer token', bearer(password)],
    ['as a bearer token in small letters', { authorization: `bearer ${password}` }],
    ['by Basic, of nobody', basic('', password)],
    ['by Basic, of anybody', basic('me', password)],
  ])('opens everything %s', async (_, headers) => {
    for (const path of ['/inbox', '/inbox/api/messages', '/inbox/api/events']) {
      expect(await (await call(path, headers)).text()).toBe('here');
    }
    const post = { method: 'POST' };
    expect((await call('/inbox/api/messages', { ...headers, 'content-type': 'application/json' }, post)).status).toBe(
      200,
    );
  });

  test('may hold a colon', async () => {
    app = new Hono().use(passwordOnly({ password: 'a:b:c:d:e' })).get('*', (c) => c.text('here'));
    expect((await call('/inbox', basic('me', 'a:b:c:d:e'))).status).toBe(200);
  });

  test.each([
    ['nothing', {}],
    ['another', bearer('correct-horsf')],
    ['its beginning', bearer('correct-hors')],
    ['more than it', bearer(`${password}x`)],
    ['it as a user name', basic(password, '')],
    ['no text of Base64', { authorization: 'Basic %%%' }],
    ['it by another scheme', { authorization: `Digest ${password}` }],
    ['it as a cookie', { cookie: `phoneproof_inbox=${password}` }],
    ['an empty cookie', { cookie: 'phoneproof_inbox=' }],
  ])('is asked for where %s is given', async (_, headers) => {
    const response = await call('/inbox/api/messages', headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="phoneproof inbox", charset="UTF-8"');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  test('is asked for by a window of the browser only where someone opens the page', async () => {
    const asked = async (mode: string) =>
      (await call('/inbox', { 'sec-fetch-mode': mode })).headers.get('www-authenticate')?.split(' ')[0];
    expect([await asked('navigate'), await asked('cors'), await asked('same-origin')]).toEqual([
      'Basic',
      'Bearer',
      'Bearer',
    ]);
  });
});

describe('a key in the address', () => {
  test('opens the page: becomes a cookie that no script and no other site has, and is gone from the address', async () => {
    const response = await call(`/inbox?key=${password}&theme=dark`);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/inbox?theme=dark');
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).toMatch(/; Path=\/inbox(?:;|$)/);
    expect(cookie).not.toContain(password);
    const given = { cookie: cookie.split(';')[0]! };
    expect(await (await call('/inbox', given)).text()).toBe('here');
    expect(await (await call('/inbox/api/messages', given)).text()).toBe('here');
  });

  test('is taken out also for someone who followed a link, whose browser keeps the cookie back after a redirect', async () => {
    const response = await call(`/inbox?key=${password}&a=1&b=%22`, {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toContain('phoneproof_inbox=');
    expect(await response.text()).toContain('content="0;url=/inbox?a=1&amp;b=%22"');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('that is wrong opens nothing and leaves no cookie', async () => {
    const response = await call('/inbox?key=wrong-horse');
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
  });

  test('belongs to the page alone', async () => {
    expect((await call(`/inbox/api/messages?key=${password}`)).status).toBe(401);
    expect((await call(`/inbox?key=${password}`, {}, { method: 'DELETE' })).status).toBe(401);
    expect((await call(`//example.com/inbox?key=${password}`)).status).toBe(401);
  });

  test('makes a cookie that is good for this password alone, and good after a restart', async () => {
    const cookie = await login();
    app = new Hono().use(passwordOnly({ password })).get('*', (c) => c.text('here'));
    expect((await call('/inbox', { cookie })).status).toBe(200);
    app = new Hono().use(passwordOnly({ password: 'another-horse' })).get('*', (c) => c.text('here'));
    const response = await call('/inbox', { cookie });
    expect(response.status).toBe(401);
    // So that a page which goes on asking does not count as one who guesses.
    expect(response.headers.get('set-cookie')).toMatch(/^phoneproof_inbox=; Max-Age=0;/);
  });
});

describe('pages of other origins', () => {
  test('are refused, even with the password or the cookie', async () => {
    for (const given of [bearer(password), { cookie: await login() }]) {
      const signs: Record<string, string>[] = [
        { origin: 'https://example.com' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ];
      for (const sign of signs) {
        const response = await call('/inbox/api/messages', { ...given, ...sign });
        expect([response.status, await response.json()]).toEqual([
          403,
          expect.objectContaining({ code: 'origin_not_allowed' }),
        ]);
      }
      const form = { ...given, 'content-type': 'text/plain' };
      expect((await call('/inbox/api/messages', form, { method: 'POST' })).status).toBe(415);
    }
    const own = { ...bearer(password), origin: 'http://192.168.1.5:8025' };
    expect((await call('/inbox/api/messages', own)).status).toBe(200);
  });

  test('that had their name lead here bring no password, and are answered nothing', async () => {
    expect((await call('/inbox/api/messages', { host: 'rebound.example.com' })).status).toBe(401);
  });

  test('are told apart behind a proxy too', async () => {
    const proxied = { ...bearer(password), host: 'inbox.example.com', 'x-forwarded-for': '203.0.113.9' };
    expect((await call('/inbox', { ...proxied, origin: 'https://inbox.example.com' })).status).toBe(200);
  });
});

describe('who guesses', () => {
  const guess = async (address: string, headers: Record<string, string> = bearer('wrong')) =>
    (await call('/inbox', headers, { address })).status;

  test('is refused after ten wrong ones in a minute, then also with the right one, and may try again after it', async () => {
    const address = '192.0.2.10';
    for (let i = 0; i < 10; i += 1) expect(await guess(address)).toBe(401);
    clock.advance(20_000);
    for (const given of [bearer('wrong'), bearer(password), { cookie: await login() }]) {
      const response = await call('/inbox', given, { address });
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('40');
      expect(await response.json()).toMatchObject({ code: 'rate_limited' });
    }
    clock.advance(40_000);
    expect(await guess(address, bearer(password))).toBe(200);
    for (let i = 0; i < 10; i += 1) expect(await guess(address)).toBe(401);
    expect(await guess(address)).toBe(429);
  });

  test('does not keep others out', async () => {
    for (let i = 0; i < 12; i += 1) await guess('192.0.2.20');
    expect(await guess('192.0.2.21', bearer(password))).toBe(200);
  });

  test('is one, whatever address of an IPv6 network it takes, and however it tries', async () => {
    const tries = [bearer('wrong'), basic('me', 'wrong'), { cookie: 'phoneproof_inbox=wrong' }];
    for (let i = 0; i < 10; i += 1) await guess(`2001:db8:0:7::${i + 1}`, tries[i % 3]);
    expect(await guess('2001:db8:0:7:ffff::1', bearer(password))).toBe(429);
    expect(await guess('2001:db8:0:8::1', bearer(password))).toBe(200);
  });

  test('is nobody who brings nothing, or the right one, however often', async () => {
    const address = '192.0.2.30';
    for (let i = 0; i < 30; i += 1) {
      expect(await guess(address, {})).toBe(401);
      expect(await guess(address, bearer(password))).toBe(200);
    }
  });
});

test('only connections of this machine pass where it alone is let through, whatever their Host says', async () => {
  app = new Hono().use(thisMachineOnly('no')).all('*', (c) => c.text('here'));
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    expect((await call('/twilio', {}, { address })).status, address).toBe(200);
  }
  for (const address of ['192.168.1.9', '::ffff:192.168.1.9', 'fe80::1%eth0', '172.17.0.1']) {
    expect((await call('/twilio', { host: 'localhost' }, { address })).status, address).toBe(403);
  }
});
