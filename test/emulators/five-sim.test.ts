import { describe, expect, test } from 'vitest';
import { VirtualNumberError } from '../../src/errors.ts';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import { fiveSimEmulator, type FiveSimEmulatorOptions } from '../../src/inbox/emulators/five-sim.ts';
import { fiveSimNumbers } from '../../src/virtual-numbers/five-sim.ts';
import { renting, text, type Answer, type RentUnderTest } from './rent-under-test.ts';

const start = (options: FiveSimEmulatorOptions = {}) => renting(fiveSimEmulator(options));

const get = (site: RentUnderTest, path: string, token = 'token'): Promise<Answer> =>
  site.get(`/v1${path}`, token === '' ? {} : { authorization: `Bearer ${token}` });
const said = async (answer: Promise<Answer>) => (await answer).text;
const read = async (answer: Promise<Answer>) => JSON.parse(await said(answer)) as Record<string, unknown>;

interface Order {
  id: number;
  phone: string;
}
const buy = (site: RentUnderTest, what = 'usa/any/google', token = 'token') =>
  get(site, `/user/buy/activation/${what}`, token);
const bought = async (site: RentUnderTest, what?: string) => (await read(buy(site, what))) as unknown as Order;
const order = (site: RentUnderTest, act: string, { id }: Order, token?: string) =>
  get(site, `/user/${act}/${id}`, token);
const balance = async (site: RentUnderTest) => {
  const { balance: left, frozen_balance: frozen } = await read(get(site, '/user/profile'));
  return { left, frozen };
};

test('an order, waiting, its text and the end, as JSON', async () => {
  await using site = await start();
  const answer = await buy(site);
  expect(answer).toMatchObject({ status: 200, type: 'application/json' });
  const placed = JSON.parse(answer.text) as Order;
  const facts = {
    id: expect.any(Number),
    phone: expect.stringMatching(/^\+1\d{3}55501\d\d$/),
    operator: 'any',
    product: 'google',
    price: 0.5,
    expires: '2030-01-01T00:20:00.000Z',
    created_at: '2030-01-01T00:00:00.000Z',
    forwarding: false,
    forwarding_number: '',
    country: 'usa',
  };
  expect(placed).toEqual({ ...facts, status: 'PENDING', sms: null });
  expect(await balance(site)).toEqual({ left: 99.5, frozen: 0.5 });
  // The vendor's word for waiting.
  expect(await read(order(site, 'check', placed))).toEqual({ ...facts, status: 'RECEIVED', sms: [] });
  site.clock.advance(5_000);
  site.receive(placed.phone);
  const at = '2030-01-01T00:00:05.000Z';
  const sms = [{ created_at: at, date: at, sender: 'Example', text, code: '493817' }];
  expect(await read(order(site, 'check', placed))).toEqual({ ...facts, status: 'RECEIVED', sms });
  expect(await read(order(site, 'finish', placed))).toEqual({ ...facts, status: 'FINISHED', sms });
  expect(await read(order(site, 'check', placed))).toEqual({ ...facts, status: 'FINISHED', sms });
  expect(await balance(site)).toEqual({ left: 99.5, frozen: 0 });
  expect(site.inbox.numbers.list()).toEqual([]);
});

test('all texts of an order are told, the newest last; one without a code has none', async () => {
  await using site = await start();
  const placed = await bought(site);
  site.receive(placed.phone, 'Nothing but words.');
  site.receive(placed.phone);
  expect(await read(order(site, 'check', placed))).toMatchObject({
    sms: [{ text: 'Nothing but words.', code: '' }, { code: '493817' }],
  });
});

