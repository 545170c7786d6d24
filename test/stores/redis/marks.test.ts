import { describe, expect, test } from 'vitest';
import type { NumberLimits } from '../../../src/stores/store.ts';
import { dayMs, idOf, numberOn, type NumberOnStore } from '../../../src/testing/store-cases/number.ts';
import { servers } from './clients.ts';
import { hex, openAtRest, soon } from './rest.ts';

const longMs = 5 * dayMs;

interface Marked {
  /** One thing lasts long, all else ends soon. */
  readonly limits: Partial<NumberLimits>;
  /** Makes that thing of a pending verification. */
  mark(number: NumberOnStore): Promise<unknown>;
  /** Meets it when all else has gone. */
  meet(number: NumberOnStore): Promise<void>;
}

const guessTwice = (number: NumberOnStore): Promise<void> => number.guess(2);
const refusal = (limit: string) => async (number: NumberOnStore) =>
  expect(await number.begin()).toMatchObject({ outcome: 'refused', limit });

const marked: Readonly<Record<string, Marked>> = {
  verified: {
    limits: { verifiedMs: longMs },
    mark: (number) => number.check('111111'),
    meet: async (number) => expect(await number.lookup()).not.toBeNull(),
  },
  locked: { limits: { lock: { after: 2, forMs: longMs } }, mark: guessTwice, meet: refusal('lock') },
  spent: { limits: { wrongChecks: { max: 2, windowMs: longMs } }, mark: guessTwice, meet: refusal('wrong_checks') },
  'spent by the guesses that ended it': {
    limits: { wrongChecks: { max: 2, windowMs: longMs }, maxChecks: 2 },
    mark: guessTwice,
    meet: refusal('wrong_checks'),
  },
  'wrong in a row': {
    limits: { lock: { after: 3, forMs: longMs } },
    mark: guessTwice,
    async meet(number) {
      expect((await number.create()).checksLeft).toBe(1);
      await number.guess(1);
      await refusal('lock')(number);
      await number.unlock();
      expect((await number.begin()).outcome).not.toBe('refused');
    },
  },
};

const sealedOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(`sealed ${name} at rest`));

describe.each(Object.entries(servers))('on %s', (_, connect) => {
  test('the sealed number goes with its verification, and the marks that last longer are enforced without it', async () => {
    const { store, keys, dump } = await openAtRest(connect);
    // Long enough to check a code on a busy machine.
    const lifetime = { lifetimeMs: 1_000, maxLifetimeMs: 1_000 };
    const at = (name: string) => numberOn(store, { name, limits: { ...soon, ...lifetime, ...marked[name]?.limits } });
    for (const [name, { mark }] of Object.entries(marked)) {
      await at(name).create({ number: sealedOf(name) });
      await mark(at(name));
      expect(await dump(), name).toContain(hex(sealedOf(name)));
    }
    const left = async () => (await keys()).map((key) => key.slice(key.indexOf('{'))).toSorted();
    const marksAlone = Object.keys(marked).map((name) => `{${idOf(name)}}:marks`);
    await expect.poll(left, { timeout: 10_000 }).toEqual(marksAlone.toSorted());
    const after = await dump();
    for (const name of Object.keys(marked)) expect(after, name).not.toContain(hex(sealedOf(name)));
    for (const [name, { meet }] of Object.entries(marked)) await meet(at(name));
  });

  test('marks that nobody makes and marks that are over have no key', async () => {
    const { store, keys } = await openAtRest(connect);
    const number = numberOn(store);
    const marks = async () => (await keys()).filter((key) => key.endsWith(':marks'));
    await number.create();
    expect(await marks()).toEqual([]);
    await number.approve();
    expect(await marks()).toHaveLength(1);
    await number.erase();
    expect(await marks()).toEqual([]);
  });
});
