import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import type { VerifierEvent } from '../../../src/events.ts';
import { isPublicAddress, isPublicHost, publicLookup } from '../../../src/server/public-address.ts';
import { createWebhooks, type WebhookOutcome, type WebhooksOptions } from '../../../src/server/webhooks.ts';

const secret = 'whsec_b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id: 'v1abc' } as const;
const approved: VerifierEvent = { type: 'verification.approved', ...about };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Posted {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver on loopback that answers as it is told to; what it was posted is kept. */
async function receiver(
  answer: (request: Posted, nth: number) => number | 'never' | 'hang up' | 'redirect' = () => 204,
) {
  const posted: Posted[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body };
      const status = answer(one, posted.push(one));
      if (status === 'never') return;
      if (status === 'hang up') return void response.destroy();
      if (status === 'redirect') return void response.writeHead(307, { location: '/elsewhere' }).end();
      response.writeHead(status).end('whatever');
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, posted };
}

/** Webhooks with hardly any time between tries. */
function webhooksTo(url: string, options: Partial<WebhooksOptions> = {}) {
  const outcomes: [WebhookOutcome, string][] = [];
  const webhooks = createWebhooks({
    url,
    secret,
    allowPrivate: true,
    firstDelayMs: 1,
    onOutcome: (outcome, why) => void outcomes.push([outcome, why]),
    ...options,
  });
  closers.push(() => webhooks.close({ graceMs: 0 }));
  return { webhooks, outcomes };
}

test('an event is posted once, signed, under an id of its own, in the words of the wire', async () => {
  const { url, posted } = await receiver();
  const { webhooks, outcomes } = webhooksTo(url);
  webhooks.event({
    type: 'delivery.settled',
    ...about,
    delivery: 1,
    country: 'US',
    provider: 'twilio',
    status: 'rejected',
    errorKind: 'funds',
    durationMs: 12.3456,
  });
  await expect.poll(() => outcomes).toEqual([['delivered', '204']]);
  const [{ headers, body, url: path } = posted[0]!] = posted;
  expect(path).toBe('/events');
  const told = new Webhook(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>;
  expect(told).toEqual({
    type: 'delivery.settled',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    data: {
      ...about,
      delivery: 1,
      country: 'US',
      provider: 'twilio',
      status: 'rejected',
      error_kind: 'funds',
      duration_ms: 12.3,
    },
  });
  expect(headers['webhook-id']).toMatch(/^evt_[0-9a-f-]{36}$/);
  expect(headers['content-type']).toBe('application/json');
});

test('what is not of the event map is not told, and neither are faults of the service', async () => {
  const { url, posted } = await receiver();
  const { webhooks, outcomes } = webhooksTo(url);
  webhooks.event({ type: 'settle.failed', ...about, delivery: 1, error: new Error('at 10.0.0.7') });
  webhooks.event({ type: 'complete.failed', tenant: 'default', error: new Error('no') });
  webhooks.event({ ...approved, code: '493817', text: '493817 is your code' } as VerifierEvent);
  await expect.poll(() => outcomes.length).toBe(1);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.body).not.toMatch(/493817|10\.0\.0\.7/);
});

describe('what is not taken', () => {
  test.each([[500], [503], [429], [404], [301], ['hang up'], ['redirect']] as const)(
    'with %s is tried again, with the same id and a signature of its own, until it is',
    async (answer) => {
      const { url, posted } = await receiver((_, nth) => (nth < 5 ? answer : 200));
      const { webhooks, outcomes } = webhooksTo(url);
      webhooks.event(approved);
      await expect.poll(() => outcomes).toEqual([['delivered', '200']]);
      expect(posted).toHaveLength(5);
      expect(new Set(posted.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(new Set(posted.map(({ url: path }) => path))).toEqual(new Set(['/events']));
      for (const { body, headers } of posted) new Webhook(secret).verify(body, headers as Record<string, string>);
    },
  );

  test('five times is given up', async () => {
    const { url, posted } = await receiver(() => 500);
    const { webhooks, outcomes } = webhooksTo(url);
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', '500']]);
    expect(posted).toHaveLength(5);
  });

  test('with 410 is given up at once', async () => {
    const { url, posted } = await receiver(() => 410);
    const { webhooks, outcomes } = webhooksTo(url);
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', '410']]);
    expect(posted).toHaveLength(1);
  });

  test('in time is tried again', async () => {
    const { url, posted } = await receiver((_, nth) => (nth === 1 ? 'never' : 204));
    const { webhooks, outcomes } = webhooksTo(url, { timeoutMs: 50 });
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['delivered', '204']]);
    expect(posted).toHaveLength(2);
  });

  test('because nobody listens says so', async () => {
    const { url } = await receiver();
    await closers.pop()?.();
    const { webhooks, outcomes } = webhooksTo(url);
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', 'ECONNREFUSED']]);
  });
});

