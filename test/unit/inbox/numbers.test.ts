import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidRequestError } from '../../../src/errors.ts';
import { createInbox } from '../../../src/inbox/messages.ts';
import { createNumberPool, type LeasedNumber } from '../../../src/inbox/numbers.ts';
import { isSupportedCountry, parsePhoneNumber } from '../../../src/phone-number.ts';
import { virtualClock } from '../../../src/testing/clock.ts';

const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
const countries = letters.flatMap((first) => letters.map((second) => first + second)).filter(isSupportedCountry);

function makePool() {
  const clock = virtualClock();
  let cursor = 0;
  return { clock, pool: createNumberPool({ clock: clock.now, cursor: () => `cursor-${cursor++}` }) };
}

test('every number is a valid mobile of its country, in the spelling that everyone gets, and of one country only', () => {
  const { pool } = makePool();
  const lentBy = new Map<string, string>();
  const wrong: string[] = [];
  const without: string[] = [];
  for (const country of countries) {
    if (pool.free(country) === 0) without.push(country);
    // All of Tokelau's: of a thousand neighbours of its example most are no numbers.
    for (let left = Math.min(country === 'TK' ? 1_000 : 60, pool.free(country)); left > 0; left -= 1) {
      const { number } = pool.lease({ country }) as LeasedNumber;
      const parsed = parsePhoneNumber(number);
      const isRight = parsed.valid && parsed.number.e164 === number && parsed.number.country === country;
      const isMobile = parsed.valid && ['mobile', 'fixed_line_or_mobile'].includes(parsed.number.lineType);
      if (!isRight || !isMobile || lentBy.has(number)) wrong.push(number);
      lentBy.set(number, country);
    }
  }
  expect(wrong).toEqual([]);
  // Their mobiles are numbers of a larger neighbour, as far as the plans tell.
  expect(without).toEqual(['AX', 'BL', 'CC', 'CX', 'EH', 'IM', 'MF', 'SJ', 'VA']);
  expect(lentBy.size).toBeGreaterThan(14_000);
});

test('the numbers of the United States and Canada are those that nobody has', () => {
  const { pool } = makePool();
  for (const country of ['US', 'CA']) {
    expect(pool.free(country)).toBeGreaterThan(5_000);
    for (let index = 0; index < 100; index += 1) expect(pool.lease({ country })?.number).toMatch(/^\+1\d{3}55501\d\d$/);
  }
});

/** What happens to a pool: someone takes a number (any, or one by name), gives one back, or time passes. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('lease' as const),
    country: fc.constantFrom('TK', 'GB'),
    seconds: fc.integer({ min: 1, max: 30 }),
  }),
  fc.record({ kind: fc.constant('name' as const), index: fc.nat(20), seconds: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('release' as const), index: fc.nat(20) }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 10 }) }),
);

test('no two live leases ever share a number, and a number that was freed is lent after all that were free before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { pool, clock } = makePool();
      const live = new Map<string, number>();
      /** When each number was freed last, in the order in which that happened. */
      const freed = new Map<string, number>();
      let turn = 0;
      const seen: string[] = [];
      const free = (number: string) => {
        live.delete(number);
        freed.set(number, ++turn);
      };
      const expire = () => {
        const over = [...live].filter(([, ends]) => ends <= clock.now());
        for (const [number] of over.toSorted(([, one], [, other]) => one - other)) free(number);
      };
      for (const one of steps) {
        if (one.kind === 'wait') {
          clock.advance(one.seconds * 1_000);
          expire();
        } else if (one.kind === 'release') {
          const number = seen[one.index] ?? '+12025550143';
          expect(pool.release(number)).toBe(live.has(number));
          if (live.has(number)) free(number);
        } else {
          const named = one.kind === 'name' ? (seen[one.index] ?? '+12025550143') : undefined;
          const lease = pool.lease(one.kind === 'name' ? { number: named, seconds: one.seconds } : one);
          if (named !== undefined && live.has(named)) {
            expect(lease).toBeNull();
          } else {
            const { number = '', country } = lease ?? {};
            expect(live.has(number)).toBe(false);
            if (named !== undefined) expect(number).toBe(named);
            // There are always numbers that were never lent, and they go first.
            else expect(freed.has(number)).toBe(false);
            if (one.kind === 'lease') expect(country).toBe(one.country);
            live.set(number, clock.now() + one.seconds * 1_000);
            seen.push(number);
          }
        }
        expect(new Set(pool.list().map(({ number }) => number))).toEqual(new Set(live.keys()));
        for (const number of seen) expect(pool.find(number) !== undefined).toBe(live.has(number));
      }
    }),
    { numRuns: 30 },
  );
});

