import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, VirtualNumberError } from '../../src/errors.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import { withVendor, type Answer } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { readNumber } from '../../src/virtual-numbers/smspinverify-answers.ts';
import { smspinverifyNumbers, type SmspinverifyOptions } from '../../src/virtual-numbers/smspinverify.ts';
import type { Lease, Poll, VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';

const customer = 'customer-key-71f3a09c';

const said = (body: string, status = 200) => ({ status, headers: { 'content-type': 'text/html' }, body });
const json = (body: unknown) => said(JSON.stringify(body));

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => smspinverifyNumbers({ customer, service: 'Google', baseUrl, ...options }),
  wanted: { country: 'USA' },
  credentials: [customer],
  numbers: ['+12025550143', '+12025550144'],
  asks: ['acquire', 'poll', 'release'],
  actOf({ url }) {
    const { pathname } = new URL(url);
    if (pathname === '/user/get_number.php') return 'acquire';
    if (pathname === '/user/get_sms.php') return 'poll';
    return pathname === '/user/get_reject_number.php' ? 'release' : null;
  },
  answer({ url }, { number, texts, leasedAtMs, isLost }) {
    const { pathname, searchParams } = new URL(url);
    if (searchParams.get('customer') !== customer) return said('Customer Not Found.');
    if (pathname === '/user/get_number.php') return said(number.slice(1));
    if (pathname === '/user/get_reject_number.php') return said('Number Rejected.');
    if (isLost) return said('Number Not Found.');
    const newest = texts.filter(({ atMs }) => atMs >= leasedAtMs).at(-1);
    return said(newest ? newest.text : 'You have not received any code yet.');
  },
  tellsText: true,
  tellsSender: false,
  canBeLost: true,
  isBareText: true,
  answers: [
    { name: 'a wrong key', on: 'acquire', reply: said('Customer Not Found.'), is: 'auth' },
    { name: 'no such app', on: 'acquire', reply: said('App Not Found.'), is: 'config' },
    { name: 'no such country', on: 'acquire', reply: said('country not found'), is: 'config' },
    { name: 'no such app or country', on: 'acquire', reply: said('App or Country Not Found.'), is: 'config' },
    {
      name: 'numbers that are being registered',
      on: 'acquire',
      reply: said('New Numbers registration in progress, please wait or check back later.'),
      is: 'no_numbers',
    },
    {
      name: 'no channels',
      on: 'acquire',
      reply: said('No free channels available check after sometime.'),
      is: 'no_numbers',
    },
    { name: 'no number', on: 'acquire', reply: said('No Number Found'), is: 'no_numbers' },
    { name: 'error 102', on: 'acquire', reply: said('Error 102, check back later.'), is: 'unavailable' },
    { name: 'another error', on: 'acquire', reply: said('Error 1020, check back later.'), is: 'protocol' },
    { name: 'no money', on: 'acquire', reply: said('Not Enough balance'), is: 'funds' },
    { name: 'too many', on: 'acquire', reply: said('Too many requests'), is: 'rate_limited' },
    { name: 'too many, by the status', on: 'acquire', reply: said('slow down', 429), is: 'rate_limited' },
    { name: 'too many, with a page', on: 'acquire', reply: said('<h1>slow down</h1>', 429), is: 'rate_limited' },
    { name: 'an error as a JSON string', on: 'acquire', reply: json('Customer Not Found.'), is: 'auth' },
    {
      name: 'an error in a JSON object',
      on: 'acquire',
      reply: json({ code: 101, data: 'App Not Found.' }),
      is: 'config',
    },
    { name: 'an error in a JSON array', on: 'acquire', reply: json([{ error: 'Not enough balance' }]), is: 'funds' },
    { name: 'an error with 4xx', on: 'acquire', reply: said('Customer Not Found.', 403), is: 'auth' },
    { name: 'a page', on: 'acquire', reply: said('<html>12025550143</html>'), is: 'unavailable' },
    { name: 'a page with 502', on: 'acquire', reply: said('<html>502</html>', 502), is: 'unavailable' },
    { name: 'nothing', on: 'acquire', reply: said(''), is: 'protocol' },
    { name: 'a number of no plan', on: 'acquire', reply: said('9999999999999'), is: 'protocol' },
    { name: 'a wrong key, of a poll', on: 'poll', reply: said('Customer Not Found.'), is: 'auth' },
    { name: 'not known, at first', on: 'poll', reply: said('Number Not Found.'), is: 'waiting', afterMs: 29_000 },
    { name: 'not known, later', on: 'poll', reply: said('Number Not Found.'), is: 'lost', afterMs: 30_000 },
    { name: 'not known, in other words', on: 'poll', reply: said('No Number Found'), is: 'lost' },
    { name: 'no code', on: 'poll', reply: said('You have not received any code yet.'), is: 'waiting' },
    {
      name: 'no code, in JSON',
      on: 'poll',
      reply: json({ code: 404, data: 'You have not received any code yet.' }),
      is: 'waiting',
    },
    { name: 'a balance that has expired', on: 'poll', reply: said('Your balance is expired.'), is: 'funds' },
    { name: 'error 102, of a poll', on: 'poll', reply: said('Error 102, check back later.'), is: 'unavailable' },
    { name: 'another error, of a poll', on: 'poll', reply: said('Error 1020, check back later.'), is: 'unavailable' },
    { name: 'nothing, of a poll', on: 'poll', reply: said(' \n'), is: 'waiting' },
    { name: 'an empty list', on: 'poll', reply: json([]), is: 'waiting' },
    { name: 'words without a code', on: 'poll', reply: said('Please be patient'), is: 'waiting' },
    { name: 'a code alone', on: 'poll', reply: said('493817'), is: 'received' },
    { name: 'an object', on: 'poll', reply: json({ sms: 'Your code is 493817' }), is: 'received' },
    { name: 'a list', on: 'poll', reply: json(['Your code is 493817']), is: 'received' },
    { name: 'a string', on: 'poll', reply: json('Your code is 493817'), is: 'received' },
    { name: 'rejected', on: 'release', reply: said('Number Rejected.'), is: 'released' },
    { name: 'rejected, in JSON', on: 'release', reply: json({ code: 100, data: 'Number rejected.' }), is: 'released' },
    { name: 'rejected before', on: 'release', reply: said('Number Not Found.'), is: 'released' },
    { name: 'not rejected', on: 'release', reply: said('Not able to reject.'), is: 'too_early' },
    { name: 'not yet', on: 'release', reply: said('Reject time limit: 3 minutes'), is: 'too_early' },
    { name: 'no such call', on: 'release', reply: said('<h1>Not Found</h1>', 404), is: 'unsupported' },
    { name: 'a wrong key, of a release', on: 'release', reply: said('Customer Not Found.'), is: 'auth' },
    { name: 'other words, of a release', on: 'release', reply: said('OK'), is: 'protocol' },
    {
      name: 'a number that was used',
      on: 'release',
      reason: 'used',
      reply: said('Not able to reject.'),
      is: 'released',
    },
  ],
};

