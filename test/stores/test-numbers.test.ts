import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createVerifier, type Provider, type Store, type VerifierEvent } from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { databasePath, openStore } from './sqlite/database-file.ts';

const to = '+447700900187';
const code = '73910462';
const secret = randomBytes(32);

const never: Provider = {
  name: 'never',
  channels: ['sms'],
  async send() {
    throw new Error('A provider was asked.');
  },
};

describe.each(['memory', 'sqlite'])('test numbers on %s', (kind) => {
  function setUp() {
    const clock = virtualClock();
    const path = databasePath();
    const inMemory = memoryStore({ clock: clock.now });
    const open = (): Store => (kind === 'sqlite' ? openStore(path, clock.now) : inMemory);
    const written: unknown[] = [];
    const events: VerifierEvent[] = [];
    /** As in a process of its own. */
    const verifier = () =>
      createVerifier({
        secret,
        store: watched(open(), written),
        provider: never,
        policy: { codeLength: 8, countries: ['US'] },
        testNumbers: { codes: { [to]: code }, until: new Date(clock.now() + 86_400_000), clock: clock.now },
        onEvent: (event) => void events.push(event),
      });
    return { clock, events, verifier, path, written };
  }

  test('of fifty starts at once, by two processes, as many begin as there are sends, and all are one verification', async () => {
    const { verifier, clock } = setUp();
    const two = [verifier(), verifier()] as const;
    for (const sends of [3, 0]) {
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => two[i % 2]!.start({ to })));
      const begun = results.flatMap((result) => (result.status === 'pending' ? [result] : []));
      expect(begun).toHaveLength(sends);
      expect(new Set(begun.map(({ verification }) => verification.id)).size).toBe(sends === 0 ? 0 : 1);
      expect(begun.filter(({ created }) => created)).toHaveLength(sends === 0 ? 0 : 1);
      expect(results.filter(({ status }) => status === 'rate_limited')).toHaveLength(50 - sends);
    }
    await Promise.all(two.map((each) => each.idle()));
    clock.advance(600_000);
    expect((await two[0].start({ to })).status).toBe('pending');
    await two[0].idle();
  });

  test('of wrong codes at once five are compared, of right ones one is approved', async () => {
    const { verifier, clock } = setUp();
    const one = verifier();
    const started = await one.start({ to });
    if (started.status !== 'pending') throw new Error(started.status);
    const { id } = started.verification;
    const wrong = await Promise.all(Array.from({ length: 30 }, (_, i) => one.check({ id, code: `0000000${i % 10}` })));
    expect(wrong.filter(({ status }) => status === 'incorrect_code')).toHaveLength(5);
    expect(wrong.filter(({ status }) => status === 'approved')).toEqual([]);
    clock.advance(1);
    await one.start({ to });
    const right = await Promise.all(Array.from({ length: 30 }, () => one.check({ to, code })));
    expect(right.filter(({ status }) => status === 'approved')).toHaveLength(1);
    await one.idle();
  });

  test('neither code nor number is in what the store is given, in its files, or in an event', async () => {
    const { verifier, events, path, written } = setUp();
    const one = verifier();
    const started = await one.start({ to });
    if (started.status !== 'pending') throw new Error(started.status);
    await one.start({ to, purpose: 'other' });
    await one.check({ to, code: '00000000' });
    await one.check({ to, code });
    await one.find({ id: started.verification.id });
    await one.lookup({ to });
    await one.cancel({ to, purpose: 'other' });
    await one.erase({ to });
    await one.idle();
    const texts = [textOf(written), textOf(events)];
    if (kind === 'sqlite') {
      const files = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
      expect(files).not.toEqual([]);
      texts.push(...files.map((name) => readFileSync(join(dirname(path), name), 'latin1')));
    }
    expect(written.length).toBeGreaterThan(5);
    for (const text of texts) {
      for (const secretText of [code, to.slice(1), to.slice(3)]) expect(text.includes(secretText)).toBe(false);
    }
  });
});

/** The store, with everything that it is asked written down. */
function watched(store: Store, written: unknown[]): Store {
  return new Proxy(store, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        written.push(args);
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

/** Everything in it, bytes as the letters that they are. */
function textOf(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, one: unknown) {
    const bytes = this[key];
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('latin1') : one;
  });
}
