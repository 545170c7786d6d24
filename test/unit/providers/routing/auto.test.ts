import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/errors.ts';
import { auto, type AutoOptions } from '../../../../src/providers/routing/auto.ts';
import { fallback } from '../../../../src/providers/routing/fallback.ts';
import type { Route } from '../../../../src/providers/routing/route.ts';
import { virtualClock } from '../../../../src/testing/clock.ts';
import { diceOf } from '../../../../src/testing/dice.ts';
import type { RecordingProvider } from '../../../../src/testing/recording-provider.ts';
import { errorOf, failure, recordingProviders, send, timesAsked } from './asked.ts';

/** Never explores, unless told otherwise. */
function threeProviders(options: AutoOptions = { explore: 0 }) {
  const clock = virtualClock(0);
  const [a, b, c] = recordingProviders('a', 'b', 'c');
  const route = auto([a, b, c], { now: clock.now, ...options });
  return { clock, a, b, c, route };
}

let ids = 0;

/** Tells of texts that a provider took or did not take. */
function tell(route: Route, provider: string, took: boolean, count = 20, country = 'US'): void {
  for (let told = 0; told < count; told += 1) {
    const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id: `v${(ids += 1)}`, delivery: 1 };
    const status = took ? 'accepted' : 'rejected';
    const errorKind = took ? null : 'temporary';
    route.onEvent({ type: 'delivery.settled', ...about, country, provider, status, errorKind, durationMs: 0 });
    if (took) route.onEvent({ type: 'verification.approved', ...about });
  }
}

/** The order in which they are asked when nobody takes the message. */
async function orderOf(route: Route, providers: readonly RecordingProvider[], country = 'US'): Promise<string> {
  for (const one of providers) one.script(errorOf('filtered'));
  const { handOvers } = await failure(send(route, { country }));
  return handOvers.map(({ provider }) => provider).join(' ');
}

describe('the order', () => {
  test('is the one that was given while nothing is known', async () => {
    const { a, b, c, route } = threeProviders();
    expect(await orderOf(route, [a, b, c])).toBe('a b c');
  });

  test('is that of health, country by country', async () => {
    const { a, b, c, route } = threeProviders();
    tell(route, 'a', false);
    tell(route, 'b', true, 10);
    tell(route, 'b', false, 10);
    tell(route, 'c', true);
    expect(await orderOf(route, [a, b, c])).toBe('c b a');
    expect(await orderOf(route, [a, b, c], 'GB')).toBe('a b c');
  });

  test('is the one that was given among those that do about as well', async () => {
    const { a, b, c, route } = threeProviders();
    for (const name of ['a', 'b', 'c']) tell(route, name, true, 200);
    tell(route, 'a', false, 2);
    expect(await orderOf(route, [a, b, c])).toBe('a b c');
    tell(route, 'a', false, 60);
    expect(await orderOf(route, [a, b, c])).toBe('b c a');
  });

  test('comes back when the provider does well again', async () => {
    const { clock, a, b, c, route } = threeProviders();
    for (const name of ['a', 'b', 'c']) tell(route, name, true, 50);
    tell(route, 'a', false, 50);
    expect(await orderOf(route, [a, b, c])).toBe('b c a');
    clock.advance(3_600_000);
    for (const name of ['a', 'b', 'c']) tell(route, name, true, 50);
    expect(await orderOf(route, [a, b, c])).toBe('a b c');
  });

  test('forgets as fast as is said', async () => {
    const after = async (halfLifeSeconds: number): Promise<string> => {
      const { clock, a, b, c, route } = threeProviders({ explore: 0, halfLifeSeconds });
      for (const name of ['a', 'b', 'c']) tell(route, name, true, 50);
      tell(route, 'a', false, 50);
      clock.advance(600_000);
      for (const name of ['a', 'b', 'c']) tell(route, name, true, 50);
      return orderOf(route, [a, b, c]);
    };
    expect(await after(60)).toBe('a b c');
    expect(await after(6_000)).toBe('b c a');
  });

  test('is over all that its parts would ask', async () => {
    const { clock, a, b, c } = threeProviders();
    const route = auto([fallback([a, b]), c], { explore: 0, now: clock.now });
    tell(route, 'a', false);
    tell(route, 'b', true);
    tell(route, 'c', true, 10);
    tell(route, 'c', false, 10);
    expect(await orderOf(route, [a, b, c])).toBe('b c a');
  });
});

