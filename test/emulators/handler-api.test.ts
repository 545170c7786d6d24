import { describe, expect, test } from 'vitest';
import { VirtualNumberError } from '../../src/errors.ts';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import { handlerApiEmulator, type HandlerApiEmulatorOptions } from '../../src/inbox/emulators/handler-api.ts';
import { countryOfId } from '../../src/inbox/emulators/rent-country-ids.ts';
import { exampleMobile } from '../../src/phone-number.ts';
import { handlerApiNumbers } from '../../src/virtual-numbers/handler-api.ts';
import { renting, text, type Answer, type RentUnderTest } from './rent-under-test.ts';

const start = (options: HandlerApiEmulatorOptions = {}) => renting(handlerApiEmulator(options));

type Query = Readonly<Record<string, string>>;
const path = '/stubs/handler_api.php';

/** A parameter that is set to '' is left out. */
function act({ get }: RentUnderTest, action: string, query: Query = {}): Promise<Answer> {
  const given = Object.entries({ api_key: 'key', action, ...query }).filter(([, value]) => value !== '');
  return get(`${path}?${new URLSearchParams(given).toString()}`);
}
const said = async (answer: Promise<Answer>) => (await answer).text;
const booking = { service: 'go', country: '187' };

async function rent(site: RentUnderTest, query: Query = {}) {
  const answer = await said(act(site, 'getNumber', { ...booking, ...query }));
  const [, id = '', number = ''] = /^ACCESS_NUMBER:(\d+):(\d+)$/.exec(answer) ?? [];
  expect(answer).toBe(`ACCESS_NUMBER:${id}:${number}`);
  return { id, number };
}
const status = (site: RentUnderTest, id: string, query: Query = {}) => said(act(site, 'getStatus', { id, ...query }));
const set = (site: RentUnderTest, id: string, to: string, query: Query = {}) =>
  said(act(site, 'setStatus', { id, status: to, ...query }));
const balance = (site: RentUnderTest) => said(act(site, 'getBalance'));

test('a number, waiting, its code and the end, all in plain text with status 200', async () => {
  await using site = await start();
  expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
  const { id, number } = await rent(site);
  expect(number).toMatch(/^1\d{3}55501\d\d$/);
  expect(await balance(site)).toBe('ACCESS_BALANCE:99.50');
  expect(await set(site, id, '1')).toBe('ACCESS_READY');
  expect(await act(site, 'getStatus', { id })).toMatchObject({
    status: 200,
    type: 'text/plain; charset=UTF-8',
    text: 'STATUS_WAIT_CODE',
  });
  site.receive(number);
  expect(await status(site, id)).toBe('STATUS_OK:493817');
  expect(await set(site, id, '6')).toBe('ACCESS_ACTIVATION');
  expect(await status(site, id)).toBe('STATUS_CANCEL');
  expect(await balance(site)).toBe('ACCESS_BALANCE:99.50');
  expect(site.inbox.numbers.list()).toEqual([]);
});

test('the root of the port, and a form, are as good', async () => {
  await using site = await start();
  const { number } = await rent(site);
  const query = new URLSearchParams({ api_key: 'key', action: 'getBalance' });
  expect(await said(site.get(`${site.url}${path}?${query.toString()}`))).toBe('ACCESS_BALANCE:99.50');
  const posted = await fetch(`${site.url}${path}`, { method: 'POST', body: query });
  expect(await posted.text()).toBe('ACCESS_BALANCE:99.50');
  expect(site.inbox.numbers.find(`+${number}`)).toBeDefined();
});

