import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/stores/memory.ts';
import { justWritten } from '../../../src/stores/postgres/just-written.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock, type VirtualClock } from '../../../src/testing/clock.ts';
import { hourMs, minuteMs, nonceOf, numberOn } from '../../../src/testing/store-cases/number.ts';
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
  expect((await number.find({ nonce }))?.deliveries).toMatchObject([{ status: 'delivered', provider: 'carrier' }]);
});

const nonce = nonceOf('the verification');

describe.each(['accepted', 'rejected'] as const)('a settle (%s) that follows its begin', (status) => {
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
    const told = async (open: (clock: VirtualClock) => [own: Store, other: Store]) => {
      const clock = virtualClock();
      const [own, other] = open(clock);
      const number = numberOn(own);
      await number.create({ nonce });
      await happen(numberOn(other), clock);
      for (const delivery of [2, 1]) await number.settle(nonce, delivery, status);
      return [await number.find({ nonce }), await number.find(), (await number.begin()).outcome];
    };
    const expected = await told((clock) => {
      const store = memoryStore({ clock: clock.now });
      return [store, store];
    });
    const open = (clock: VirtualClock) => database.open({ clock: clock.now });
    expect(await told((clock) => [open(clock), open(clock)])).toEqual(expected);
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
