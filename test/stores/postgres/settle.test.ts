import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/stores/memory.ts';
import { justWritten } from '../../../src/stores/postgres/just-written.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock, type VirtualClock } from '../../../src/testing/clock.ts';
import { hourMs, minuteMs, nonceOf, numberOn, type HandOvers } from '../../../src/testing/store-cases/number.ts';
import { besideStatements, isRead, isWrite, migratedDatabase } from './database.ts';

type Number = ReturnType<typeof numberOn>;

test('a settle that follows its begin is one statement', async () => {
  const database = await migratedDatabase();
  let statements = '';
  const pool = besideStatements(database.pool({ max: 1 }), {
    before: (query) => (statements += isRead(query) ? 'read ' : isWrite(query) ? 'write ' : ''),
  });
  const store = database.open({ pool });
  const number = numberOn(store);
  const { nonce } = await number.create();
  statements = '';
  await number.settle(nonce, 1, 'accepted');
  expect(statements).toBe('write ');
  await number.settle(nonce, 1, 'delivered');
  expect(statements).toBe('write read write ');
  await number.begin();
  statements = '';
  await number.settleAll(nonce, 2, { carrier: 'rejected', other: 'accepted' });
  expect(statements, 'what joins has its time').toBe('read write ');
  expect((await number.find({ nonce }))?.deliveries).toMatchObject([
    { delivery: 1, status: 'delivered', provider: 'carrier' },
    { delivery: 2, status: 'rejected', provider: 'carrier' },
    { delivery: 2, status: 'accepted', provider: 'other' },
  ]);
});

const nonce = nonceOf('the verification');

describe.each<[string, HandOvers]>([
  ['accepted', { carrier: 'accepted' }],
  ['rejected', { carrier: 'rejected' }],
  ['rejected by one and accepted by another', { one: 'rejected', carrier: 'accepted' }],
])('a settle (%s) that follows its begin', (_handOvers, handOvers) => {
  test.each<[string, (other: Number, clock: VirtualClock) => unknown]>([
    ['nothing', () => {}],
    ['an approval', (other) => other.check('111111')],
    ['a wrong check', (other) => other.guess(1)],
    ['a higher status', (other) => other.settle(nonce, 1, 'delivered')],
    ['a lower status', (other) => other.settle(nonce, 1, 'unknown')],
    ['a further delivery', (other) => other.begin({ nonce: nonceOf('none') })],
    ['another verification', (other) => other.begin({ nonce: nonceOf('the next'), repeatKeyIds: [] })],
    ['an erasure', (other) => other.erase()],
    ['the last millisecond of the code', (_other, clock) => clock.advance(5 * minuteMs - 1)],
    ['the end of the code', (_other, clock) => clock.advance(5 * minuteMs)],
    ['half a minute', (_other, clock) => clock.advance(minuteMs / 2)],
    ['a clock that jumps back', (_other, clock) => clock.advance(-hourMs)],
  ])('does what it should after %s', async (_between, happen) => {
    const database = await migratedDatabase();
    const told = async (open: (clock: VirtualClock) => [own: Store, other: Store], deliveries: number[]) => {
      const clock = virtualClock();
      const [own, other] = open(clock);
      const name = `settled ${deliveries.join()}`;
      const number = numberOn(own, { name });
      await number.create({ nonce });
      await happen(numberOn(other, { name }), clock);
      for (const delivery of deliveries) await number.settleAll(nonce, delivery, handOvers);
      return [await number.find({ nonce }), await number.find(), (await number.begin()).outcome];
    };
    const open = (clock: VirtualClock) => database.open({ clock: clock.now });
    // What is known of the begin is for the first of them.
    for (const deliveries of [
      [1, 2],
      [2, 1],
    ]) {
      const expected = await told((clock) => {
        const store = memoryStore({ clock: clock.now });
        return [store, store];
      }, deliveries);
      expect(await told((clock) => [open(clock), open(clock)], deliveries), String(deliveries)).toEqual(expected);
    }
  });
});

test('a delivery that another process has begun is settled though this one knows only of the first', async () => {
  const database = await migratedDatabase();
  const number = numberOn(database.open());
  await number.create({ nonce });
  await numberOn(database.open()).begin();
  await number.settle(nonce, 2, 'accepted');
  expect((await number.find({ nonce }))?.deliveries).toMatchObject([{ status: 'sending' }, { status: 'accepted' }]);
});

test('a hand-over that joins an earlier send after a begin has the time at which it was heard of', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const number = numberOn(database.open({ clock: clock.now }));
  const { createdAtMs } = await number.create({ nonce });
  await number.settle(nonce, 1, 'unknown', 'one');
  await number.begin();
  clock.advance(minuteMs / 2);
  await number.settle(nonce, 1, 'delivered', 'two');
  expect((await number.find({ nonce }))?.deliveries).toEqual([
    { delivery: 1, provider: 'one', status: 'unknown', atMs: createdAtMs },
    { delivery: 1, provider: 'two', status: 'delivered', atMs: createdAtMs + minuteMs / 2 },
    { delivery: 2, provider: null, status: 'sending', atMs: createdAtMs },
  ]);
});

test('what was written is known once, and only the latest thousand', () => {
  const known = justWritten();
  const written = (subject: number) => ({
    subject: String(subject),
    json: null,
    version: null,
    time: { latestMs: 0, aheadMs: 0 },
    givenMs: 0,
    broad: new Map<never, never>(),
  });
  for (let subject = 0; subject <= 1_000; subject += 1) known.keep(written(subject));
  expect(known.take('0')).toBeUndefined();
  expect(known.take('1')).toEqual(written(1));
  expect(known.take('1')).toBeUndefined();
  expect(known.take('1000')).toEqual(written(1_000));
});
