import { describe, expect, test } from 'vitest';
import { CodeNotReceivedError, ConfigurationError, VirtualNumberError } from '../../src/errors.ts';
import { fiveSimEmulator } from '../../src/inbox/emulators/five-sim.ts';
import type { VendorReply } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Received } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { fiveSimNumbers, type FiveSimOptions } from '../../src/virtual-numbers/five-sim.ts';
import type { Lease, VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { withNumber } from '../../src/virtual-numbers/with-number.ts';
import { listeningInbox } from '../emulators/carrier-under-test.ts';

const token = 'eyJhbGciOiJSUzUxMiJ9.token-of-5sim';
const signal = new AbortController().signal;

const words = (body: string, status = 400): VendorReply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
const json = (body: unknown): VendorReply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** As https://5sim.net/docs shows it. */
const order = (over: object = {}) => ({
  id: 11631253,
  phone: '+12025550100',
  operator: 'virtual4',
  product: 'google',
  price: 0.21,
  status: 'PENDING',
  expires: '2030-01-01T00:15:00.28511Z',
  sms: null as unknown,
  created_at: '2030-01-01T00:00:00.28511Z',
  forwarding: false,
  forwarding_number: '',
  country: 'usa',
  ...over,
});
const sms = (over: object = {}) => ({
  created_at: '2030-01-01T00:01:00.106597Z',
  date: '2030-01-01T00:00:58Z',
  sender: 'Example',
  text: '493817 is your Example code',
  code: '493817',
  ...over,
});

const numbers = ['+12025550100', '+12025550101'] as const;

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => fiveSimNumbers({ token, service: 'google', baseUrl, ...options }),
  wanted: { country: 'usa' },
  credentials: [token],
  numbers,
  asks: ['acquire', 'poll', 'release'],
  actOf({ url }) {
    const { pathname } = new URL(url);
    if (pathname.includes('/buy/')) return 'acquire';
    if (pathname.includes('/check/')) return 'poll';
    return pathname.endsWith('/profile') ? null : 'release';
  },
  answer({ url }, { number, leasedAtMs, texts, isLost }) {
    const id = 11631253 + numbers.indexOf(number as (typeof numbers)[number]);
    if (/\/(?:finish|cancel|ban)\//.test(url)) return json(order({ id, phone: number, status: 'CANCELED' }));
    return json(
      order({
        id,
        phone: number,
        status: isLost ? 'TIMEOUT' : url.includes('/buy/') ? 'PENDING' : 'RECEIVED',
        sms: texts
          .filter(({ atMs }) => atMs >= leasedAtMs)
          .map(({ text, code, from, atMs }) =>
            sms({ text, code, sender: from, created_at: new Date(atMs).toISOString() }),
          ),
      }),
    );
  },
  tellsText: true,
  tellsSender: true,
  canBeLost: true,
  answers: [
    { name: 'none is free', on: 'acquire', reply: words('no free phones', 200), is: 'no_numbers' },
    { name: 'none is free, as 400', on: 'acquire', reply: words('no free phones'), is: 'no_numbers' },
    { name: 'too few', on: 'acquire', reply: words('not enough product qty'), is: 'no_numbers' },
    { name: 'no money', on: 'acquire', reply: words('not enough user balance'), is: 'funds' },
    { name: 'a low rating', on: 'acquire', reply: words('not enough rating'), is: 'config' },
    { name: 'no country', on: 'acquire', reply: words('select country'), is: 'config' },
    { name: 'a wrong country', on: 'acquire', reply: words('bad country'), is: 'config' },
    { name: 'a wrong country, in a price list', on: 'acquire', reply: words('country is incorrect'), is: 'config' },
    { name: 'no operator', on: 'acquire', reply: words('select operator'), is: 'config' },
    { name: 'a wrong operator', on: 'acquire', reply: words('bad operator'), is: 'config' },
    { name: 'no product', on: 'acquire', reply: words('no product'), is: 'config' },
    { name: 'a wrong product', on: 'acquire', reply: words('product is incorrect'), is: 'config' },
    { name: 'offline', on: 'acquire', reply: words('server offline'), is: 'unavailable' },
    { name: 'an error of theirs', on: 'acquire', reply: words('internal error', 500), is: 'unavailable' },
    { name: 'a wrong token', on: 'acquire', reply: words('', 401), is: 'auth' },
    { name: 'too many calls', on: 'acquire', reply: words('', 429), is: 'rate_limited' },
    { name: 'a path that is none', on: 'acquire', reply: { status: 302, body: '' }, is: 'config' },
    { name: 'an order without a number', on: 'acquire', reply: json(order({ phone: '' })), is: 'protocol' },
    { name: 'an order whose number is words', on: 'acquire', reply: json(order({ phone: 'soon' })), is: 'protocol' },
    { name: 'an order without an id', on: 'acquire', reply: json(order({ id: null })), is: 'protocol' },
    { name: 'an order that is over', on: 'acquire', reply: json(order({ status: 'BANNED' })), is: 'protocol' },
    { name: 'in preparation', on: 'poll', reply: json(order()), is: 'waiting' },
    { name: 'waiting for a text', on: 'poll', reply: json(order({ status: 'RECEIVED', sms: [] })), is: 'waiting' },
    { name: 'waiting, with null', on: 'poll', reply: json(order({ status: 'RECEIVED' })), is: 'waiting' },
    { name: 'a text', on: 'poll', reply: json(order({ status: 'RECEIVED', sms: [sms()] })), is: 'received' },
    { name: 'a text so far', on: 'poll', reply: json(order({ sms: [sms()] })), is: 'received' },
    { name: 'ended with a text', on: 'poll', reply: json(order({ status: 'FINISHED', sms: [sms()] })), is: 'received' },
    { name: 'canceled', on: 'poll', reply: json(order({ status: 'CANCELED', sms: [] })), is: 'lost' },
    { name: 'out of time', on: 'poll', reply: json(order({ status: 'TIMEOUT', sms: [] })), is: 'lost' },
    { name: 'finished', on: 'poll', reply: json(order({ status: 'FINISHED', sms: [] })), is: 'lost' },
    { name: 'banned', on: 'poll', reply: json(order({ status: 'BANNED', sms: [] })), is: 'lost' },
    { name: 'another status', on: 'poll', reply: json(order({ status: 'PAUSED', sms: [] })), is: 'protocol' },
    { name: 'no list of texts', on: 'poll', reply: json(order({ sms: '493817' })), is: 'protocol' },
    { name: 'a text that is none', on: 'poll', reply: json(order({ sms: [493817] })), is: 'protocol' },
    {
      name: 'a text of nothing',
      on: 'poll',
      reply: json(order({ sms: [sms({ text: '', code: '' })] })),
      is: 'protocol',
    },
    { name: 'no such order', on: 'poll', reply: words('order not found', 404), is: 'lost' },
    { name: 'an order from long ago', on: 'poll', reply: words('order expired'), is: 'lost' },
    { name: 'an error of theirs, later', on: 'poll', reply: words('internal error', 500), is: 'unavailable' },
    { name: 'given back', on: 'release', reply: json(order({ status: 'CANCELED' })), is: 'released' },
    { name: 'given back before', on: 'release', reply: words('order not found'), is: 'released' },
    { name: 'over already', on: 'release', reply: words('order expired'), is: 'released' },
    { name: 'of another kind', on: 'release', reply: words('hosting order'), is: 'protocol' },
  ],
};

describe('it keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(underTest));
});

