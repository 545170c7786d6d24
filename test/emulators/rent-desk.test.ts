import { expect, test } from 'vitest';
import { createCarrier } from '../../src/inbox/emulators/carrier.ts';
import { createRentDesk, rentTerms, type Order, type RentOptions } from '../../src/inbox/emulators/rent-desk.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { virtualClock } from '../../src/testing/clock.ts';

function openDesk(options: RentOptions = {}) {
  const clock = virtualClock();
  const inbox = createInbox({ clock: clock.now });
  const carrier = createCarrier({ inbox, clock: clock.now });
  const desk = createRentDesk('vendor', carrier, rentTerms(options));
  const rent = async (customer = 'key'): Promise<Order> => {
    const rented = await desk.rent({ customer, country: 'US', countryName: 'USA', service: 'any' });
    if (typeof rented === 'string' || 'kind' in rented) throw new Error('nothing was rented');
    return rented.order;
  };
  const receive = (order: Order): void =>
    void inbox.add({ to: order.lease.number, from: 'Example', body: '493817', provider: 'inbox' });
  return { clock, inbox, desk, rent, receive };
}

test('an order ends once, and its money comes back once', async () => {
  const { desk, rent, inbox } = openDesk();
  const order = await rent();
  desk.end(order, 'canceled');
  const next = inbox.numbers.lease({ number: order.lease.number });
  for (const state of ['finished', 'banned', 'canceled'] as const) desk.end(order, state);
  expect(order.state).toBe('canceled');
  expect(desk.balanceOf('key')).toEqual({ left: 100, frozen: 0 });
  expect(inbox.numbers.find(order.lease.number)).toBe(next);
});

test('a text that came in the same millisecond as the end is the customer’s, one that came at the end of the time is not', async () => {
  const { clock, desk, rent, receive } = openDesk({ leaseSeconds: 60 });
  const [finished, over] = [await rent(), await rent()];
  receive(finished);
  desk.end(finished, 'finished');
  expect(desk.texts(finished)).toHaveLength(1);
  clock.advance(60_000);
  receive(over);
  expect(desk.ordersOf('key').map(({ id }) => id)).toEqual([over.id, finished.id]);
  expect(desk.texts(over)).toEqual([]);
  expect(desk.balanceOf('key')).toEqual({ left: 99.5, frozen: 0 });
});

test('prices add up to the cent', async () => {
  const { desk, rent } = openDesk({ price: 0.1, balance: 0.3 });
  for (let count = 0; count < 3; count += 1) await rent();
  expect(desk.balanceOf('key')).toEqual({ left: 0, frozen: 0.3 });
  await expect(rent()).rejects.toThrow('nothing was rented');
});

test('of very many orders the oldest are forgotten, and their numbers given back', async () => {
  const { desk, rent, inbox } = openDesk();
  const first = await rent();
  for (let count = 0; count < 10_000; count += 1) await rent(`customer-${count}`);
  expect(desk.find('key', String(first.id))).toBeUndefined();
  expect(inbox.numbers.find(first.lease.number)).toBeUndefined();
  expect(inbox.numbers.list()).toHaveLength(10_000);
});

test.each<[RentOptions, readonly string[]]>([
  [{ leaseSeconds: 0 }, ['leaseSeconds']],
  [{ leaseSeconds: 86_401 }, ['leaseSeconds']],
  [
    { price: -1, balance: Number.NaN, textDelayMs: -1, numbersPerMinute: -1 },
    ['price', 'balance', 'numbersPerMinute', 'textDelayMs'],
  ],
])('terms on which nothing can be rented are refused: %j', (options, named) => {
  let thrown: unknown;
  try {
    rentTerms(options);
  } catch (error) {
    thrown = error;
  }
  const { code, faults } = thrown as { code: string; faults: string[] };
  expect(code).toBe('invalid_configuration');
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual(named);
});