describe('what is not understood', () => {
  test.each(['', 'unknown'])('the token %j: 401', async (token) => {
    await using site = await start();
    for (const path of ['/user/profile', '/user/buy/activation/usa/any/google', '/user/check/1']) {
      expect(await get(site, path, token)).toMatchObject({
        status: 401,
        type: 'text/plain; charset=UTF-8',
        text: 'Unauthorized',
      });
    }
  });

  test.each([
    ['atlantis/any/google', 'token', 400, 'bad country'],
    ['usa/a-b/google', 'token', 400, 'bad operator'],
    ['usa/any/a%20b', 'token', 400, 'no product'],
    ['antarctica/any/google', 'token', 200, 'no free phones'],
    ['usa/any/google', 'empty', 200, 'no free phones'],
    ['usa/any/google?maxPrice=0.4', 'token', 200, 'no free phones'],
    ['usa/any/google', 'poor', 400, 'not enough user balance'],
    ['usa/any/google', 'rating', 400, 'not enough rating'],
    ['usa/any/google', 'offline', 400, 'server offline'],
    ['usa/any/google', 'busy', 429, 'Too many requests'],
  ])('buying %s with the token %s: %i, %s', async (what, token, status, words) => {
    await using site = await start();
    expect(await buy(site, what, token)).toMatchObject({ status, type: 'text/plain; charset=UTF-8', text: words });
    expect(site.inbox.numbers.list()).toEqual([]);
  });

  test('an order of another customer is none', async () => {
    await using site = await start();
    const placed = await bought(site);
    for (const act of ['check', 'finish', 'cancel', 'ban']) {
      expect(await order(site, act, placed, 'another')).toMatchObject({ status: 400, text: 'order not found' });
      expect(await said(get(site, `/user/${act}/none`))).toBe('order not found');
    }
    expect(site.inbox.numbers.list()).toHaveLength(1);
    expect((await order(site, 'burn', placed)).status).toBe(404);
  });
});

test('a price that is enough, another operator, any country, and one of several words', async () => {
  await using site = await start();
  expect(await bought(site, 'usa/any/google?maxPrice=0.5')).toMatchObject({ phone: expect.any(String) });
  expect(await bought(site, 'england/vodafone/other')).toMatchObject({
    operator: 'vodafone',
    country: 'england',
    phone: expect.stringMatching(/^\+447/),
  });
  expect(await bought(site, 'any/any/other')).toMatchObject({ country: 'usa' });
  // With an operator that is named the vendor heeds no highest price.
  expect(await bought(site, 'usa/tmobile/other?maxPrice=0.1')).toMatchObject({ operator: 'tmobile' });
  expect(await bought(site, 'saudiarabia/any/other')).toMatchObject({ phone: expect.stringMatching(/^\+9665/) });
});

describe('an end', () => {
  test.each([
    ['cancel', 'CANCELED'],
    ['ban', 'BANNED'],
  ])('by %s gives number and money back, unless a text came', async (act, status) => {
    await using site = await start();
    const placed = await bought(site);
    expect(await read(order(site, act, placed))).toMatchObject({ status, sms: [] });
    expect(await balance(site)).toEqual({ left: 100, frozen: 0 });
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await read(order(site, 'check', placed))).toMatchObject({ status });
    expect(await order(site, act, placed)).toMatchObject({ status: 400, text: 'order not found' });
    const second = await bought(site);
    site.receive(second.phone);
    expect(await order(site, act, second)).toMatchObject({ status: 400, text: 'order has sms' });
    expect(await balance(site)).toEqual({ left: 99.5, frozen: 0.5 });
  });

  test('by finishing is refused while no text came', async () => {
    await using site = await start();
    const placed = await bought(site);
    expect(await order(site, 'finish', placed)).toMatchObject({ status: 400, text: 'order no sms' });
  });

  test('by itself comes when its time is up: with a text it is finished, and paid', async () => {
    await using site = await start();
    const [without, withText] = [await bought(site), await bought(site)];
    site.receive(withText.phone);
    site.clock.advance(1_199_999);
    expect(await read(order(site, 'check', without))).toMatchObject({ status: 'RECEIVED' });
    site.clock.advance(1);
    expect(await read(order(site, 'check', without))).toMatchObject({ status: 'TIMEOUT', sms: [] });
    expect(await read(order(site, 'check', withText))).toMatchObject({ status: 'FINISHED', sms: [{ code: '493817' }] });
    expect(await balance(site)).toEqual({ left: 99.5, frozen: 0 });
    for (const act of ['finish', 'cancel', 'ban']) expect(await said(order(site, act, without))).toBe('order expired');
  });

  test('keeps what arrives for the next customer of the number from the former one', async () => {
    await using site = await start();
    const placed = await bought(site);
    site.clock.advance(1_200_000);
    site.inbox.numbers.lease({ number: placed.phone });
    site.receive(placed.phone);
    expect(await read(order(site, 'check', placed))).toMatchObject({ status: 'TIMEOUT', sms: [] });
  });
});