/** What was called, as paths, while 5sim answers so in turn, the last again and again. */
async function calls(
  answers: readonly VendorReply[],
  run: (numbers: VirtualNumberProvider) => Promise<unknown>,
  options: Partial<FiveSimOptions> = {},
) {
  let call = 0;
  return withVendor(
    (_request, response) => {
      const { status, headers, body } = answers[Math.min(call++, answers.length - 1)] as VendorReply;
      response.writeHead(status, headers).end(body);
    },
    async ({ url, received }) => {
      const came = await run(fiveSimNumbers({ token, service: 'google', baseUrl: url, ...options })).catch(
        (error: unknown) => error,
      );
      return { came, received, paths: received.map((one) => new URL(one.url).pathname + new URL(one.url).search) };
    },
  );
}

const lease: Lease = { provider: '5sim', handle: '7', number: numbers[0], acquiredAtMs: 0, expiresAtMs: 900_000 };

describe('a number is bought', () => {
  const acquire = (wanted: object) => (provider: VirtualNumberProvider) =>
    provider.acquire({ country: 'england', ...wanted }, { signal });

  test('for the service, from any operator, with the token as bearer', async () => {
    const { came, paths, received } = await calls([json(order())], acquire({}), { clock: () => 5_000 });
    expect(paths).toEqual(['/v1/user/buy/activation/england/any/google']);
    expect((received[0] as Received).headers.get('authorization')).toBe(`Bearer ${token}`);
    expect(came).toEqual({
      provider: '5sim',
      handle: '11631253',
      number: '+12025550100',
      acquiredAtMs: 5_000,
      expiresAtMs: 905_000,
    });
  });

  test('for another service, operator and highest price', async () => {
    expect((await calls([json(order())], acquire({ service: 'other', maxPrice: 0.35 }))).paths).toEqual([
      '/v1/user/buy/activation/england/any/other?maxPrice=0.35',
    ]);
    expect((await calls([json(order())], acquire({}), { operator: 'virtual4' })).paths).toEqual([
      '/v1/user/buy/activation/england/virtual4/google',
    ]);
  });

  test('for as long as 5sim says, whatever its clock says', async () => {
    const hour = order({ created_at: '2031-01-01T00:00:00Z', expires: '2031-01-01T01:00:00Z' });
    const { came } = await calls([json(hour)], acquire({}), { clock: () => 0 });
    expect(came).toMatchObject({ acquiredAtMs: 0, expiresAtMs: 3_600_000 });
  });

  test('for 15 minutes, where it does not say for how long', async () => {
    const unsaid = order({ expires: undefined, created_at: undefined });
    const { came } = await calls([json(unsaid)], acquire({}), { clock: () => 0 });
    expect(came).toMatchObject({ expiresAtMs: 900_000 });
  });

  test('with or without a plus before it', async () => {
    const { came } = await calls([json(order({ phone: '447350690992' }))], acquire({}));
    expect(came).toMatchObject({ number: '+447350690992' });
  });

  test.each<[string, object, Partial<FiveSimOptions>]>([
    ['a country that would be another path', { country: '..' }, {}],
    ['a country of two words', { country: 'south africa' }, {}],
    ['a service that would be another path', { service: 'google/../../profile' }, {}],
    ['a price of nothing', { maxPrice: 0 }, {}],
    ['a highest price with an operator, which 5sim does not heed', { maxPrice: 1 }, { operator: 'virtual4' }],
  ])('and is not asked for with %s', async (_what, wanted, options) => {
    const { came, paths } = await calls([json(order())], acquire(wanted), options);
    expect(came).toMatchObject({ kind: 'config' });
    expect(paths).toEqual([]);
  });

  test('and a wrong name is named', async () => {
    const { came } = await calls([words('bad country')], acquire({ country: 'englnd' }));
    expect(came).toBeInstanceOf(VirtualNumberError);
    expect(String(came)).toContain('englnd');
  });
});