describe('keeps every promise of the port', () => {
  test.each(virtualNumberConformance())('$name', async ({ run }) => run(underTest));
});

const { signal } = new AbortController();

/** Runs against a site that answers so, and resolves with what the site was asked. */
async function against(
  answer: Answer,
  run: (numbers: VirtualNumberProvider, clock: VirtualClock) => Promise<void>,
  options: Partial<SmspinverifyOptions> = {},
): Promise<URL[]> {
  return withVendor(answer, async ({ url, received }) => {
    const clock = virtualClock();
    const { baseUrl: path = '', ...others } = options;
    await run(
      smspinverifyNumbers({ customer, service: 'Google', baseUrl: url + path, clock: clock.now, ...others }),
      clock,
    );
    return received.map((request) => new URL(request.url));
  });
}

/** What an acquire comes to that is answered so: the number, or the kind of the error. */
async function acquired(body: string, country = 'USA'): Promise<string> {
  let came = '';
  await against(said(body), async (numbers) => {
    came = await numbers.acquire({ country }, { signal }).then(
      ({ number }) => number,
      (error: unknown) => (error instanceof VirtualNumberError ? error.kind : String(error)),
    );
  });
  return came;
}

const lease = (over: Partial<Lease> = {}): Lease => ({
  provider: 'smspinverify',
  handle: JSON.stringify({ number: '12025550143', app: 'Google', country: 'USA' }),
  number: '+12025550143',
  acquiredAtMs: 0,
  expiresAtMs: null,
  ...over,
});

async function polled(body: string): Promise<Poll> {
  let came: Poll | undefined;
  await against(said(body), async (numbers) => void (came = await numbers.poll(lease(), { signal })));
  return came as Poll;
}