describe('what is not understood', () => {
  test.each<[string, Query, string]>([
    ['no key', { api_key: '' }, 'BAD_KEY'],
    ['the key of nobody', { api_key: 'unknown' }, 'BAD_KEY'],
    ['no action', { action: '' }, 'BAD_ACTION'],
    ['an action that is none', { action: 'getEverything' }, 'BAD_ACTION'],
    ['an action of every object', { action: 'constructor' }, 'BAD_ACTION'],
    ['no service', { service: '' }, 'BAD_SERVICE'],
    ['a service that cannot be one', { service: 'a b' }, 'BAD_SERVICE'],
    ['no country', { country: '' }, 'WRONG_COUNTRY'],
    ['a country that is none', { country: '9999' }, 'WRONG_COUNTRY'],
    ['a country by name', { country: 'USA' }, 'WRONG_COUNTRY'],
    ['too low a price', { maxPrice: '0.4' }, 'WRONG_MAX_PRICE:0.5'],
    ['a customer without money', { api_key: 'poor' }, 'NO_BALANCE'],
    ['a site without numbers', { api_key: 'empty' }, 'NO_NUMBERS'],
    ['a site in trouble', { api_key: 'sql' }, 'ERROR_SQL'],
    ['a customer who is shut out', { api_key: 'banned' }, 'BANNED:2030-01-01 01-00-00'],
  ])('%s: getNumber and getNumberV2 say so', async (_, query, words) => {
    await using site = await start();
    for (const action of ['getNumber', 'getNumberV2']) {
      expect(await act(site, action, { ...booking, ...query })).toMatchObject({ status: 200, text: words });
    }
    expect(site.inbox.numbers.list()).toEqual([]);
  });

  test('an activation of another customer is none', async () => {
    await using site = await start();
    const { id } = await rent(site);
    const queries: readonly Query[] = [{ id, api_key: 'another' }, { id: '1' }, { id: '' }];
    for (const query of queries) {
      expect(await said(act(site, 'getStatus', query))).toBe('NO_ACTIVATION');
      expect(await said(act(site, 'getStatusV2', query))).toBe('NO_ACTIVATION');
    }
    expect(await set(site, id, '6', { api_key: 'another' })).toBe('NO_ACTIVATION');
    expect(await set(site, '1', '6')).toBe('NO_ACTIVATION');
    expect(await set(site, 'one', '6')).toBe('WRONG_ACTIVATION_ID');
  });

  test.each(['', '0', '2', '7', 'x'])('the status %j is none', async (to) => {
    await using site = await start();
    const { id } = await rent(site);
    expect(await set(site, id, to)).toBe('BAD_STATUS');
  });

  test('errors come with a 4xx where the emulator is told so', async () => {
    await using site = await start({ errorStatuses: true });
    expect(await act(site, 'getBalance', { api_key: '' })).toMatchObject({ status: 401, text: 'BAD_KEY' });
    expect((await act(site, 'getBalance', { api_key: 'banned' })).status).toBe(403);
    expect((await act(site, 'nothing')).status).toBe(400);
    expect((await act(site, 'getStatus', { id: '1' })).status).toBe(404);
    expect((await act(site, 'getBalance')).status).toBe(200);
    expect((await act(site, 'getNumber', { ...booking, api_key: 'empty' })).status).toBe(200);
  });
});

describe('another code', () => {
  test('is waited for with the last one, and told when it came', async () => {
    await using site = await start();
    const { id, number } = await rent(site);
    expect(await set(site, id, '3')).toBe('BAD_STATUS');
    site.receive(number);
    expect(await set(site, id, '3')).toBe('ACCESS_RETRY_GET');
    expect(await status(site, id)).toBe('STATUS_WAIT_RETRY:493817');
    expect(await set(site, id, '3')).toBe('ACCESS_RETRY_GET');
    // The same digits once more are another text.
    site.receive(number);
    expect(await status(site, id)).toBe('STATUS_OK:493817');
    expect(await set(site, id, '3')).toBe('ACCESS_RETRY_GET');
    site.receive(number, '111111 is your Example code.');
    expect(await status(site, id)).toBe('STATUS_OK:111111');
    expect(await set(site, id, '6')).toBe('ACCESS_ACTIVATION');
  });
});