test('numbers come round in the order in which they became free, however late that is noticed', () => {
  const { pool, clock } = makePool();
  const all = Array.from(
    { length: pool.free('TK') },
    () => pool.lease({ country: 'TK', seconds: 1_000 })?.number ?? '',
  );
  expect(pool.lease({ country: 'TK' })).toBeNull();
  const [first = '', second = '', third = ''] = all;
  for (const number of [first, second, third]) pool.release(number);
  pool.lease({ country: 'TK', seconds: 30 });
  pool.lease({ country: 'TK', seconds: 10 });
  pool.lease({ country: 'TK', seconds: 50 });
  clock.advance(40_000);
  // Freed by hand, after two whose time was up and which nobody has looked at since.
  expect(pool.release(third)).toBe(true);
  expect(Array.from({ length: 3 }, () => pool.lease({ country: 'TK' })?.number)).toEqual([second, first, third]);
});

describe('a lease', () => {
  test('says whose it is, from when to when, and where the inbox stood', () => {
    const { pool, clock } = makePool();
    const lease = pool.lease({ country: 'GB', run: 'sign-up', seconds: 60 });
    expect(lease).toEqual({
      number: expect.stringMatching(/^\+447\d{9}$/),
      country: 'GB',
      run: 'sign-up',
      leasedAt: new Date(clock.now()),
      expiresAt: new Date(clock.now() + 60_000),
      cursor: 'cursor-0',
    });
    expect(pool.find(lease?.number ?? '')).toBe(lease);
    expect(pool.lease()).toMatchObject({ country: 'US', run: null, expiresAt: new Date(clock.now() + 1_200_000) });
  });

  test('ends to the millisecond, and can be released once', () => {
    const { pool, clock } = makePool();
    const number = pool.lease({ seconds: 2 })?.number ?? '';
    clock.advance(1_999);
    expect(pool.find(number)).toBeDefined();
    clock.advance(1);
    expect(pool.find(number)).toBeUndefined();
    expect(pool.list()).toEqual([]);
    expect(pool.release(number)).toBe(false);
    const again = pool.lease({ number })?.number ?? '';
    expect(pool.release(again)).toBe(true);
    expect(pool.release(again)).toBe(false);
  });

  test('lists the latest first', () => {
    const { pool } = makePool();
    const numbers = [pool.lease()?.number, pool.lease()?.number];
    expect(pool.list().map(({ number }) => number)).toEqual(numbers.toReversed());
  });
});

describe('a number by name', () => {
  test('of the pool of another country than the wished one is lent once', () => {
    const { pool } = makePool();
    const before = pool.free('GB');
    const number = makePool().pool.lease({ country: 'GB' })?.number ?? '';
    expect(pool.lease({ number, country: 'US' })).toMatchObject({ number, country: 'GB' });
    expect(pool.lease({ number })).toBeNull();
    expect(pool.free('GB')).toBe(before - 1);
    expect(pool.lease({ country: 'GB' })?.number).not.toBe(number);
    pool.release(number);
    expect(pool.free('GB')).toBe(before - 1);
  });

  test.each([
    ['+12125550999', 'US'],
    ['+4915123456789', 'DE'],
    // Fictional, and so in no plan.
    ['+447700900123', 'FR'],
  ])('that is in no pool is lent, and is not lent to those who name none: %s', (number, country) => {
    const { pool } = makePool();
    const free = pool.free(country);
    expect(pool.lease({ number, country: 'FR' })).toMatchObject({ number, country });
    expect(pool.lease({ number })).toBeNull();
    expect(pool.release(number)).toBe(true);
    expect(pool.free(country)).toBe(free);
    expect(pool.lease({ number })).toMatchObject({ number });
  });

  test.each([
    [{ number: '12025550143' }, '/number'],
    [{ number: '+1 202 555 0143' }, '/number'],
    [{ seconds: 0 }, '/seconds'],
    [{ seconds: Number.NaN }, '/seconds'],
    [{ seconds: Infinity }, '/seconds'],
  ])('or a time that is none is refused: %j', (wish, pointer) => {
    const { pool } = makePool();
    expect(() => pool.lease(wish)).toThrow(InvalidRequestError);
    expect(() => pool.lease(wish)).toThrow(
      expect.objectContaining({ errors: [{ pointer, detail: expect.any(String) }] }),
    );
    expect(pool.list()).toEqual([]);
  });
});

test.each(['us', 'ZZ', 'AQ', ''])('nobody knows a number of %j', (country) => {
  const { pool } = makePool();
  expect(pool.lease({ country })).toBeNull();
  expect(pool.free(country)).toBe(0);
});

test('a text to a number that is lent bears the name of the run that has it, and no other', () => {
  const clock = virtualClock();
  const inbox = createInbox({ clock: clock.now });
  const { number = '', cursor } = inbox.numbers.lease({ run: 'sign-up', seconds: 60 }) ?? {};
  const text = (to: string) => inbox.add({ to, from: 'Example', body: '493817', provider: 'inbox' }).run;
  expect(text(number)).toBe('sign-up');
  expect(text('+12025550199')).toBeNull();
  expect(inbox.list({ to: number, after: cursor })).toHaveLength(1);
  clock.advance(60_000);
  expect(text(number)).toBeNull();
});