describe('what is asked', () => {
  test('the calls of the documentation, with names and key in the query', async () => {
    const [bought, polled, rejected] = await against(said('12025550143'), async (numbers) => {
      const given = await numbers.acquire({ country: 'USA', service: 'Google Voice' }, { signal });
      await numbers.poll(given, { signal });
      await numbers.release(given, 'bad', { signal }).catch(() => null);
    });
    expect(bought?.pathname + String(bought?.search)).toBe(
      `/user/get_number.php?customer=${customer}&app=Google+Voice&country=USA`,
    );
    const about = `?customer=${customer}&number=12025550143&app=Google+Voice&country=USA`;
    expect(polled?.pathname + String(polled?.search)).toBe(`/user/get_sms.php${about}`);
    expect(rejected?.pathname + String(rejected?.search)).toBe(`/user/get_reject_number.php${about}`);
  });

  test('sites of the family have another folder', async () => {
    const [asked] = await against(
      said('12025550143'),
      async (numbers) => void (await numbers.acquire({ country: 'USA' }, { signal })),
      {
        baseUrl: '/user/api/',
      },
    );
    expect(asked?.pathname).toBe('/user/api/get_number.php');
  });

  test('the number is asked about as the provider wrote it', async () => {
    const asked = await against(said('1128691234'), async (numbers) => {
      const given = await numbers.acquire({ country: 'malaysia' }, { signal });
      expect(given.number).toBe('+601128691234');
      await numbers.poll(given, { signal });
    });
    expect(asked[1]?.searchParams.get('number')).toBe('1128691234');
  });

  test('a number whose code came is not rejected', async () => {
    const asked = await against(said('Number Rejected.'), async (numbers) => {
      expect(await numbers.release(lease(), 'used', { signal })).toBe('released');
    });
    expect(asked).toEqual([]);
  });

  test('a lease of another provider is refused', async () => {
    const asked = await against(said('493817'), async (numbers) => {
      const other = numbers.poll(lease({ handle: '12345' }), { signal });
      await expect(other).rejects.toMatchObject({ code: 'virtual_number_error', kind: 'config' });
    });
    expect(asked).toEqual([]);
  });
});