test('no more than so many wait: the others are dropped, and there is room again later', async () => {
  const release: (() => void)[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => release.push(() => response.writeHead(204).end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { webhooks, outcomes } = webhooksTo(url, { most: 20 });
  for (let i = 0; i < 25; i++) webhooks.event(approved);
  expect(outcomes).toEqual(Array.from({ length: 5 }, () => ['dropped', '']));
  // Not all at once either.
  await expect.poll(() => release.length).toBe(8);
  while (outcomes.length < 25) {
    for (const go of release.splice(0)) go();
    await new Promise((resolve) => setImmediate(resolve));
  }
  webhooks.event(approved);
  await expect.poll(() => release.length).toBe(1);
  release.pop()?.();
  await expect.poll(() => outcomes.filter(([outcome]) => outcome === 'delivered').length).toBe(21);
});

describe('at the end', () => {
  test('what is on its way is waited for', async () => {
    const { url, posted } = await receiver((_, nth) => (nth === 1 ? 500 : 204));
    const { webhooks, outcomes } = webhooksTo(url, { firstDelayMs: 20 });
    webhooks.event(approved);
    await webhooks.close({ graceMs: 5_000 });
    expect(outcomes).toEqual([['delivered', '204']]);
    webhooks.event(approved);
    expect(posted).toHaveLength(2);
  });

  test('but not for ever, and what is cut off is said', async () => {
    const { url } = await receiver(() => 'never');
    const { webhooks, outcomes } = webhooksTo(url);
    for (let i = 0; i < 3; i++) webhooks.event(approved);
    const startedAtMs = performance.now();
    await webhooks.close({ graceMs: 50 });
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    expect(outcomes).toEqual(Array.from({ length: 3 }, () => ['cut_off', '']));
  });

  test('nothing to wait for takes no time', async () => {
    const { url } = await receiver();
    const startedAtMs = performance.now();
    await webhooksTo(url).webhooks.close({ graceMs: 30_000 });
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});

describe('addresses that are not public', () => {
  /** Looks up what the test says, and counts. */
  function resolving(...addresses: readonly string[]) {
    let times = 0;
    const resolve = ((_: string, __: object, callback: (error: null, found: object[]) => void) => {
      times += 1;
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as unknown as Parameters<typeof publicLookup>[0];
    return { lookup: publicLookup(resolve), times: () => times };
  }

  test('are refused where the name leads to them, and nothing reaches them', async () => {
    const { url, posted } = await receiver();
    const { port } = new URL(url);
    const { lookup, times } = resolving('127.0.0.1');
    const { webhooks, outcomes } = webhooksTo(`http://hooks.test:${port}/`, { allowPrivate: false, lookup });
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', 'EADDRNOTPUBLIC']]);
    expect(times()).toBe(5);
    expect(posted).toEqual([]);
  });

  test('are refused beside public ones', async () => {
    const { lookup } = resolving('93.184.216.34', '10.0.0.7');
    const { webhooks, outcomes } = webhooksTo('http://hooks.test:9/', { allowPrivate: false, lookup });
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', 'EADDRNOTPUBLIC']]);
  });

  test.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
  ])('are refused in the URL itself: %s', async (template) => {
    const { url, posted } = await receiver();
    const address = template.replace('PORT', new URL(url).port);
    const { webhooks, outcomes } = webhooksTo(address, { allowPrivate: false });
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['given_up', 'EADDRNOTPUBLIC']]);
    expect(posted).toEqual([]);
  });

  test('are taken where that is allowed, by name too', async () => {
    const { url, posted } = await receiver();
    const { webhooks, outcomes } = webhooksTo(url.replace('127.0.0.1', 'localhost'));
    webhooks.event(approved);
    await expect.poll(() => outcomes).toEqual([['delivered', '204']]);
    expect(posted).toHaveLength(1);
  });

  test('what was looked up is what is connected to, once for each connection', async () => {
    const asked: string[] = [];
    const { lookup } = resolving('93.184.216.34', '2606:2800:220:1::1');
    const all = await new Promise((resolve) => lookup('hooks.test', { all: true }, (_, found) => resolve(found)));
    expect(all).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:2800:220:1::1', family: 6 },
    ]);
    const one = await new Promise((resolve) =>
      lookup('hooks.test', {}, (_, address, family) => resolve([...asked, address, family])),
    );
    expect(one).toEqual(['93.184.216.34', 4]);
  });

  test.each([
    ['8.8.8.8', true],
    ['93.184.216.34', true],
    ['172.15.255.255', true],
    ['172.32.0.1', true],
    ['2606:4700:4700::1111', true],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['192.168.1.1', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:8.8.8.8', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['2001:0:1::', false],
    ['2001:db8::1', false],
    ['fc00::1', false],
    ['fd12::1', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['ff02::1', false],
    ['no address', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  test.each([
    ['https://example.com', true],
    ['https://8.8.8.8', true],
    ['https://[::1]', false],
    ['https://017700000001', false],
  ])('%s may be looked up: %s', (url, expected) => {
    expect(isPublicHost(new URL(url))).toBe(expected);
  });
});
