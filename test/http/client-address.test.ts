import { BlockList, isIP, isIPv6, type AddressInfo } from 'node:net';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import express from 'express';
import fc from 'fast-check';
import { Hono } from 'hono';
import { mount } from 'hono/mount';
import { afterEach, describe, expect, test } from 'vitest';
import { addressReader, type TrustedProxies } from '../../src/http/client-address.ts';
import { toNodeListener } from '../../src/http/index.ts';
import { ConfigurationError } from '../../src/index.ts';
import { parseIpAddress, unspecifiedAddress } from '../../src/ip-address.ts';
import { apiUnderTest, key } from './api-under-test.ts';

type Options = Omit<NonNullable<Parameters<typeof apiUnderTest>[0]>, 'verifier'>;

const person = '203.0.113.9';
const spoof = '198.51.100.1';
const peer = '10.0.0.1';

describe('a hop count', () => {
  test.each<[string, number, string | null, string]>([
    ['0 takes the connection and nothing else', 0, spoof, peer],
    ['1 takes the last, which the proxy added', 1, `${spoof}, ${person}`, person],
    ['2 takes the last but one', 2, `${spoof}, ${person}, 10.0.0.2`, person],
    ['takes IPv6 in brackets', 1, '[2001:db8::7]', '2001:db8::7'],
    ['takes IPv6 in brackets with a port', 1, '[2001:DB8::7]:4711', '2001:db8::7'],
    ['takes IPv6 as it is', 1, '2001:db8:0:0::7', '2001:db8::7'],
    ['takes IPv4 with a port', 1, `${person}:4711`, person],
    ['takes IPv4 that is written as IPv6', 1, `::ffff:${person}`, person],
    ['takes no notice of spaces', 1, `${spoof}\t,   ${person}  `, person],
    ['takes no notice of what a caller writes before', 1, `garbage, <script>, ,,, ${person}`, person],
    ['without the header falls back to the connection', 1, null, peer],
    ['with an empty header falls back to the connection', 1, '', peer],
    ['with fewer than it needs falls back to the connection', 2, spoof, peer],
    ['with garbage in the place falls back to the connection', 1, `${spoof}, unknown`, peer],
    ['with nothing in the place falls back to the connection', 1, `${spoof},`, peer],
    ['with a zone in the place falls back to the connection', 1, `${spoof}, fe80::1%eth0`, peer],
    ['with IPv4 in brackets falls back to the connection', 1, `[${person}]`, peer],
    ['with a port that is none falls back to the connection', 1, `${person}:http`, peer],
    ['with a list in one place falls back to the connection', 1, `${person} ${spoof}`, peer],
  ])('%s', (_, hops, forwardedFor, expected) => {
    expect(addressReader(hops)(forwardedFor, peer)).toBe(expected);
  });
});

describe('blocks', () => {
  const blocks = ['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.1'];
  test.each<[string, string | null, string | undefined, string]>([
    ['take a connection that is no proxy, whatever it says', spoof, person, person],
    ['take the nearest that is none of them', `${spoof}, ${person}, 10.9.9.9`, peer, person],
    ['go through proxies of both kinds', `${spoof}, ${person}, 192.0.2.1, 2001:db8:ffff::1`, peer, person],
    ['know a proxy in every spelling', `${spoof}, ${person}, ::ffff:10.9.9.9, [2001:DB8:FFFF:0::1]:80`, peer, person],
    ['know a peer that is written as IPv6', person, '::ffff:10.0.0.1', person],
    ['stop at what is no address: it came by the proxy before it', `${spoof}, unknown, 10.9.9.9`, peer, '10.9.9.9'],
    ['stop at once where the last is no address', `${spoof}, unknown`, peer, peer],
    ['take the farthest where all are proxies', '10.3.3.3, 10.2.2.2', peer, '10.3.3.3'],
    ['take the proxy where there is no header', null, peer, peer],
    ['take nothing from a connection that is not known', person, undefined, unspecifiedAddress],
  ])('%s', (_, forwardedFor, from, expected) => {
    expect(addressReader(blocks)(forwardedFor, from)).toBe(expected);
  });

  test('a block of IPv4 that is written as IPv6 is the block of IPv4', () => {
    expect(addressReader(['::ffff:10.0.0.0/104'])(person, peer)).toBe(person);
    expect(addressReader(['::ffff:10.0.0.0/104'])(person, '11.0.0.1')).toBe('11.0.0.1');
  });
});

test('a link-local peer, of which Node tells the zone, is its address', () => {
  expect(addressReader(0)(null, 'fe80::1%eth0')).toBe('fe80::1');
});