describe('exploring', () => {
  test('brings one of the others to the front, the rest in order behind it', async () => {
    // 499 of 10,000 explores, and 1 of 2 is the third.
    const rolls = [499, 1];
    const { a, b, c, route } = threeProviders({ chance: () => rolls.shift() ?? 9_999 });
    expect(await orderOf(route, [a, b, c])).toBe('c a b');
    expect(await orderOf(route, [a, b, c])).toBe('a b c');
  });

  test('is not done beyond the share that is said', async () => {
    const { a, b, c, route } = threeProviders({ chance: (sides) => (sides === 10_000 ? 500 : 0) });
    expect(await orderOf(route, [a, b, c])).toBe('a b c');
    const more = threeProviders({ chance: (sides) => (sides === 10_000 ? 500 : 0), explore: 0.051 });
    expect(await orderOf(more.route, [more.a, more.b, more.c])).toBe('b a c');
  });

  test('takes about one text in twenty, shared among the others', async () => {
    const { a, b, c, route } = threeProviders({ chance: diceOf(3).roll });
    for (let sent = 0; sent < 2_000; sent += 1) await send(route);
    const [, ofB = 0, ofC = 0] = timesAsked(a, b, c);
    expect(ofB).toBeGreaterThan(25);
    expect(ofC).toBeGreaterThan(25);
    expect(ofB + ofC).toBeGreaterThan(65);
    expect(ofB + ofC).toBeLessThan(140);
  });

  test('is not done with people who wait for a second text', async () => {
    const { route } = threeProviders({ chance: () => 0 });
    const earlier = [{ provider: 'b', status: 'accepted', ageMs: 1_000 }] as const;
    expect(await send(route, { earlier })).toMatchObject({ provider: 'a' });
    expect(await send(route)).toMatchObject({ provider: 'b' });
  });

  test('finds a provider that does well again', async () => {
    const { clock, a, b, c, route } = threeProviders({ chance: diceOf(5).roll });
    let aWorks = false;
    /** Half an hour of texts, one every five seconds, as a verifier would tell of them. */
    async function halfAnHour(): Promise<number> {
      const [before = 0] = timesAsked(a);
      for (let sent = 0; sent < 360; sent += 1) {
        clock.advance(5_000);
        const { provider } = await send(route);
        const about = { tenant: 'default', to: '+1', purpose: 'default', id: `v${(ids += 1)}`, delivery: 1 };
        const settled = { provider: provider ?? '', status: 'accepted', errorKind: null, durationMs: 50 } as const;
        route.onEvent({ type: 'delivery.settled', ...about, country: 'US', ...settled });
        if (provider !== 'a' || aWorks) route.onEvent({ type: 'verification.approved', ...about });
      }
      return (timesAsked(a)[0] ?? 0) - before;
    }
    // It takes texts and delivers none: only that no code is typed tells.
    expect(await halfAnHour()).toBeLessThan(120);
    expect(await halfAnHour()).toBeLessThan(30);
    aWorks = true;
    await halfAnHour();
    await halfAnHour();
    expect(await halfAnHour()).toBeGreaterThan(180);
    expect(timesAsked(b, c).every((asked) => asked > 0)).toBe(true);
  });

  test('a single provider is asked whatever the roll', async () => {
    const [a] = recordingProviders('a');
    expect(await send(auto([a], { explore: 1 }))).toMatchObject({ provider: 'a' });
  });
});

test('it moves on like every composition', async () => {
  const { a, route } = threeProviders();
  a.script(errorOf('temporary'));
  expect(await send(route)).toMatchObject({ provider: 'b', before: [{ provider: 'a', errorKind: 'temporary' }] });
});

test('it tells of what it knows', () => {
  const { route } = threeProviders();
  tell(route, 'b', true, 3);
  expect(route.health()).toEqual({
    providers: ['a', 'b', 'c'].map((provider) => ({ provider, breaker: 'closed', waitMs: 0 })),
    scores: [{ provider: 'b', country: 'US', score: 1 }],
  });
});

test('it is called auto, and refuses settings that cannot work, all at once', () => {
  const [a] = recordingProviders('a');
  expect(auto([a])).toMatchObject({ name: 'auto', providers: [a] });
  const faultsOf = (options: AutoOptions): number => {
    try {
      auto([a], options);
      return 0;
    } catch (error) {
      return error instanceof ConfigurationError ? error.faults.length : -1;
    }
  };
  expect(faultsOf({ halfLifeSeconds: 0, explore: 1.1, timeoutMs: -1 })).toBe(3);
  expect(faultsOf({ halfLifeSeconds: Number.NaN, explore: Number.NaN })).toBe(2);
  expect(faultsOf({ explore: -0.1 })).toBe(1);
});