test('anyone may ask for prices', async () => {
  await using site = await start({ price: 1.25 });
  expect(await read(get(site, '/guest/prices?country=malaysia&product=google', ''))).toEqual({
    malaysia: { google: { any: { cost: 1.25, count: 1_000, rate: 99.99 } } },
  });
  expect(await read(get(site, '/guest/prices', ''))).toMatchObject({ usa: { other: { any: { cost: 1.25 } } } });
  expect(await get(site, '/guest/prices?country=atlantis', '')).toMatchObject({
    status: 400,
    text: 'country is incorrect',
  });
});

test('100 calls at once get 100 numbers', async () => {
  await using site = await start();
  const orders = await Promise.all(Array.from({ length: 100 }, () => bought(site)));
  expect(new Set(orders.map(({ phone }) => phone)).size).toBe(100);
  expect(new Set(orders.map(({ id }) => id)).size).toBe(100);
});

describe('what is scripted to go wrong', () => {
  test.each<[Fault, { status: number; text: unknown }]>([
    [
      { kind: 'rate_limited', retryAfterSeconds: 7 },
      { status: 429, text: 'Too many requests' },
    ],
    [
      { kind: 'server_error', status: 502 },
      { status: 502, text: expect.stringMatching(/^<html>/) },
    ],
    [
      { kind: 'refused', code: undefined },
      { status: 200, text: 'no free phones' },
    ],
    [
      { kind: 'refused', code: 'not_enough_user_balance' },
      { status: 400, text: 'not enough user balance' },
    ],
  ])('%j: nothing is bought', async (fault, expected) => {
    await using site = await start();
    site.carrier.faults.add({ vendor: '5sim', fault, next: 1 });
    const answer = await buy(site);
    expect(answer).toMatchObject(expected);
    expect(answer.headers.get('retry-after')).toBe(fault.kind === 'rate_limited' ? '7' : null);
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await balance(site)).toEqual({ left: 100, frozen: 0 });
    await bought(site);
  });

  test('a connection that breaks after the order is placed', async () => {
    await using site = await start();
    site.carrier.faults.add({ vendor: '5sim', fault: { kind: 'cut_after' }, next: 1 });
    await expect(buy(site)).rejects.toThrow('fetch failed');
    expect(await balance(site)).toEqual({ left: 99.5, frozen: 0.5 });
  });
});

describe('our own adapter', () => {
  const { signal } = new AbortController();
  const adapter = ({ url, clock }: RentUnderTest, token = 'token') =>
    fiveSimNumbers({ token, service: 'google', baseUrl: `${url}/5sim`, clock: clock.now });
  const wanted = { country: 'usa' };

  test('rents, polls and releases', async () => {
    await using site = await start();
    const provider = adapter(site);
    const lease = await provider.acquire(wanted, { signal });
    expect(site.inbox.numbers.find(lease.number)?.expiresAt.getTime()).toBe(lease.expiresAtMs);
    expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
    expect(await provider.balance?.({ signal })).toBe(99.5);
    site.receive(lease.number);
    const texts = [{ code: '493817', text, from: 'Example' }];
    expect(await provider.poll(lease, { signal })).toEqual({ state: 'received', texts });
    expect(await provider.release(lease, 'used', { signal })).toBe('released');
    expect(await provider.release(lease, 'used', { signal })).toBe('released');
    expect(site.inbox.numbers.list()).toEqual([]);
    const unused = await provider.acquire(wanted, { signal });
    expect(await provider.release(unused, 'unused', { signal })).toBe('released');
    expect(await provider.release(unused, 'unused', { signal })).toBe('released');
    expect(await provider.poll(unused, { signal })).toMatchObject({ state: 'lost' });
    expect(await provider.balance?.({ signal })).toBe(99.5);
  });

  test.each([
    ['unknown', 'usa', 'auth'],
    ['token', 'atlantis', 'config'],
    ['rating', 'usa', 'config'],
    ['poor', 'usa', 'funds'],
    ['empty', 'usa', 'no_numbers'],
    ['token', 'antarctica', 'no_numbers'],
    ['busy', 'usa', 'rate_limited'],
    ['offline', 'usa', 'unavailable'],
  ])('with the token %s and the country %s gets an error of the kind %s', async (token, country, kind) => {
    await using site = await start();
    const thrown = await adapter(site, token)
      .acquire({ country }, { signal })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(VirtualNumberError);
    expect(thrown).toMatchObject({ kind });
  });
});
