import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { twilioEmulator } from '../../src/inbox/emulators/twilio.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import type { VendorReply } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Answer, type Received } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { twilioNumbers, type TwilioNumbersOptions } from '../../src/virtual-numbers/twilio-number.ts';
import type { VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { withNumber } from '../../src/virtual-numbers/with-number.ts';
import { listeningInbox } from '../emulators/carrier-under-test.ts';

const accountSid = 'AC0123456789abcdef0123456789abcdef';
const authToken = 'auth-token-of-the-account';
const numbers = ['+12025550100', '+12025550101'] as const;
const signal = new AbortController().signal;
const anyCountry = { country: 'US' };

const json = (status: number, body: unknown): VendorReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const refusal = (status: number, code: number) =>
  json(status, { code, message: 'in words', more_info: `https://www.twilio.com/docs/errors/${code}`, status });

/** `Tue, 01 Jan 2030 00:00:00 +0000` */
const rfc2822 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');

/** As Twilio lists what came in. */
const inbound = (over: object = {}) => ({
  account_sid: accountSid,
  api_version: '2010-04-01',
  body: '493817 is your Example code',
  date_created: 'Tue, 01 Jan 2030 00:00:00 +0000',
  date_sent: 'Tue, 01 Jan 2030 00:00:00 +0000',
  date_updated: 'Tue, 01 Jan 2030 00:00:00 +0000',
  direction: 'inbound',
  error_code: null,
  error_message: null,
  from: '+12025550199',
  messaging_service_sid: null,
  num_media: '0',
  num_segments: '1',
  price: null,
  price_unit: 'USD',
  sid: 'SM00000000000000000000000000000001',
  status: 'received',
  subresource_uris: {},
  to: numbers[0],
  uri: '/2010-04-01/Accounts/AC/Messages/SM.json',
  ...over,
});
/** The newest first. */
const list = (messages: readonly unknown[]) => json(200, { messages, page: 0, page_size: 20, next_page_uri: null });

const isAcquire = (url: string): boolean => new URL(url).searchParams.get('PageSize') === '50';

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => twilioNumbers({ accountSid, authToken, numbers, baseUrl, ...options }),
  wanted: anyCountry,
  credentials: [authToken, `${accountSid}:${authToken}`],
  numbers,
  asks: ['acquire', 'poll'],
  actOf: ({ url }) => (isAcquire(url) ? 'acquire' : 'poll'),
  answer({ url }, { texts }) {
    const query = new URL(url).searchParams;
    const sinceMs = Date.parse(query.get('DateSent>') ?? '');
    const messages = texts
      .map(({ text, from, atMs }, index) =>
        inbound({ sid: `SM${index}`, body: text, from, date_sent: rfc2822(atMs), to: query.get('To') }),
      )
      .filter(({ date_sent: at }) => Date.parse(at) >= sinceMs);
    return list(messages.toReversed());
  },
  tellsText: true,
  tellsSender: true,
  canBeLost: false,
  answers: [
    { name: 'wrong credentials', on: 'acquire', reply: refusal(401, 20003), is: 'auth' },
    { name: 'not allowed', on: 'acquire', reply: refusal(403, 20403), is: 'auth' },
    { name: 'an account that is not there', on: 'acquire', reply: refusal(404, 20404), is: 'config' },
    { name: 'an account that was stopped', on: 'acquire', reply: refusal(401, 20005), is: 'funds' },
    { name: 'too many calls', on: 'poll', reply: refusal(429, 20429), is: 'rate_limited' },
    { name: 'out of order', on: 'poll', reply: refusal(503, 20503), is: 'unavailable' },
    { name: 'an error of theirs', on: 'poll', reply: refusal(500, 20500), is: 'unavailable' },
    { name: 'another code', on: 'poll', reply: refusal(400, 20001), is: 'protocol' },
    { name: 'nothing came', on: 'poll', reply: list([]), is: 'waiting' },
    { name: 'a text came', on: 'poll', reply: list([inbound()]), is: 'received' },
    { name: 'a text that is being received', on: 'poll', reply: list([inbound({ date_sent: null })]), is: 'received' },
    { name: 'a text went out', on: 'poll', reply: list([inbound({ direction: 'outbound-api' })]), is: 'waiting' },
    { name: 'a reply went out', on: 'poll', reply: list([inbound({ direction: 'outbound-reply' })]), is: 'waiting' },
    { name: 'one came to another number', on: 'poll', reply: list([inbound({ to: numbers[1] })]), is: 'waiting' },
    {
      name: 'one came long before',
      on: 'poll',
      reply: list([inbound({ date_sent: 'Mon, 31 Dec 2029 23:50:00 +0000' })]),
      is: 'waiting',
    },
    { name: 'a message without a sid', on: 'poll', reply: list([inbound({ sid: undefined })]), is: 'protocol' },
    { name: 'a message without a body', on: 'poll', reply: list([inbound({ body: null })]), is: 'protocol' },
    { name: 'a message of no time', on: 'poll', reply: list([inbound({ date_sent: 'soon' })]), is: 'protocol' },
    { name: 'messages that are none', on: 'poll', reply: list(['493817']), is: 'protocol' },
    { name: 'no list', on: 'poll', reply: json(200, { messages: '493817' }), is: 'protocol' },
  ],
};

