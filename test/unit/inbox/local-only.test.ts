import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { localOnly } from '../../../src/inbox/local-only.ts';

const app = new Hono();
app.use(localOnly({ allowedHosts: ['Inbox.test'] }));
app.all('/', (c) => c.text('here'));

async function answerTo(headers: Record<string, string>, method = 'GET'): Promise<number | string> {
  const response = await app.request('/', { method, headers: { host: 'localhost:8080', ...headers } });
  if (response.ok) return response.status;
  const { status, code } = (await response.json()) as { status: number; code: string };
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return code;
}

describe('by the Host', () => {
  test.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:8080',
    'app.localhost:3000',
    '127.0.0.1:8080',
    '127.8.9.10',
    '127.1',
    '[::1]:8080',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]:8080',
    'inbox.test:8080',
    'INBOX.TEST',
  ])('%s is this machine', async (host) => {
    expect(await answerTo({ host })).toBe(200);
  });

  test.each([
    'example.com',
    'example.com:8080',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.nip.io',
    '128.0.0.1',
    '192.168.1.2:8080',
    '0.0.0.0:8080',
    '[::]:8080',
    '[::2]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
    'sub.inbox.test',
    'localhost@example.com',
    'example.com/localhost',
    'example.com#localhost',
    'example.com@localhost',
    'localhost/example.com',
    'localhost#example.com',
    'localhost, example.com',
    '',
    '[',
    'localhost:x',
  ])('%j is not', async (host) => {
    expect(await answerTo({ host })).toBe('host_not_allowed');
  });

  test('the address of the request counts where there is no such header', async () => {
    expect((await app.request('http://127.0.0.1:8080/')).status).toBe(200);
    expect((await app.request('http://example.com/')).status).toBe(403);
  });
});

describe('by what proxies add', () => {
  test.each(['Forwarded', 'Via', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'])(
    '%s is refused, whatever the Host',
    async (name) => {
      for (const host of ['localhost:8080', '127.0.0.1', 'inbox.test']) {
        expect(await answerTo({ host, [name]: 'x' })).toBe('proxy_not_allowed');
        expect(await answerTo({ host, [name]: '' })).toBe('proxy_not_allowed');
      }
    },
  );
});

describe('by the Origin', () => {
  test.each([
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['localhost:80', 'http://localhost'],
    ['localhost', 'https://localhost'],
    ['localhost:443', 'https://localhost'],
  ])('a page of %s is heard as %s', async (host, origin) => {
    expect(await answerTo({ host, origin, 'content-type': 'application/json' }, 'POST')).toBe(200);
  });

  test.each([
    'https://example.com',
    'http://example.com:8080',
    'http://localhost:3000',
    'http://localhost',
    'http://127.0.0.1:8080',
    'http://localhost:8080.example.com',
    'http://example.com/localhost:8080',
    'null',
    '',
    'file://',
    'chrome-extension://localhost:8080',
  ])('a page of %j is not, whatever it asks', async (origin) => {
    expect(await answerTo({ origin })).toBe('origin_not_allowed');
    expect(await answerTo({ origin, 'content-type': 'application/json' }, 'POST')).toBe('origin_not_allowed');
    expect(await answerTo({ origin }, 'OPTIONS')).toBe('origin_not_allowed');
  });
});

describe('by what the browser says of the request', () => {
  test.each(['same-origin', 'none'])('%s is let through', async (site) => {
    expect(await answerTo({ 'sec-fetch-site': site })).toBe(200);
  });

  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  test.each(['cross-site', 'same-site'])('%s is let through for a link alone', async (site) => {
    const headers = { 'sec-fetch-site': site };
    expect(await answerTo({ ...headers, ...link })).toBe(200);
    expect(await answerTo(headers)).toBe('origin_not_allowed');
    expect(await answerTo({ ...headers, ...link }, 'POST')).toBe('origin_not_allowed');
    expect(await answerTo({ ...headers, ...link, 'sec-fetch-dest': 'iframe' })).toBe('origin_not_allowed');
    expect(await answerTo({ ...headers, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' })).toBe(
      'origin_not_allowed',
    );
  });
});

describe('by what is sent', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/problem+json'])(
    '%s is let through',
    async (type) => {
      expect(await answerTo({ 'content-type': type }, 'POST')).toBe(200);
    },
  );

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    'application/jsonp',
    '',
  ])('%j is not', async (type) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(await answerTo({ 'content-type': type }, method)).toBe('unsupported_media_type');
    }
  });

  test('a body without a type is not, no body at all is', async () => {
    expect(await answerTo({}, 'POST')).toBe(200);
    expect(await answerTo({}, 'DELETE')).toBe(200);
    expect(await answerTo({ 'content-length': '0' }, 'POST')).toBe(200);
    expect(await answerTo({ 'content-length': '2' }, 'POST')).toBe('unsupported_media_type');
    expect(await answerTo({ 'transfer-encoding': 'chunked' }, 'POST')).toBe('unsupported_media_type');
  });
});

test('where any host is allowed, proxies are too, and other origins still are not', async () => {
  const open = new Hono().use(localOnly({ allowedHosts: ['*'] })).all('/', (c) => c.text('here'));
  const status = async (headers: Record<string, string>) => (await open.request('/', { headers })).status;
  expect(await status({ host: 'inbox.example.com', 'x-forwarded-for': '203.0.113.9' })).toBe(200);
  expect(await status({ host: 'inbox.example.com', origin: 'https://inbox.example.com' })).toBe(200);
  expect(await status({ host: 'inbox.example.com', origin: 'https://example.com' })).toBe(403);
  expect(await status({ host: 'inbox.example.com', 'sec-fetch-site': 'cross-site' })).toBe(403);
});

test('what is refused never reaches what is guarded', async () => {
  let reached = false;
  const guarded = new Hono().use(localOnly()).post('/', (c) => {
    reached = true;
    return c.text('done');
  });
  const response = await guarded.request('/', { method: 'POST', headers: { origin: 'https://example.com' } });
  expect(response.status).toBe(403);
  expect(reached).toBe(false);
});
