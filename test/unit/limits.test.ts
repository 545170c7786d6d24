import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createVerifier,
  InvalidRequestError,
  ProviderError,
  type BeginRequest,
  type Policy,
  type VerifierEvent,
} from '../../src/index.ts';
import { parseIpAddress } from '../../src/ip-address.ts';
import { createKeyring } from '../../src/keyring.ts';
import { createBroadLimits, partOf } from '../../src/limits.ts';
import { defaultPolicy } from '../../src/policy.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

const secret = randomBytes(32);
const hourMs = 3_600_000;
const ip = '203.0.113.9';

/** The nth number of the United States, or of the United Kingdom. */
const us = (n: number): string => `+1202555${String(n).padStart(4, '0')}`;
const uk = (n: number): string => `+447400${String(100_000 + n)}`;

function setUp(policy: Partial<Policy> = {}) {
  const clock = virtualClock();
  const begun: BeginRequest[] = [];
  const memory = memoryStore({ clock: clock.now });
  const store = {
    ...memory,
    begin(request: BeginRequest) {
      begun.push(request);
      return memory.begin(request);
    },
  };
  const provider = recordingProvider();
  const events: VerifierEvent[] = [];
  const verifier = createVerifier({ secret, store, provider, policy, onEvent: (event) => void events.push(event) });
  const start = async (to: string, call: { ip?: string; tenant?: string } = {}): Promise<string> => {
    const result = await verifier.start({ to, ...call });
    return 'limit' in result ? result.limit : result.status;
  };
  return { begun, clock, events, provider, start, verifier };
}

test('one address gets thirty texts in an hour, to whichever numbers, and every other address its own', async () => {
  const { start, provider, clock } = setUp();
  for (let n = 0; n < 30; n++) expect(await start(us(n), { ip })).toBe('pending');
  expect(await start(us(30), { ip })).toBe('address');
  expect(await start(us(30), { ip: `::ffff:${ip}` })).toBe('address');
  expect(await start(us(30), { ip: '203.0.113.10' })).toBe('pending');
  expect(provider.messages).toHaveLength(31);
  clock.advance(hourMs + 60_000);
  expect(await start(us(31), { ip })).toBe('pending');
});

test('one IPv6 network (/64) gets sixty, from whichever of its addresses', async () => {
  const { start } = setUp();
  for (let n = 0; n < 60; n++) expect(await start(us(n), { ip: `2001:db8:0:7::${n + 1}` })).toBe('pending');
  expect(await start(us(60), { ip: '2001:DB8::7:ffff:0:0:1' })).toBe('network');
  expect(await start(us(60), { ip: '2001:db8:0:8::1' })).toBe('pending');
});

test('an IPv6 address has the limit of an address too, however it is written', async () => {
  const { start } = setUp({ maxSendsPerAddress: 2 });
  expect(await start(us(1), { ip: '2001:db8::1' })).toBe('pending');
  expect(await start(us(2), { ip: '2001:0DB8:0:0:0:0:0:1' })).toBe('pending');
  expect(await start(us(3), { ip: '2001:db8:0::0:1' })).toBe('address');
});

test('without an address the limits of country, tenant and service hold', async () => {
  const country = setUp({ maxSendsPerCountry: 2 });
  expect([await country.start(us(1)), await country.start(us(2)), await country.start(us(3))]).toEqual([
    'pending',
    'pending',
    'country',
  ]);
  expect(await country.start(uk(1))).toBe('pending');
  const tenant = setUp({ maxSendsPerTenant: 2 });
  expect([await tenant.start(us(1)), await tenant.start(uk(2)), await tenant.start(us(3))].at(-1)).toBe('tenant');
  const service = setUp({ maxSendsInAll: 2 });
  const sends = [await service.start(us(1), { tenant: 'a' }), await service.start(uk(2), { tenant: 'b' })];
  expect([...sends, await service.start(us(3), { tenant: 'c' })]).toEqual(['pending', 'pending', 'service']);
});

test("one tenant uses up nothing of another but what is the whole service's", async () => {
  const { start } = setUp({
    maxSendsPerAddress: 1,
    maxSendsPerNetwork: 1,
    maxSendsPerCountry: 1,
    maxSendsPerTenant: 1,
    maxSendsInAll: 2,
  });
  const call = { ip: '2001:db8::1' };
  expect(await start(us(1), { ...call, tenant: 'a' })).toBe('pending');
  expect(await start(us(1), { ...call, tenant: 'a' })).not.toBe('pending');
  expect(await start(us(1), { ...call, tenant: 'b' })).toBe('pending');
  expect(await start(us(1), { tenant: 'c' })).toBe('service');
});