describe('it keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(underTest));
});

/** A Twilio with messages of the number that is asked for, the newest first. */
async function against<Result>(
  run: (opened: {
    provider: VirtualNumberProvider;
    clock: VirtualClock;
    received: readonly Received[];
    messages: object[];
  }) => Promise<Result>,
  options: Partial<TwilioNumbersOptions> = {},
): Promise<Result> {
  const clock = virtualClock();
  const messages: object[] = [];
  const answer: Answer = (_request, response) => void response.writeHead(200).end(list(messages).body);
  return withVendor(answer, ({ url, received }) => {
    const provider = twilioNumbers({ accountSid, authToken, numbers, baseUrl: url, clock: clock.now, ...options });
    return run({ provider, clock, received, messages });
  });
}

test('the list is asked for one number, since a minute before the lease, with the credentials', () =>
  against(async ({ provider, clock, received }) => {
    clock.advance(345);
    const lease = await provider.acquire(anyCountry, { signal });
    await provider.poll(lease, { signal });
    const [before, poll] = received.map(({ url }) => new URL(url));
    expect(poll?.pathname).toBe(`/2010-04-01/Accounts/${accountSid}/Messages.json`);
    expect(poll?.search).toBe('?To=%2B12025550100&DateSent%3E=2029-12-31T23%3A59%3A00Z&PageSize=20');
    expect(before?.search).toBe('?To=%2B12025550100&DateSent%3E=2029-12-31T23%3A59%3A00Z&PageSize=50');
    const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    expect(received[0]?.headers.get('authorization')).toBe(`Basic ${basic}`);
  }));

test('an API key proves the calls in place of the token', () =>
  against(
    async ({ provider, received }) => {
      await provider.acquire(anyCountry, { signal });
      const basic = Buffer.from('SK1:api-secret').toString('base64');
      expect(received[0]?.headers.get('authorization')).toBe(`Basic ${basic}`);
    },
    { apiKey: 'SK1', apiSecret: 'api-secret', authToken: undefined },
  ));

describe('times of Twilio are whole seconds:', () => {
  test('a text that came in the second in which the lease began is told', () =>
    against(async ({ provider, clock, messages }) => {
      clock.advance(900);
      const lease = await provider.acquire(anyCountry, { signal });
      messages.push(inbound({ sid: 'SM1', date_sent: rfc2822(clock.now()) }));
      expect((await provider.poll(lease, { signal })).state).toBe('received');
    }));

  test('one that was there when the lease began is not, in whatever second', () =>
    against(async ({ provider, clock, messages }) => {
      messages.push(inbound({ sid: 'SM1', date_sent: rfc2822(clock.now() + 30_000) }));
      const lease = await provider.acquire(anyCountry, { signal });
      messages.unshift(inbound({ sid: 'SM2', body: 'the second' }));
      expect(await provider.poll(lease, { signal })).toMatchObject({ texts: [{ text: 'the second' }] });
    }));

  test('a clock that is half a minute ahead of ours or behind hides nothing', () =>
    against(async ({ provider, clock, messages }) => {
      const lease = await provider.acquire(anyCountry, { signal });
      for (const skewMs of [-30_000, 30_000]) {
        messages.push(inbound({ sid: `SM${skewMs}`, date_sent: rfc2822(clock.now() + skewMs) }));
      }
      expect((await provider.poll(lease, { signal })) as object).toHaveProperty('texts.length', 2);
    }));
});

