import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, VirtualNumberError } from '../../src/errors.ts';
import { withVendor, type Answer } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { readActivation, readStatus } from '../../src/virtual-numbers/handler-api-answers.ts';
import { handlerApiNumbers, type HandlerApiOptions } from '../../src/virtual-numbers/handler-api.ts';
import type { Lease, VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';

const apiKey = 'api-key-5b1e77d2';
const { signal } = new AbortController();

const said = (body: string, status = 200) => ({ status, headers: { 'content-type': 'text/html' }, body });
const json = (body: unknown, status = 200) => said(JSON.stringify(body), status);

/** The id under which a number is lent here. */
const idOf = (number: string): string => number.slice(-6);

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => handlerApiNumbers({ apiKey, service: 'go', baseUrl, ...options }),
  wanted: { country: '187' },
  credentials: [apiKey],
  numbers: ['+12025550143', '+12025550144'],
  asks: ['acquire', 'poll', 'release'],
  actOf: ({ url }) =>
    (({ getNumber: 'acquire', getStatus: 'poll', setStatus: 'release' }) as const)[
      new URL(url).searchParams.get('action') as 'getNumber'
    ] ?? null,
  answer({ url }, { number, texts, leasedAtMs, isLost }) {
    const query = new URL(url).searchParams;
    if (query.get('api_key') !== apiKey) return said('BAD_KEY');
    if (query.get('action') === 'getNumber') return said(`ACCESS_NUMBER:${idOf(number)}:${number.slice(1)}`);
    if (query.get('action') === 'setStatus')
      return said(query.get('status') === '6' ? 'ACCESS_ACTIVATION' : 'ACCESS_CANCEL');
    if (isLost) return said('STATUS_CANCEL');
    const newest = texts.filter(({ atMs }) => atMs >= leasedAtMs).at(-1);
    return said(newest ? `STATUS_OK:${newest.code}` : 'STATUS_WAIT_CODE');
  },
  tellsText: false,
  tellsSender: false,
  canBeLost: true,
  answers: [
    { name: 'a wrong key', on: 'acquire', reply: said('BAD_KEY'), is: 'auth' },
    { name: 'a wrong key, with 401', on: 'acquire', reply: said('BAD_KEY', 401), is: 'auth' },
    {
      name: 'a wrong key, in JSON',
      on: 'acquire',
      reply: json({ title: 'BAD_KEY', details: 'No such key' }, 401),
      is: 'auth',
    },
    { name: 'banned', on: 'acquire', reply: said("BANNED:'2030-01-01 00-00-00'"), is: 'auth' },
    { name: 'banned, with 403', on: 'acquire', reply: said('BANNED', 403), is: 'auth' },
    { name: 'no such service', on: 'acquire', reply: said('BAD_SERVICE'), is: 'config' },
    { name: 'no such service, in other words', on: 'acquire', reply: said('WRONG_SERVICE', 400), is: 'config' },
    { name: 'no such country', on: 'acquire', reply: said('BAD_COUNTRY'), is: 'config' },
    { name: 'no such call', on: 'acquire', reply: said('BAD_ACTION', 400), is: 'config' },
    { name: 'a price that is too low', on: 'acquire', reply: said('WRONG_MAX_PRICE:0.50'), is: 'config' },
    { name: 'no numbers', on: 'acquire', reply: said('NO_NUMBERS'), is: 'no_numbers' },
    { name: 'no numbers, with 404', on: 'acquire', reply: said('NO_NUMBERS', 404), is: 'no_numbers' },
    { name: 'no money', on: 'acquire', reply: said('NO_BALANCE'), is: 'funds' },
    { name: 'no money, in JSON', on: 'acquire', reply: json({ status: 'error', error: 'NO_BALANCE' }), is: 'funds' },
    { name: 'a fault of the database', on: 'acquire', reply: said('ERROR_SQL'), is: 'unavailable' },
    { name: 'a fault of the server', on: 'acquire', reply: said('SERVER ERROR', 400), is: 'unavailable' },
    { name: 'a word with 500', on: 'acquire', reply: said('SERVER ERROR', 500), is: 'unavailable' },
    { name: 'too many', on: 'acquire', reply: said('', 429), is: 'rate_limited' },
    { name: 'a page', on: 'acquire', reply: said('<html>ACCESS_NUMBER:1:12025550143</html>'), is: 'unavailable' },
    { name: 'a word of another call', on: 'acquire', reply: said('STATUS_WAIT_CODE'), is: 'protocol' },
    { name: 'a word that nobody knows', on: 'acquire', reply: said('NO_IDEA'), is: 'protocol' },
    { name: 'a number of no plan', on: 'acquire', reply: said('ACCESS_NUMBER:1:9999999999999'), is: 'protocol' },
    { name: 'waits', on: 'poll', reply: said('STATUS_WAIT_CODE'), is: 'waiting' },
    { name: 'waits for another', on: 'poll', reply: said('STATUS_WAIT_RETRY:493817'), is: 'waiting' },
    { name: 'waits for one that is sent again', on: 'poll', reply: said('STATUS_WAIT_RESEND'), is: 'waiting' },
    { name: 'waits, in JSON', on: 'poll', reply: json({ verificationType: 0, sms: null, call: null }), is: 'waiting' },
    { name: 'a code', on: 'poll', reply: said("STATUS_OK:'493817'"), is: 'received' },
    { name: 'no code', on: 'poll', reply: said('STATUS_OK:'), is: 'protocol' },
    { name: 'canceled', on: 'poll', reply: said('STATUS_CANCEL'), is: 'lost' },
    { name: 'no such activation', on: 'poll', reply: said('NO_ACTIVATION'), is: 'lost' },
    { name: 'no such activation, with 404', on: 'poll', reply: said('NO_ACTIVATION', 404), is: 'lost' },
    { name: 'no such id', on: 'poll', reply: json({ title: 'WRONG_ACTIVATION_ID' }, 400), is: 'lost' },
    { name: 'a wrong key, of a poll', on: 'poll', reply: said('BAD_KEY'), is: 'auth' },
    { name: 'nothing, of a poll', on: 'poll', reply: said(''), is: 'protocol' },
    { name: 'canceled by us', on: 'release', reply: said('ACCESS_CANCEL'), is: 'released' },
    { name: 'completed', on: 'release', reason: 'used', reply: said('ACCESS_ACTIVATION'), is: 'released' },
    { name: 'canceled before', on: 'release', reply: said('NO_ACTIVATION', 404), is: 'released' },
    { name: 'neither can be done', on: 'release', reply: said('BAD_STATUS'), is: 'released' },
    { name: 'canceled, with 400', on: 'release', reply: said('ACCESS_CANCEL', 400), is: 'protocol' },
    { name: 'too early', on: 'release', reply: said('EARLY_CANCEL_DENIED'), is: 'too_early' },
    { name: 'too early, with 409', on: 'release', reply: json({ title: 'EARLY_CANCEL_DENIED' }, 409), is: 'too_early' },
    { name: 'a wrong key, of a release', on: 'release', reply: said('BAD_KEY'), is: 'auth' },
    { name: 'other words, of a release', on: 'release', reply: said('OK'), is: 'protocol' },
  ],
};