describe('an end', () => {
  test('by cancel is refused for two minutes, then gives number and money back', async () => {
    await using site = await start();
    const { id } = await rent(site);
    site.clock.advance(119_999);
    expect(await set(site, id, '8')).toBe('EARLY_CANCEL_DENIED');
    site.clock.advance(1);
    expect(await set(site, id, '8')).toBe('ACCESS_CANCEL');
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await status(site, id)).toBe('STATUS_CANCEL');
    expect(await set(site, id, '8')).toBe('BAD_STATUS');
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
  });

  test('by cancel, as some clients write it', async () => {
    await using site = await start({ keepSeconds: 0 });
    const { id } = await rent(site);
    expect(await set(site, id, '-1')).toBe('ACCESS_CANCEL');
  });

  test('by cancel is refused once a code came, also while another is waited for', async () => {
    await using site = await start({ keepSeconds: 0 });
    const { id, number } = await rent(site);
    site.receive(number);
    expect(await set(site, id, '8')).toBe('BAD_STATUS');
    await set(site, id, '3');
    expect(await set(site, id, '8')).toBe('BAD_STATUS');
    expect(await balance(site)).toBe('ACCESS_BALANCE:99.50');
  });

  test('by finishing without a code gives the money back', async () => {
    await using site = await start();
    const { id } = await rent(site);
    expect(await set(site, id, '6')).toBe('ACCESS_ACTIVATION');
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
  });

  test('by itself comes after 20 minutes', async () => {
    await using site = await start();
    const { id } = await rent(site);
    site.clock.advance(1_199_999);
    expect(await status(site, id)).toBe('STATUS_WAIT_CODE');
    site.clock.advance(1);
    expect(await status(site, id)).toBe('STATUS_CANCEL');
    expect(await set(site, id, '6')).toBe('BAD_STATUS');
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
  });
});

test('the second versions tell more, as JSON', async () => {
  await using site = await start();
  const answer = await act(site, 'getNumberV2', booking);
  expect(answer.type).toBe('application/json');
  const order = JSON.parse(answer.text) as { activationId: number; phoneNumber: string };
  expect(order).toEqual({
    activationId: expect.any(Number),
    phoneNumber: expect.stringMatching(/^1\d{10}$/),
    activationCost: 0.5,
    currency: 840,
    countryCode: '187',
    canGetAnotherSms: '1',
    activationTime: '2030-01-01 00:00:00',
    activationOperator: 'any',
  });
  const id = String(order.activationId);
  expect(await said(act(site, 'getStatusV2', { id }))).toBe('STATUS_WAIT_CODE');
  site.clock.advance(5_000);
  site.receive(order.phoneNumber);
  expect(JSON.parse(await said(act(site, 'getStatusV2', { id })))).toEqual({
    verificationType: 0,
    sms: { dateTime: '2030-01-01 00:00:05', code: '493817', text },
  });
});

test('a text without a code is told whole', async () => {
  await using site = await start();
  const { id, number } = await rent(site);
  site.receive(number, 'Nothing but words.');
  expect(await status(site, id)).toBe('STATUS_OK:Nothing but words.');
});

describe('countries', () => {
  test('every number that is known is one of a country with numbers', async () => {
    await using site = await start();
    for (const country of countryOfId.values())
      expect([country, exampleMobile(country) !== null]).toEqual([country, true]);
    expect((await rent(site, { country: '16' })).number).toMatch(/^447/);
    expect((await rent(site, { country: '7' })).number).toMatch(/^60/);
    expect((await rent(site, { country: '0' })).number).toMatch(/^79/);
    expect((await rent(site, { country: '12' })).number).toMatch(/^1/);
  });

  test('are listed, with what is free and what it costs', async () => {
    await using site = await start();
    const countries = JSON.parse(await said(act(site, 'getCountries'))) as Record<string, unknown>;
    expect(countries['187']).toEqual({
      id: 187,
      rus: 'Соединенные Штаты',
      eng: 'United States',
      chn: '美国',
      visible: 1,
      retry: 1,
      rent: 0,
      multiService: 0,
    });
    expect(Object.keys(countries)).toHaveLength(countryOfId.size);
    await rent(site, { country: '7' });
    const price = { cost: 0.5, count: 999, physicalCount: 999 };
    expect(JSON.parse(await said(act(site, 'getPrices', { country: '7', service: 'go' })))).toEqual({
      7: { go: price },
    });
    expect(JSON.parse(await said(act(site, 'getPrices')))).toMatchObject({
      7: { ot: price },
      16: { ot: { count: 1_000 } },
    });
    expect(await said(act(site, 'getPrices', { country: '9999' }))).toBe('{}');
    expect(JSON.parse(await said(act(site, 'getNumbersStatus', { country: '7' })))).toEqual({ ot: 999 });
    expect(await said(act(site, 'getNumbersStatus', { country: '9999' }))).toBe('WRONG_COUNTRY');
  });
});