describe('what arrived', () => {
  const poll = (provider: VirtualNumberProvider) => provider.poll(lease, { signal });

  test('is told with text, code and sender, the newest last whatever the order', async () => {
    const newest = sms({ created_at: '2030-01-01T00:03:00Z', text: 'Welcome to Example', code: '' });
    const { came, paths } = await calls([json(order({ status: 'RECEIVED', sms: [newest, sms()] }))], poll);
    expect(paths).toEqual(['/v1/user/check/7']);
    expect(came).toEqual({
      state: 'received',
      texts: [
        { code: '493817', text: '493817 is your Example code', from: 'Example' },
        { code: null, text: 'Welcome to Example', from: 'Example' },
      ],
    });
  });

  test('stays in its order where there are no times', async () => {
    const texts = ['1111', '2222', '3333'].map((code) => sms({ code, created_at: undefined }));
    const { came } = await calls([json(order({ sms: texts }))], poll);
    expect(came).toMatchObject({ texts: [{ code: '1111' }, { code: '2222' }, { code: '3333' }] });
  });

  test('may say of itself what else would be an error', async () => {
    const { came } = await calls([json(order({ sms: [sms({ text: 'no free phones: 493817' })] }))], poll);
    expect(came).toMatchObject({ state: 'received' });
  });
});

describe('a number is given back', () => {
  test.each([
    ['used', 'finish'],
    ['unused', 'cancel'],
    ['bad', 'ban'],
  ] as const)('as %s by %s', async (reason, way) => {
    const { came, paths } = await calls([json(order())], (numbers_) => numbers_.release(lease, reason, { signal }));
    expect([came, paths]).toEqual(['released', [`/v1/user/${way}/7`]]);
  });

  test.each([
    ['unused', 'order has sms', ['cancel', 'finish']],
    ['bad', 'order has sms', ['ban', 'finish']],
    ['used', 'order no sms', ['finish', 'cancel']],
  ] as const)('as %s in the other way where 5sim says: %s', async (reason, said, ways) => {
    const { came, paths } = await calls([words(said), json(order())], (numbers_) =>
      numbers_.release(lease, reason, { signal }),
    );
    expect([came, paths]).toEqual(['released', ways.map((way) => `/v1/user/${way}/7`)]);
  });

  test('in no other way where 5sim says anything else', async () => {
    const { came, paths } = await calls([words('', 401), json(order())], (numbers_) =>
      numbers_.release(lease, 'unused', { signal }),
    );
    expect(came).toMatchObject({ kind: 'auth' });
    expect(paths).toHaveLength(1);
  });

  test('in no third way', async () => {
    const { came, paths } = await calls([words('order has sms')], (numbers_) =>
      numbers_.release(lease, 'unused', { signal }),
    );
    expect(came).toMatchObject({ kind: 'protocol' });
    expect(paths).toHaveLength(2);
  });
});