test('where the connection is not known all share one address, but for what proxies added', () => {
  expect(addressReader(0)(spoof, undefined)).toBe(unspecifiedAddress);
  expect(addressReader(1)(null, undefined)).toBe(unspecifiedAddress);
  expect(addressReader(1)(`${spoof}, ${person}`, undefined)).toBe(person);
});

const address = fc.oneof(fc.ipV4(), fc.ipV6());
/** Whatever a caller may write, commas too. */
const anything = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc
    .array(fc.oneof(address, fc.constantFrom('', ' ', 'unknown', '10.0.0.1', '_x', '[', '::')), { maxLength: 8 })
    .map((list) => list.join(',')),
);
const settings = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.constantFrom(['10.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/32'], ['127.0.0.1']),
);

test('what a caller writes into the header changes nothing, as long as the proxies add what they should', () => {
  const between = fc.array(fc.constantFrom('10.7.7.7', '2001:db8:ffff::2', '10.0.0.9:80'), { maxLength: 3 });
  fc.assert(
    fc.property(anything, address, between, (spoofed, from, proxies) => {
      const ours = ['10.0.0.0/8', '2001:db8:ffff::/48'];
      fc.pre(!blockList(ours).check(from, isIPv6(from) ? 'ipv6' : 'ipv4'));
      const forwardedFor = `${spoofed}, ${[from, ...proxies].join(', ')}`;
      const expected = parseIpAddress(from)?.address;
      expect(addressReader(ours)(forwardedFor, peer)).toBe(expected);
      expect(addressReader(proxies.length + 1)(forwardedFor, peer)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('whatever comes, the answer is an address', () => {
  fc.assert(
    fc.property(
      fc.oneof(settings, fc.constant(0)),
      fc.option(anything),
      fc.option(anything, { nil: undefined }),
      (proxies, forwardedFor, from) => {
        expect(isIP(addressReader(proxies)(forwardedFor, from))).not.toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});

test('without a proxy that is trusted the header is never looked at', () => {
  fc.assert(
    fc.property(anything, address, (forwardedFor, from) => {
      fc.pre(!blockList(['10.0.0.0/8']).check(from, isIPv6(from) ? 'ipv6' : 'ipv4'));
      for (const proxies of [0, ['10.0.0.0/8']]) {
        const read = addressReader(proxies);
        expect(read(forwardedFor, from)).toBe(read(null, from));
      }
    }),
  );
});

test.each<[TrustedProxies]>([[1], [['10.0.0.0/8']]])('ten thousand entries change nothing (%j)', (proxies) => {
  const read = addressReader(proxies);
  for (const entry of [spoof, '10.0.0.7', 'x', '', '[::1]:1']) {
    const startedAtMs = performance.now();
    expect(read(`${`${entry},`.repeat(10_000)}${person}`, peer)).toBe(person);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  }
});

test.each([
  [-1],
  [1.5],
  [Number.NaN],
  [100],
  ['1'],
  [[]],
  [['10.0.0.0/33']],
  [['10.0.0.0/']],
  [['10.0.0.0/08']],
  [['2001:db8::/129']],
  [['::ffff:10.0.0.0/95']],
  [['fe80::1%eth0/64']],
  [['proxy.example.com']],
  // Whoever trusts everybody lets them say who they are.
  [['0.0.0.0/0']],
  [['10.0.0.0/8', '::/0']],
  [['0.0.0.0/1', '128.0.0.0/1']],
  [['2000::/3']],
  [[7]],
])('trusted proxies cannot be %j', async (trustedProxies) => {
  const options = { trustedProxies } as unknown as Options;
  await expect(apiUnderTest(options)).rejects.toThrow(ConfigurationError);
});

test('trustedProxies and clientAddress exclude each other', async () => {
  await expect(apiUnderTest({ trustedProxies: 1, clientAddress: () => null })).rejects.toThrow(ConfigurationError);
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Listens on loopback, so that the peer of each request is 127.0.0.1, and returns a way to start a verification of the nth number. */
async function listen(listener: RequestListener, path = '/v1/verifications') {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  let n = 0;
  return (headers: Record<string, string | string[]> = {}, body: object = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const request = httpRequest({
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const answer = JSON.parse(text) as { limit?: string; status: string };
          resolve(answer.limit ?? answer.status);
        });
      });
      request.end(JSON.stringify({ to: `+1202555${String(n++).padStart(4, '0')}`, ...body }));
    });
}

const one = { policy: { maxSendsPerAddress: 1 } };

/** Every way in that knows the connection. */
const ways: Record<string, (options: Options) => ReturnType<typeof listen>> = {
  async 'node:http'(options) {
    const { handler } = await apiUnderTest({ verifier: one, ...options });
    return listen((incoming, outgoing) => void toNodeListener(handler)(incoming, outgoing));
  },
  async Express(options) {
    const { handler } = await apiUnderTest({ verifier: one, ...options });
    const app = express();
    app.use('/phone', toNodeListener(handler));
    return listen(app as RequestListener, '/phone/v1/verifications');
  },
  async 'Hono, mounted'(options) {
    const { handler } = await apiUnderTest({ verifier: one, ...options });
    const app = new Hono().all('/phone/*', mount(handler.fetch));
    const fetch = async (request: Request, env?: unknown) => app.fetch(request, env ?? {});
    return listen(
      (incoming, outgoing) => void toNodeListener({ fetch })(incoming, outgoing),
      '/phone/v1/verifications',
    );
  },
};

describe.each(Object.entries(ways))('%s', (_, serve) => {
  test('unset, no address is taken: neither from the connection nor from a header', async () => {
    const start = await serve({});
    for (let i = 0; i < 3; i++) expect(await start({ 'x-forwarded-for': person })).toBe('pending');
  });

  test("0: the connection's address has its limit, and no header changes that", async () => {
    const start = await serve({ trustedProxies: 0 });
    expect(await start()).toBe('pending');
    for (const forwardedFor of [
      spoof,
      `${spoof}, ${person}`,
      ['1.1.1.1', '2.2.2.2'],
      '[2001:db8::1]:80',
      'garbage',
      '',
    ]) {
      expect(await start({ 'x-forwarded-for': forwardedFor })).toBe('address');
    }
    for (const name of ['forwarded', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip']) {
      expect(await start({ [name]: spoof })).toBe('address');
    }
  });

  test.each<[TrustedProxies]>([[1], [['127.0.0.0/8']]])(
    '%j: the person behind the proxy, whatever they write',
    async (trustedProxies) => {
      const start = await serve({ trustedProxies });
      expect(await start({ 'x-forwarded-for': person })).toBe('pending');
      expect(await start({ 'x-forwarded-for': `${spoof}, ${person}` })).toBe('address');
      expect(await start({ 'x-forwarded-for': [spoof, person] })).toBe('address');
      expect(await start({ 'x-forwarded-for': `${'1.1.1.1, '.repeat(500)}::ffff:${person}` })).toBe('address');
      expect(await start({ 'x-forwarded-for': '203.0.113.10' })).toBe('pending');
    },
  );

  test('a backend that says whom it calls for goes before the connection', async () => {
    const start = await serve({ trustedProxies: 0 });
    expect(await start({}, { ip: person })).toBe('pending');
    expect(await start({}, { ip: '203.0.113.10' })).toBe('pending');
    expect(await start({}, { ip: person })).toBe('address');
    expect(await start()).toBe('pending');
    expect(await start()).toBe('address');
  });

  test('where nobody shows a key, what a caller says of their address is ignored', async () => {
    const start = await serve({ authenticate: 'none', trustedProxies: 0 });
    expect(await start({}, { ip: person })).toBe('pending');
    expect(await start({}, { ip: '203.0.113.10' })).toBe('address');
  });

  test('a function of the app can say the address', async () => {
    const start = await serve({ clientAddress: (request) => request.headers.get('x-real-ip') });
    expect(await start({ 'x-real-ip': person })).toBe('pending');
    expect(await start({ 'x-real-ip': `::ffff:${person}` })).toBe('address');
    for (let i = 0; i < 3; i++) expect(await start()).toBe('pending');
    expect(await start({ 'x-real-ip': 'garbage' })).toBe('pending');
    expect(await start({ 'x-real-ip': 'more garbage' })).toBe('address');
  });
});

test('a request that tells no connection is limited like all such', async () => {
  const { handler } = await apiUnderTest({ verifier: one, trustedProxies: 0 });
  const start = async (n: number, env?: unknown) => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } };
    const body = JSON.stringify({ to: `+120255500${n}` });
    return (await handler.POST(new Request('http://api.test/v1/verifications', { ...init, body }), env)).status;
  };
  expect(await start(10)).toBe(201);
  // What Next.js passes beside a request.
  expect(await start(11, { params: Promise.resolve({ path: [] }) })).toBe(429);
  expect(await start(12, { incoming: { socket: { remoteAddress: person } } })).toBe(201);
  expect(await start(13, { incoming: { socket: { remoteAddress: person } } })).toBe(429);
});

function blockList(proxies: TrustedProxies): BlockList {
  const list = new BlockList();
  for (const block of typeof proxies === 'number' ? [] : proxies) {
    const [base = '', bits] = block.split('/');
    const family = isIPv6(base) ? 'ipv6' : 'ipv4';
    list.addSubnet(base, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}