describe('each number is lent once at a time:', () => {
  test('of racing calls no two get the same, and who is left gets none', () =>
    against(async ({ provider }) => {
      const came = await Promise.allSettled([1, 2, 3].map(() => provider.acquire(anyCountry, { signal })));
      const lent = came.flatMap((one) => (one.status === 'fulfilled' ? one.value.number : []));
      expect(lent.toSorted()).toEqual([...numbers]);
      expect(came.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { kind: 'no_numbers' } }]);
    }));

  test('the one that was free for longest goes first', () =>
    against(async ({ provider }) => {
      const first = await provider.acquire(anyCountry, { signal });
      await provider.release(first, 'used', { signal });
      expect((await provider.acquire(anyCountry, { signal })).number).toBe(numbers[1]);
      expect((await provider.acquire(anyCountry, { signal })).number).toBe(numbers[0]);
    }));

  test('giving one back a second time does not take it from the next', () =>
    against(
      async ({ provider }) => {
        const first = await provider.acquire(anyCountry, { signal });
        expect(await provider.release(first, 'used', { signal })).toBe('released');
        const second = await provider.acquire(anyCountry, { signal });
        expect(await provider.release(first, 'used', { signal })).toBe('released');
        await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'no_numbers' });
        expect((await provider.poll(second, { signal })).state).toBe('waiting');
      },
      { numbers: [numbers[0]] },
    ));

  test('a lease that was given back is lost, and reads no texts of the next', () =>
    against(async ({ provider, messages, received }) => {
      const lease = await provider.acquire(anyCountry, { signal });
      await provider.release(lease, 'used', { signal });
      messages.push(inbound());
      expect((await provider.poll(lease, { signal })).state).toBe('lost');
      expect(received).toHaveLength(1);
    }));

  test('one that could not be lent, or was given up, is free', async () => {
    let failures = 2;
    const answer: Answer = (_request, response) => {
      if (failures-- > 0) response.writeHead(500).end();
      else response.writeHead(200).end(list([]).body);
    };
    await withVendor(answer, async ({ url }) => {
      const provider = twilioNumbers({ accountSid, authToken, numbers: [numbers[0]], baseUrl: url });
      await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(provider.acquire(anyCountry, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
      await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await provider.acquire(anyCountry, { signal })).number).toBe(numbers[0]);
    });
  });
});

describe('against the emulator, through to the code', () => {
  test('that an app sends, and nothing that was there before', async () => {
    await using carrier = await listeningInbox([twilioEmulator({ accountSid, authToken })]);
    const baseUrl = `${carrier.url}/twilio`;
    const send = (to: string, body: string) =>
      fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` },
        body: new URLSearchParams({ To: to, From: '+12025550199', Body: body }),
      });
    await send(numbers[0], '111222 is an older code');
    const provider = twilioNumbers({ accountSid, authToken, numbers, baseUrl });
    const came = await withNumber(provider, anyCountry, async (lease) => {
      expect(lease.number).toBe(numbers[0]);
      expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
      await send(numbers[1], '333444 is of someone else');
      await send(numbers[0], '493817 is your Example code');
      return waitForCode(provider, lease, { sleepsMs: [0] });
    });
    expect(came).toMatchObject({ code: '493817', from: '+12025550199', text: '493817 is your Example code' });
    const wrong = twilioNumbers({ accountSid, authToken: 'x', numbers, baseUrl });
    await expect(wrong.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'auth' });
  });
});

describe('options that cannot work', () => {
  const faultsOf = (options: Partial<Record<keyof TwilioNumbersOptions, unknown>>): readonly string[] => {
    try {
      twilioNumbers({ accountSid, authToken, numbers, ...options } as TwilioNumbersOptions);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  test.each<[string, Partial<Record<keyof TwilioNumbersOptions, unknown>>]>([
    ['accountSid', { accountSid: 'AC1' }],
    ['accountSid', { accountSid: undefined }],
    ['accountSid', { accountSid: 'a/../b', baseUrl: 'https://sms.example.com' }],
    ['authToken', { authToken: '' }],
    ['authToken', { authToken: undefined }],
    ['apiKey', { apiKey: 'SK1', apiSecret: 'secret' }],
    ['apiKey', { apiKey: `SK${'0'.repeat(32)}` }],
    ['apiKey', { apiSecret: 'secret' }],
    ['apiKey', { apiKey: `SK${'0'.repeat(32)}`, apiSecret: '' }],
    ['numbers', { numbers: [] }],
    ['numbers', { numbers: undefined }],
    ['numbers', { numbers: ['2025550100'] }],
    ['numbers', { numbers: [numbers[0], numbers[0]] }],
    ['baseUrl', { baseUrl: 'http://api.twilio.com' }],
    ['baseUrl', { baseUrl: 'api.twilio.com' }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
  ])('%s: %o', (option, options) => {
    expect(faultsOf(options)).toEqual([expect.stringMatching(new RegExp(`^${option} `)) as string]);
  });

  test('all at once', () => {
    expect(faultsOf({ accountSid: '', authToken: undefined, numbers: [], timeoutMs: 0 })).toHaveLength(4);
  });
});