describe('the balance', () => {
  const balance = (provider: VirtualNumberProvider) => provider.balance?.({ signal }) ?? Promise.reject(new Error());

  test('is that of the profile', async () => {
    const { came, paths } = await calls([json({ id: 1, email: 'someone@example.com', balance: 12.5 })], balance);
    expect([came, paths]).toEqual([12.5, ['/v1/user/profile']]);
  });

  test.each([json({ id: 1 }), json({ balance: 'much' }), words('12.5', 200)])('is nothing else', async (reply) => {
    expect((await calls([reply], balance)).came).toMatchObject({ kind: 'protocol' });
  });
});

describe('against the emulator, through to the code', () => {
  const text = { from: 'Example', body: '493817 is your Example code', provider: 'probe' };

  test('on a number that is rented, and given back', async () => {
    await using vendor = await listeningInbox([fiveSimEmulator()]);
    const provider = fiveSimNumbers({ token, service: 'google', baseUrl: `${vendor.url}/5sim` });
    const before = (await provider.balance?.({ signal })) ?? 0;
    const came = await withNumber(provider, { country: 'england' }, async (lease) => {
      expect(lease.number).toMatch(/^\+44/);
      expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
      vendor.inbox.add({ ...text, to: lease.number });
      return waitForCode(provider, lease, { sleepsMs: [0] });
    });
    expect(came).toMatchObject({ code: '493817', text: text.body, from: 'Example', polls: 1 });
    expect(vendor.inbox.numbers.list()).toEqual([]);
    expect(await provider.balance?.({ signal })).toBeLessThan(before);
  });

  test('and is given back unused where none came: it costs nothing', async () => {
    await using vendor = await listeningInbox([fiveSimEmulator()]);
    const provider = fiveSimNumbers({ token, service: 'google', baseUrl: `${vendor.url}/5sim` });
    const before = await provider.balance?.({ signal });
    const waiting = withNumber(provider, { country: 'usa' }, (lease) =>
      waitForCode(provider, lease, { sleepsMs: [0], timeoutMs: 0 }),
    );
    await expect(waiting).rejects.toBeInstanceOf(CodeNotReceivedError);
    expect(vendor.inbox.numbers.list()).toEqual([]);
    expect(await provider.balance?.({ signal })).toBe(before);
  });

  test.each(['unused', 'used', 'bad'] as const)('released as %s, with a text and without, twice', async (reason) => {
    await using vendor = await listeningInbox([fiveSimEmulator()]);
    const provider = fiveSimNumbers({ token, service: 'google', baseUrl: `${vendor.url}/5sim` });
    for (const body of [null, text.body]) {
      const given = await provider.acquire({ country: 'usa' }, { signal });
      if (body !== null) vendor.inbox.add({ ...text, to: given.number });
      expect(await provider.release(given, reason, { signal })).toBe('released');
      expect(await provider.release(given, reason, { signal })).toBe('released');
      expect(vendor.inbox.numbers.list()).toEqual([]);
    }
  });

  test.each([
    ['englnd', 'config'],
    ['usa', 'auth'],
  ])('and what is wrong is said: %s is %s', async (country, kind) => {
    await using vendor = await listeningInbox([fiveSimEmulator()]);
    const account = kind === 'auth' ? 'unknown' : token;
    const provider = fiveSimNumbers({ token: account, service: 'google', baseUrl: `${vendor.url}/5sim` });
    await expect(provider.acquire({ country }, { signal })).rejects.toMatchObject({ kind });
  });
});

describe('options that cannot work', () => {
  const faultsOf = (options: Partial<Record<keyof FiveSimOptions, unknown>>): readonly string[] => {
    try {
      fiveSimNumbers({ token, service: 'google', ...options } as FiveSimOptions);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  test.each<[string, Partial<Record<keyof FiveSimOptions, unknown>>]>([
    ['token', { token: '' }],
    ['token', { token: undefined }],
    ['token', { token: 'two\nlines' }],
    ['service', { service: '' }],
    ['service', { service: undefined }],
    ['service', { service: 'a/b' }],
    ['operator', { operator: '../any' }],
    ['baseUrl', { baseUrl: '5sim.net' }],
    ['baseUrl', { baseUrl: 'https://user:password@5sim.net' }],
    ['baseUrl', { baseUrl: 'http://5sim.net' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['name', { name: 'Five Sim' }],
  ])('%s: %o', (option, options) => {
    expect(faultsOf(options)).toEqual([expect.stringMatching(new RegExp(`^${option} `)) as string]);
  });

  test('all at once', () => {
    expect(faultsOf({ token: '', service: '', baseUrl: 'x' })).toHaveLength(3);
  });

  test('and none is wrong with an emulator on this machine', () => {
    expect(faultsOf({ baseUrl: 'http://127.0.0.1:8080/5sim' })).toEqual([]);
  });
});