describe('keeps every promise of the port', () => {
  test.each(virtualNumberConformance())('$name', async ({ run }) => run(underTest));
});

/** Runs against a site that answers so, and resolves with what the site was asked. */
async function against(
  answer: Answer,
  run: (numbers: VirtualNumberProvider) => Promise<unknown>,
  path = '',
): Promise<URL[]> {
  return withVendor(answer, async ({ url, received }) => {
    await run(handlerApiNumbers({ apiKey, service: 'go', baseUrl: url + path, clock: () => 0 }));
    return received.map((request) => new URL(request.url));
  });
}

const lease: Lease = {
  provider: 'handler-api',
  handle: '635468024',
  number: '+12025550143',
  acquiredAtMs: 0,
  expiresAtMs: null,
};

describe('what is asked', () => {
  test('the calls of the protocol, with the key in the query', async () => {
    const asked = await against(said('ACCESS_NUMBER:635468024:12025550143'), async (numbers) => {
      const given = await numbers.acquire({ country: '187', maxPrice: 0.5 }, { signal });
      expect(given).toMatchObject({ handle: '635468024', number: '+12025550143' });
      await numbers.acquire({ country: '0', service: 'ot' }, { signal });
      await numbers.poll(given, { signal }).catch(() => null);
    });
    const page = `/stubs/handler_api.php?api_key=${apiKey}`;
    expect(asked.map(({ pathname, search }) => pathname + search)).toEqual([
      `${page}&action=getNumber&service=go&country=187&maxPrice=0.5`,
      `${page}&action=getNumber&service=ot&country=0`,
      `${page}&action=getStatus&id=635468024`,
    ]);
  });

  test.each([
    ['/', '/stubs/handler_api.php'],
    ['/api/handler_api.php', '/api/handler_api.php'],
  ])('below %s: %s', async (path, pathname) => {
    const [asked] = await against(said('STATUS_WAIT_CODE'), (numbers) => numbers.poll(lease, { signal }), path);
    expect(asked?.pathname).toBe(pathname);
  });

  test.each([
    ['used', ['6']],
    ['unused', ['8']],
    ['bad', ['8']],
  ] as const)('a lease that is %s ends with %j', async (reason, statuses) => {
    const asked = await against(said('ACCESS_CANCEL'), (numbers) => numbers.release(lease, reason, { signal }));
    expect(asked.map(({ searchParams }) => searchParams.get('status'))).toEqual(statuses);
  });

  test('a number whose code came and was not used is completed, since it cannot be canceled', async () => {
    const asked = await against(
      ({ url }, response) => void response.end(url.includes('status=8') ? 'BAD_STATUS' : 'ACCESS_ACTIVATION'),
      async (numbers) => expect(await numbers.release(lease, 'unused', { signal })).toBe('released'),
    );
    expect(asked.map(({ searchParams }) => searchParams.get('status'))).toEqual(['8', '6']);
  });
});