test('null switches a limit off', async () => {
  const { start, begun } = setUp({
    maxSendsPerAddress: null,
    maxSendsPerNetwork: null,
    maxSendsPerCountry: null,
    maxSendsPerTenant: null,
    maxSendsInAll: null,
  });
  for (let n = 0; n < 70; n++) expect(await start(us(n), { ip: '2001:db8::1' })).toBe('pending');
  expect(begun.flatMap(({ broadLimits }) => broadLimits)).toEqual([]);
});

test("the number's own limits go first, and a start that they refuse takes nothing from the shared ones", async () => {
  const { start } = setUp({ maxSendsPerAddress: 4 });
  for (let n = 0; n < 3; n++) expect(await start(us(1), { ip })).toBe('pending');
  for (let n = 0; n < 5; n++) expect(await start(us(1), { ip })).toBe('sends');
  expect(await start(us(2), { ip })).toBe('pending');
  expect(await start(us(1), { ip })).toBe('sends');
  expect(await start(us(3), { ip })).toBe('address');
});

test('what a shared limit refuses takes nothing from the number', async () => {
  const { start, verifier } = setUp({ maxSendsPerAddress: 1 });
  await start(us(1), { ip });
  for (let n = 0; n < 5; n++) expect(await start(us(2), { ip })).toBe('address');
  expect(await verifier.start({ to: us(2) })).toMatchObject({ status: 'pending', verification: { sendsLeft: 2 } });
});

test('a text that the provider refuses is not given back to the shared limits', async () => {
  const { start, provider } = setUp({ maxSendsPerAddress: 1 });
  provider.script(new ProviderError('opted_out', 'no'));
  expect(await start(us(1), { ip })).toBe('destination_not_allowed');
  expect(await start(us(2), { ip })).toBe('address');
});

test('a refusal names the limit, its whole and a wait that is enough; so does the event', async () => {
  const { verifier, clock, events } = setUp({
    maxSendsPerCountry: 1_000,
    maxSendsPerTenant: null,
    maxSendsInAll: null,
  });
  let refused = await verifier.start({ to: us(0) });
  for (let n = 1; refused.status === 'pending'; n++) refused = await verifier.start({ to: us(n) });
  expect(refused).toMatchObject({ status: 'rate_limited', limit: 'country', max: 1_000, windowSeconds: 3_600 });
  expect(events.at(-1)).toMatchObject({ type: 'start.refused', reason: 'rate_limited', limit: 'country' });
  if (refused.status !== 'rate_limited') return;
  expect(refused.retryAfterSeconds).toBeGreaterThan(3_600);
  expect(refused.retryAfterSeconds).toBeLessThanOrEqual(3_660);
  const sent = events.filter(({ type }) => type === 'verification.started').length;
  expect(sent).toBeLessThanOrEqual(1_000);
  expect(sent).toBeGreaterThan(800);
  clock.advance(refused.retryAfterSeconds * 1_000);
  expect((await verifier.start({ to: us(sent) })).status).toBe('pending');
});

test('no refusal by a shared limit tells an address or how many others asked', async () => {
  const { verifier } = setUp({ maxSendsPerAddress: 1 });
  await verifier.start({ to: us(1), ip });
  const refused = await verifier.start({ to: us(2), ip });
  expect(Object.keys(refused).toSorted()).toEqual(
    ['detail', 'limit', 'max', 'retryAfterSeconds', 'status', 'windowSeconds'].toSorted(),
  );
  expect(JSON.stringify(refused)).not.toContain(ip);
});

test.each(['203.0.113', '', 'fe80::1%eth0', '203.0.113.9:80', 7, null, ['203.0.113.9']])(
  'the address %j is a fault of the program and sends nothing',
  async (given) => {
    const { verifier, provider } = setUp();
    const error = await verifier.start({ to: us(1), ip: given as string }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors.map(({ pointer }) => pointer)).toEqual(['/ip']);
    expect(provider.messages).toEqual([]);
  },
);

test('what a store is given of an address, a country or a tenant are keyed hashes', async () => {
  const { start, begun } = setUp();
  await start(us(1), { ip: '2001:db8:aaaa:bbbb::cccc', tenant: 'acme' });
  const [{ broadLimits } = { broadLimits: [] }] = begun;
  expect(broadLimits.map(({ name }) => name)).toEqual(['address', 'network', 'country', 'tenant', 'service']);
  for (const { key } of broadLimits) expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(JSON.stringify(broadLimits)).not.toMatch(/2001:|:cccc|acme/);
  const other = createBroadLimits(createKeyring({ secret: randomBytes(32) }));
  const call = {
    tenant: 'acme',
    subject: 'A'.repeat(22),
    country: 'US',
    ip: parseIpAddress('2001:db8:aaaa:bbbb::cccc'),
  };
  const keys = new Set(broadLimits.map(({ key }) => key));
  for (const { key } of other(defaultPolicy, call)) expect(keys).not.toContain(key);
});