describe('the number is read', () => {
  test.each([
    ['12025550143', 'USA', '+12025550143'],
    ['+12025550143', 'USA', '+12025550143'],
    [' 12025550143\n', 'usa', '+12025550143'],
    ['\uFEFF12025550143', 'United States', '+12025550143'],
    ['2025550143', 'US', '+12025550143'],
    ['12025550143|884213', 'USA', '+12025550143'],
    ['"12025550143"', 'USA', '+12025550143'],
    ['["12025550143"]', 'USA', '+12025550143'],
    ['{"number":"12025550143","n_id":"884213"}', 'USA', '+12025550143'],
    ['{"Phone":12025550143}', 'USA', '+12025550143'],
    ['{"code":100,"data":"12025550143"}', 'USA', '+12025550143'],
    ['{"data":{"phone_number":"12025550143"}}', 'USA', '+12025550143'],
    ['447911123456', 'UK', '+447911123456'],
    ['07911123456', 'England', '+447911123456'],
    ['1128691234', 'Malaysia', '+601128691234'],
    ['79161234567', 'Russia', '+79161234567'],
    ['0161234567', 'viet nam', 'protocol'],
    // A number of India that would be one of Singapore behind a plus.
    ['6581234567', 'India', '+916581234567'],
    ['6581234567', 'Singapore', '+6581234567'],
    ['6581234567', 'Atlantis', '+6581234567'],
    ['447911123456', 'Atlantis', '+447911123456'],
    ['07911123456', 'Atlantis', 'protocol'],
  ])('%s of %s is %s', async (body, country, number) => {
    expect(await acquired(body, country)).toBe(number);
  });

  test.each([
    '4929123456781234',
    '123456',
    '12025550143 12025550144',
    '["12025550143","12025550144"]',
    '12025550143|',
    '|884213',
    '{"balance":"12025550143"}',
    '{"id":12025550143}',
    'Your number: 12025550143',
    '1202555.143',
    '-12025550143',
    '１２０２５５５０１４３',
  ])('and never out of %s', async (body) => {
    expect(await acquired(body)).toBe('protocol');
  });

  test('no text but the documented forms becomes one', async () => {
    const digits = fc.stringMatching(/^[0-9]{7,15}$/);
    const around = fc.constantFrom('Error ', ' is not free', '<p>', '#', 'No: ', '.', '{', '["', '+1 (');
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.tuple(around, digits, around).map((parts) => parts.join('')),
      fc.tuple(digits, fc.constant(' '), digits).map((parts) => parts.join('')),
      fc.json(),
      fc.stringMatching(/^[0-9]{16,30}$/),
    );
    const heard = { name: 'smspinverify', asked: '', nowMs: 0 };
    const documented = /^\+?\d{7,15}(?:\|\S+)?$/;
    fc.assert(
      fc.property(text, (body) => {
        let found: string | null = null;
        try {
          found = readNumber({ status: 200, headers: new Headers(), text: body }, heard).raw;
        } catch (error) {
          expect(error).toBeInstanceOf(VirtualNumberError);
        }
        const isDocumented =
          documented.test(body.trim()) ||
          /"(?:number|phone|phone_number|phonenumber|data)":"?\+?\d{7,15}/i.test(body) ||
          /^\[*"?\+?\d{7,15}(?:\|[^\s"]+)?"?\]*$/.test(body.trim());
        expect(found === null || isDocumented, body).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a text is read', () => {
  const whole = 'Your code is 493-817.\nNever share it.';
  const nothing = { code: null, text: null, from: null };
  test.each<[string, string, object[]]>([
    ['a code alone', ' 493817\n', [{ ...nothing, code: '493817' }]],
    ['a sentence', whole, [{ ...nothing, text: whole }]],
    ['a JSON string', JSON.stringify(whole), [{ ...nothing, text: whole }]],
    [
      'an object',
      JSON.stringify({ status: 1, message: whole, from: 'Acme' }),
      [{ ...nothing, text: whole, from: 'Acme' }],
    ],
    ['an object around one', JSON.stringify({ code: 100, data: { sms: whole } }), [{ ...nothing, text: whole }]],
    ['a code in an object', '{"code":"493817"}', [{ ...nothing, code: '493817' }]],
    ['a code beside a text', JSON.stringify({ otp: '817', text: whole }), [{ ...nothing, text: whole }]],
    ['what is no code of the text', JSON.stringify({ code: 2001, data: whole }), [{ ...nothing, text: whole }]],
    [
      'a list, put in order by its times',
      JSON.stringify([
        { message: 'code 333444', timestamp: '2030-01-01 10:00:09' },
        { message: 'code 111222', timestamp: '2030-01-01 10:00:01' },
      ]),
      [
        { ...nothing, text: 'code 111222' },
        { ...nothing, text: 'code 333444' },
      ],
    ],
    [
      'a list without times, as it comes',
      '["code 111222","code 333444"]',
      [
        { ...nothing, text: 'code 111222' },
        { ...nothing, text: 'code 333444' },
      ],
    ],
  ])('%s', async (_name, body, texts) => {
    expect(await polled(body)).toEqual({ state: 'received', texts });
  });

  test('words without a code are none, and neither is how a call went', async () => {
    for (const body of [
      'Please be patient',
      '{"code":2001,"data":"nothing new"}',
      '{"status":"ok"}',
      '20261123000000',
    ]) {
      expect(await polled(body), body).toMatchObject({ state: 'waiting' });
    }
  });

  test('from another clock, the first 30 seconds are those of the lease', async () => {
    await against(said('Number Not Found.'), async (numbers, clock) => {
      const given = lease({ acquiredAtMs: clock.now() });
      expect(await numbers.poll(given, { signal })).toMatchObject({ state: 'waiting' });
      clock.advance(30_000);
      expect(await numbers.poll(given, { signal })).toMatchObject({ state: 'lost' });
    });
  });
});

test.each([
  ['{"balance":"12.50"}', 12.5],
  ['12.5', 12.5],
  ['{"balance":0}', 0],
])('a balance of %s is %d', async (body, amount) => {
  await against(said(body), async (numbers) => {
    expect(await numbers.balance?.({ signal })).toBe(amount);
  });
});

test('a balance that is none is a protocol error', async () => {
  for (const body of ['', 'plenty', '{"balance":"much"}', '{"balance":true}', '[]', '1e3']) {
    await against(said(body), async (numbers) => {
      await expect(numbers.balance?.({ signal }), body).rejects.toMatchObject({ kind: 'protocol' });
    });
  }
});

test('an error of the settings says which', async () => {
  await against(said('App Not Found.'), async (numbers) => {
    const refused = numbers.acquire({ country: 'USA', service: 'Gogle' }, { signal });
    await expect(refused).rejects.toThrow(/Gogle.*USA/);
  });
});

describe('settings that cannot work', () => {
  test.each([
    ['customer', { customer: '' }],
    ['service', { service: '' }],
    ['baseUrl', { baseUrl: 'api.smspinverify.com' }],
    ['baseUrl', { baseUrl: 'http://api.smspinverify.com' }],
    ['baseUrl', { baseUrl: 'http://127.0.0.1.example.com' }],
    ['baseUrl', { baseUrl: 'https://user:password@api.smspinverify.com' }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('%s: %o', (option, over) => {
    expect(faultsOf({ customer, service: 'Google', ...over })).toEqual([expect.stringContaining(option)]);
  });

  test('are named at once', () => {
    expect(faultsOf({ customer: '', service: '', baseUrl: 'http://example.com' })).toHaveLength(3);
  });

  test('and these can', () => {
    for (const baseUrl of [
      'https://api.pvapins.com/user/api',
      'http://localhost:8080/smspinverify',
      'http://[::1]:8080',
      undefined,
    ]) {
      expect(faultsOf({ customer, service: 'Google', baseUrl }), String(baseUrl)).toEqual([]);
    }
  });
});

function faultsOf(options: SmspinverifyOptions): readonly string[] {
  try {
    smspinverifyNumbers(options);
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.faults : [String(error)];
  }
}