const heard = { name: 'handler-api', asked: '', nowMs: 0 };
const answered = (text: string) => ({ status: 200, headers: new Headers(), text });

describe('a number is read', () => {
  test.each([
    ['ACCESS_NUMBER:635468024:12025550143'],
    ['ACCESS_NUMBER:635468024:+12025550143\n'],
    ['{"activationId":635468024,"phoneNumber":"12025550143","activationCost":0.5,"currency":840}'],
    ['{"activationId":"635468024","phoneNumber":12025550143,"activationOperator":"ANY"}'],
  ])('%s', (text) => {
    const { id, digits } = readActivation(answered(text), heard);
    expect([id, digits.replace('+', '')]).toEqual(['635468024', '12025550143']);
  });

  test.each([
    'ACCESS_NUMBER:635468024',
    'ACCESS_NUMBER::12025550143',
    'ACCESS_NUMBER:635468024:4929123456781234',
    'ACCESS_NUMBER:635468024:12025550143:extra',
    'ACCESS_NUMBER:635468024:1202555 0143',
    'access_number:635468024:12025550143',
    '12025550143',
    '{"activationId":635468024}',
    '{"phoneNumber":"12025550143"}',
    '{"activationId":{},"phoneNumber":"12025550143"}',
    '{"activationId":635468024,"phoneNumber":["12025550143"]}',
    '[{"activationId":635468024,"phoneNumber":"12025550143"}]',
  ])('and never out of %s', (text) => {
    expect(() => readActivation(answered(text), heard)).toThrow(expect.objectContaining({ kind: 'protocol' }));
  });

  test('no text but the documented forms becomes one, and none a code', () => {
    const digits = fc.stringMatching(/^[0-9]{4,16}$/);
    const word = fc.constantFrom(
      'ACCESS_NUMBER',
      'STATUS_OK',
      'ACCESS_NUMBER:1:',
      'Error ',
      '<p>',
      ':',
      'STATUS_OK ',
      '"',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.json(),
      fc.array(fc.oneof(word, digits), { maxLength: 5 }).map((parts) => parts.join('')),
    );
    const come = <Read>(read: () => Read): Read | null => {
      try {
        return read();
      } catch (error) {
        expect(error).toBeInstanceOf(VirtualNumberError);
        return null;
      }
    };
    fc.assert(
      fc.property(text, (body) => {
        const number = come(() => readActivation(answered(body), heard));
        expect(number === null || /^ACCESS_NUMBER:[\w-]+:\+?\d{7,15}$/.test(body.trim()), body).toBe(true);
        const status = come(() => readStatus(answered(body), heard));
        expect(status?.state !== 'received' || /^STATUS_OK:./.test(body.trim()), body).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a text is read', () => {
  const nothing = { code: null, text: null, from: null };
  const whole = 'Your code is 493817';
  test.each<[string, string, object[]]>([
    ['a code', 'STATUS_OK:493817', [{ ...nothing, code: '493817' }]],
    ['a code in quotes', "STATUS_OK:'493817'", [{ ...nothing, code: '493817' }]],
    ['a whole text in its place', `STATUS_OK:${whole}: see\nbelow`, [{ ...nothing, text: `${whole}: see\nbelow` }]],
    [
      'getStatusV2',
      JSON.stringify({ verificationType: 0, sms: { dateTime: '2030-01-01 10:00:00', code: '493817', text: whole } }),
      [{ ...nothing, code: '493817', text: whole }],
    ],
    [
      'getStatusV2 without a text',
      JSON.stringify({ sms: { code: 493817, text: '' } }),
      [{ ...nothing, code: '493817' }],
    ],
    [
      'a list',
      JSON.stringify({ sms: [{ code: '111222' }, { code: '493817', from: 'Acme' }] }),
      [
        { ...nothing, code: '111222' },
        { ...nothing, code: '493817', from: 'Acme' },
      ],
    ],
  ])('%s', (_name, text, texts) => {
    expect(readStatus(answered(text), heard)).toEqual({ state: 'received', texts });
  });

  test.each(['{"sms":{}}', '{"sms":"493817"}', '{"sms":[1]}', '{"call":null}', 'STATUS_OK', 'STATUS_OK493817'])(
    'and none out of %s',
    (text) => {
      expect(() => readStatus(answered(text), heard)).toThrow(expect.objectContaining({ kind: 'protocol' }));
    },
  );
});

test('a balance is told, and what is none is a protocol error', async () => {
  await against(said('ACCESS_BALANCE:44.60'), async (numbers) => {
    expect(await numbers.balance?.({ signal })).toBe(44.6);
  });
  for (const body of ['ACCESS_BALANCE:', 'ACCESS_BALANCE:much', '44.60', '']) {
    await against(said(body), async (numbers) => {
      await expect(numbers.balance?.({ signal }), body).rejects.toMatchObject({ kind: 'protocol' });
    });
  }
});

describe('settings that cannot work', () => {
  const right: HandlerApiOptions = { apiKey, service: 'go', baseUrl: 'https://sms.example.com' };
  const faultsOf = (over: Partial<HandlerApiOptions>): readonly string[] => {
    try {
      handlerApiNumbers({ ...right, ...over });
      return [];
    } catch (error) {
      return error instanceof ConfigurationError ? error.faults : [String(error)];
    }
  };

  test.each([
    ['apiKey', { apiKey: '' }],
    ['service', { service: '' }],
    ['baseUrl', { baseUrl: 'http://sms.example.com' }],
    ['baseUrl', { baseUrl: 'https://sms.example.com/?api_key=1' }],
    ['timeoutMs', { timeoutMs: -1 }],
  ])('%s: %o', (option, over) => {
    expect(faultsOf(over)).toEqual([expect.stringContaining(option)]);
  });

  test('are named at once, and right ones are not', () => {
    expect(faultsOf({ apiKey: '', service: '', baseUrl: 'sms.example.com' })).toHaveLength(3);
    expect(faultsOf({})).toEqual([]);
  });
});