test('100 calls at once get 100 numbers and 100 ids', async () => {
  await using site = await start();
  const rented = await Promise.all(Array.from({ length: 100 }, () => rent(site)));
  expect(new Set(rented.map(({ number }) => number)).size).toBe(100);
  expect(new Set(rented.map(({ id }) => id)).size).toBe(100);
  expect(await balance(site)).toBe('ACCESS_BALANCE:50.00');
});

describe('what is scripted to go wrong', () => {
  test.each<[Fault, { status: number; text: unknown }]>([
    [
      { kind: 'rate_limited', retryAfterSeconds: 7 },
      { status: 429, text: 'Too many requests' },
    ],
    [
      { kind: 'server_error', status: 503 },
      { status: 503, text: expect.stringMatching(/^<html>/) },
    ],
    [
      { kind: 'refused', code: undefined },
      { status: 200, text: 'ERROR_SQL' },
    ],
    [
      { kind: 'refused', code: 'NO_NUMBERS' },
      { status: 200, text: 'NO_NUMBERS' },
    ],
  ])('%j: nothing is rented', async (fault, expected) => {
    await using site = await start();
    site.carrier.faults.add({ vendor: 'handler-api', fault, next: 1 });
    expect(await act(site, 'getNumber', booking)).toMatchObject(expected);
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
    await rent(site);
  });

  test('a connection that breaks, before and after', async () => {
    await using site = await start();
    site.carrier.faults.add({ vendor: 'handler-api', fault: { kind: 'cut_before' }, next: 1 });
    site.carrier.faults.add({ vendor: 'handler-api', fault: { kind: 'cut_after' }, next: 1 });
    await expect(act(site, 'getNumber', booking)).rejects.toThrow('fetch failed');
    expect(await balance(site)).toBe('ACCESS_BALANCE:100.00');
    await expect(act(site, 'getNumberV2', booking)).rejects.toThrow('fetch failed');
    expect(await balance(site)).toBe('ACCESS_BALANCE:99.50');
  });

  test('a text that is never told', async () => {
    await using site = await start();
    site.carrier.faults.add({ vendor: 'handler-api', fault: { kind: 'dropped' }, next: 1 });
    const { id, number } = await rent(site);
    site.receive(number);
    expect(await status(site, id)).toBe('STATUS_WAIT_CODE');
  });
});

test('websites get no number by a link of theirs', async () => {
  await using site = await start();
  const query = new URLSearchParams({ api_key: 'key', action: 'getNumber', ...booking }).toString();
  expect(await site.follow(`${path}?${query}`, 'cross-site')).toBe(403);
  expect(site.inbox.numbers.list()).toEqual([]);
});

describe('our own adapter', () => {
  const { signal } = new AbortController();
  const adapter = ({ url, clock }: RentUnderTest, apiKey = 'key') =>
    handlerApiNumbers({ apiKey, service: 'go', baseUrl: `${url}/handler-api`, clock: clock.now });
  const wanted = { country: '187' };

  test('rents, polls and releases', async () => {
    await using site = await start();
    const provider = adapter(site);
    const lease = await provider.acquire(wanted, { signal });
    expect(site.inbox.numbers.find(lease.number)?.expiresAt.getTime()).toBe(lease.expiresAtMs);
    expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
    expect(await provider.balance?.({ signal })).toBe(99.5);
    site.receive(lease.number);
    expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'received', texts: [{ code: '493817' }] });
    expect(await provider.release(lease, 'used', { signal })).toBe('released');
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'lost' });

    const unused = await provider.acquire(wanted, { signal });
    expect(await provider.release(unused, 'unused', { signal })).toBe('too_early');
    site.clock.advance(120_000);
    expect(await provider.release(unused, 'unused', { signal })).toBe('released');
    expect(await provider.balance?.({ signal })).toBe(99.5);
  });

  test.each([
    ['unknown', '187', 'auth'],
    ['banned', '187', 'auth'],
    ['key', '9999', 'config'],
    ['poor', '187', 'funds'],
    ['empty', '187', 'no_numbers'],
    ['busy', '187', 'rate_limited'],
    ['sql', '187', 'unavailable'],
  ])('with the key %s and the country %s gets an error of the kind %s', async (apiKey, country, kind) => {
    await using site = await start();
    const thrown = await adapter(site, apiKey)
      .acquire({ country }, { signal })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(VirtualNumberError);
    expect(thrown).toMatchObject({ kind });
  });
});