test('the keys stay when the secret is rotated, and no two limits share one', () => {
  const old = createBroadLimits(createKeyring({ secret }));
  const rotated = createBroadLimits(createKeyring({ secret: [randomBytes(32), secret] }));
  const call = { tenant: 'default', subject: 'A'.repeat(22), country: 'US', ip: parseIpAddress('2001:db8::1') };
  expect(rotated(defaultPolicy, call)).toEqual(old(defaultPolicy, call));
  const others = [
    old(defaultPolicy, call),
    old({ ...defaultPolicy, broadWindowSeconds: 60 }, call),
    // What stands for one thing must not stand for another: such as a tenant that is called like a country.
    old(defaultPolicy, { ...call, tenant: 'US', country: 'default' }),
    old(defaultPolicy, { ...call, subject: 'Z'.repeat(22) }).filter(({ max }) => max >= 500),
  ].flatMap((limits) => limits.map(({ key, name, windowMs }) => `${key} ${name} ${windowMs}`));
  const keys = new Set(others.map((one) => one.slice(0, 22)));
  // The two of the service are one.
  expect(keys.size).toBe(new Set(others).size);
});

test('a limit that is remembered is that of its own numbers, tenant, country and window', () => {
  const limitsOf = createBroadLimits(createKeyring({ secret }));
  const call = { tenant: 'default', subject: 'A'.repeat(22), country: 'US', ip: null };
  const small = { maxSendsPerCountry: 7, maxSendsPerTenant: 8, maxSendsInAll: 9 };
  const asked = [
    [{ ...defaultPolicy, ...small }, call],
    [{ ...defaultPolicy, maxSendsPerCountry: 10, maxSendsPerTenant: 11, maxSendsInAll: 12 }, call],
    [{ ...defaultPolicy, ...small, broadWindowSeconds: 60 }, call],
    [
      { ...defaultPolicy, ...small },
      { ...call, tenant: 'US' },
    ],
    [
      { ...defaultPolicy, ...small },
      { ...call, country: 'DE' },
    ],
    [
      { ...defaultPolicy, ...small },
      { ...call, country: null },
    ],
  ] as const;
  const inTurn = asked.map(([policy, one]) => limitsOf(policy, one));
  const alone = asked.map(([policy, one]) => createBroadLimits(createKeyring({ secret }))(policy, one));
  expect(inTurn).toEqual(alone);
  expect(asked.map(([policy, one]) => limitsOf(policy, one))).toEqual(alone);
});

test('a large limit is in parts whose sum it is, each of at least five hundred; a small one is whole', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 100_000_000 })), (whole) => {
      const parts = new Map<number, number>();
      for (let n = 0; n < 400; n++) {
        const { part, max } = partOf(whole, subjectOf(n));
        expect(parts.get(part) ?? max).toBe(max);
        parts.set(part, max);
      }
      expect([...parts.values()].reduce((sum, max) => sum + max, 0)).toBe(whole);
      expect(parts.size).toBe(whole < 1_000 ? 1 : Math.min(16, Math.floor(whole / 500)));
      if (parts.size > 1) expect(Math.min(...parts.values())).toBeGreaterThanOrEqual(500);
    }),
  );
});

/** The nth of 400 subjects, so that every part comes up. */
function subjectOf(n: number): string {
  return Buffer.alloc(16, 0)
    .fill(n % 240, 2, 3)
    .fill(Math.floor(n / 240), 1, 2)
    .toString('base64url')
    .slice(0, 22);
}

test('a limit in parts never lets through more than the whole, and refuses a few per cent of it early', () => {
  const whole = 10_000;
  const counts = new Map<number, number>();
  let sent = 0;
  let firstRefusal: number | undefined;
  for (let asked = 0; asked < 20_000; asked++) {
    const { part, max } = partOf(whole, randomBytes(16).toString('base64url'));
    const count = counts.get(part) ?? 0;
    if (count < max) {
      counts.set(part, count + 1);
      sent += 1;
    } else {
      firstRefusal ??= asked;
    }
  }
  expect(sent).toBe(whole);
  expect(firstRefusal).toBeGreaterThan(whole * 0.8);
});
