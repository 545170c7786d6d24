import { expect, test } from 'vitest';
import type { ProviderErrorKind } from '../../../../src/errors.ts';
import type { Provider } from '../../../../src/providers/provider.ts';
import { byCountry } from '../../../../src/providers/routing/by-country.ts';
import { fallback } from '../../../../src/providers/routing/fallback.ts';
import { virtualClock } from '../../../../src/testing/clock.ts';
import { errorOf, failure, recordingProviders, send, timesAsked } from './asked.ts';

const startMs = 1_000_000;

/** A clock, two providers, and a fallback of both: 3 failures in a row open a breaker for 30 seconds. */
function twoProviders() {
  const clock = virtualClock(startMs);
  const [a, b] = recordingProviders('a', 'b');
  const route = fallback([a, b], { breaker: { failures: 3 }, now: clock.now });
  const statesOf = () => route.health().providers.map(({ breaker }) => breaker);
  return { clock, a, b, route, statesOf };
}

test.each<ProviderErrorKind>(['temporary', 'rate_limited', 'auth', 'funds', 'ambiguous', 'unknown'])(
  'a provider that failed so often in a row (%s) is not asked, and is no hand-over',
  async (kind) => {
    const { a, b, route, statesOf } = twoProviders();
    a.script(errorOf(kind), errorOf(kind), errorOf(kind));
    for (let times = 0; times < 3; times += 1) expect((await send(route)).before).toHaveLength(1);
    expect(statesOf()).toEqual(['open', 'closed']);
    expect(await send(route)).toEqual({ messageId: 'b-4', provider: 'b', before: [] });
    expect(timesAsked(a, b)).toEqual([3, 4]);
  },
);

test.each<ProviderErrorKind>([
  'invalid_number',
  'not_sms_capable',
  'opted_out',
  'blocked_destination',
  'filtered',
  'config',
])('what is not its fault (%s) leaves it as it is, and ends a row of failures', async (kind) => {
  const { a, route, statesOf } = twoProviders();
  a.script(...Array.from({ length: 6 }, () => errorOf(kind)));
  for (let times = 0; times < 6; times += 1) await send(route).catch(() => {});
  expect(statesOf()).toEqual(['closed', 'closed']);
  a.script(errorOf('temporary'), errorOf('temporary'), errorOf(kind), errorOf('temporary'));
  for (let times = 0; times < 4; times += 1) await send(route).catch(() => {});
  expect(statesOf()).toEqual(['closed', 'closed']);
  expect(timesAsked(a)).toEqual([10]);
});

test('failures that are not in a row do not open it', async () => {
  const { a, route, statesOf } = twoProviders();
  const failing = errorOf('temporary');
  a.script(failing, failing, 'accepted', failing, failing);
  for (let times = 0; times < 5; times += 1) await send(route);
  expect(statesOf()).toEqual(['closed', 'closed']);
});

test('five failures open it for half a minute when nothing is said', async () => {
  const clock = virtualClock(startMs);
  const [a] = recordingProviders('a');
  const route = fallback([a], { now: clock.now });
  a.script(...Array.from({ length: 5 }, () => errorOf('temporary')));
  for (let times = 0; times < 5; times += 1) await failure(send(route));
  expect(route.health().providers).toEqual([{ provider: 'a', breaker: 'open', waitMs: 30_000 }]);
});

test('after the time one send tries it, while the others go by; its success closes it', async () => {
  const { clock, a, b, route, statesOf } = twoProviders();
  a.script(errorOf('temporary'), errorOf('temporary'), errorOf('temporary'));
  for (let times = 0; times < 3; times += 1) await send(route);
  clock.advance(29_999);
  await send(route);
  expect(timesAsked(a)).toEqual([3]);

  clock.advance(1);
  expect(statesOf()).toEqual(['half_open', 'closed']);
  const { promise, resolve } = Promise.withResolvers<{ messageId: string }>();
  a.script(() => promise);
  const trial = send(route);
  expect(statesOf()).toEqual(['half_open', 'closed']);
  // These must not wait for what the trial finds.
  const others = await Promise.all([send(route), send(route), send(route)]);
  expect(others.map(({ provider }) => provider)).toEqual(['b', 'b', 'b']);
  expect(timesAsked(a, b)).toEqual([4, 7]);
  resolve({ messageId: 'a-trial' });
  expect(await trial).toMatchObject({ provider: 'a', messageId: 'a-trial' });
  expect(statesOf()).toEqual(['closed', 'closed']);
  expect(await send(route)).toMatchObject({ provider: 'a' });
});

test('a trial that fails opens it again at once, for the whole time', async () => {
  const { clock, a, route, statesOf } = twoProviders();
  a.script(...Array.from({ length: 4 }, () => errorOf('temporary')));
  for (let times = 0; times < 3; times += 1) await send(route);
  clock.advance(30_000);
  expect(await send(route)).toMatchObject({ provider: 'b', before: [{ provider: 'a' }] });
  expect(statesOf()).toEqual(['open', 'closed']);
  clock.advance(29_999);
  await send(route);
  expect(timesAsked(a)).toEqual([4]);
  clock.advance(1);
  expect(await send(route)).toMatchObject({ provider: 'a' });
  expect(statesOf()).toEqual(['closed', 'closed']);
});

test('a trial that finds an invalid number has found a provider that works', async () => {
  const { clock, a, route, statesOf } = twoProviders();
  a.script(errorOf('temporary'), errorOf('temporary'), errorOf('temporary'), errorOf('invalid_number'));
  for (let times = 0; times < 3; times += 1) await send(route);
  clock.advance(30_000);
  expect(await failure(send(route))).toMatchObject({ kind: 'invalid_number' });
  expect(statesOf()).toEqual(['closed', 'closed']);
});

/** Opens the breakers of both. */
async function openBoth({ a, b, route }: ReturnType<typeof twoProviders>): Promise<void> {
  for (const one of [a, b]) one.script(...Array.from({ length: 3 }, () => errorOf('temporary')));
  for (let times = 0; times < 3; times += 1) await failure(send(route));
}

test('when all are open they are asked in their order all the same: no send is refused for a breaker', async () => {
  const two = twoProviders();
  await openBoth(two);
  const { a, b, route, statesOf } = two;
  expect(statesOf()).toEqual(['open', 'open']);
  expect(await send(route)).toEqual({ messageId: 'a-4', provider: 'a', before: [] });
  a.script(errorOf('temporary'));
  expect(await send(route)).toMatchObject({ provider: 'b', before: [{ provider: 'a' }] });
  expect(timesAsked(a, b)).toEqual([5, 4]);
  expect(statesOf()).toEqual(['open', 'open']);
});

test('one that is open is asked after all others have failed, in doubt as well', async () => {
  const { a, b, route } = twoProviders();
  a.script(...Array.from({ length: 3 }, () => errorOf('temporary')));
  for (let times = 0; times < 3; times += 1) await send(route);
  b.script(errorOf('auth'), errorOf('ambiguous'));
  expect(await send(route)).toMatchObject({ provider: 'a', before: [{ provider: 'b' }] });
  expect(await send(route)).toMatchObject({ provider: 'a', before: [{ provider: 'b', status: 'unknown' }] });
});

test('no more than a hundred sends at a time ask one that is open; others are told to come again', async () => {
  const clock = virtualClock(startMs);
  const [a] = recordingProviders('a');
  const route = fallback([a], { breaker: { failures: 1, openSeconds: 5 }, now: clock.now });
  const { promise, resolve } = Promise.withResolvers<{ messageId: string }>();
  a.script(errorOf('temporary'), ...Array.from({ length: 100 }, () => () => promise));
  await failure(send(route));
  const hundred = Array.from({ length: 100 }, () => send(route));
  expect(await failure(send(route))).toMatchObject({ kind: 'temporary', retryAfterSeconds: 5, handOvers: [] });
  expect(timesAsked(a)).toEqual([101]);
  resolve({ messageId: 'm' });
  await Promise.all(hundred);
  expect(await send(route)).toMatchObject({ provider: 'a' });
});

test('one that has asked for a pause is not asked before it is over, whoever else is left', async () => {
  const clock = virtualClock(startMs);
  const [a] = recordingProviders('a');
  const route = fallback([a], { now: clock.now });
  a.script(errorOf('rate_limited', 7));
  await failure(send(route));
  clock.advance(2_500);
  expect(await failure(send(route))).toMatchObject({ kind: 'temporary', retryAfterSeconds: 5, handOvers: [] });
  clock.advance(4_500);
  expect(await send(route)).toMatchObject({ provider: 'a' });
  expect(timesAsked(a)).toEqual([2]);
});

test('a pause that a provider asks for is kept from the first time on', async () => {
  const { clock, a, b, route, statesOf } = twoProviders();
  a.script(errorOf('rate_limited', 7));
  expect(await send(route)).toMatchObject({ provider: 'b', before: [{ provider: 'a' }] });
  expect(statesOf()).toEqual(['open', 'closed']);
  clock.advance(6_999);
  expect(await send(route)).toMatchObject({ provider: 'b', before: [] });
  clock.advance(1);
  expect(await send(route)).toMatchObject({ provider: 'a' });
  expect(timesAsked(a, b)).toEqual([2, 2]);
});

test('a shorter pause does not end a longer one', async () => {
  const clock = virtualClock(startMs);
  const settle: ((kind: ReturnType<typeof errorOf>) => void)[] = [];
  const slow: Provider = {
    name: 'slow',
    channels: ['sms'],
    send: () => new Promise((_, reject) => settle.push(reject)),
  };
  const route = fallback([slow], { now: clock.now });
  const both = [failure(send(route)), failure(send(route))];
  settle[0]?.(errorOf('rate_limited', 60));
  await both[0];
  settle[1]?.(errorOf('rate_limited', 5));
  await both[1];
  expect(route.health().providers).toMatchObject([{ waitMs: 60_000 }]);
});

test('no provider is left alone for days on its own word, and none for a word that is not about rates', async () => {
  const { a, b, route } = twoProviders();
  a.script(errorOf('rate_limited', 999_999));
  b.script(errorOf('temporary', 60));
  await failure(send(route));
  expect(route.health().providers).toMatchObject([{ waitMs: 900_000 }, { waitMs: 0 }]);
});

test('whatever way leads to a provider, what is known of it is known once', async () => {
  const clock = virtualClock(startMs);
  const [a, b] = recordingProviders('a', 'b');
  const options = { breaker: { failures: 2 }, now: clock.now };
  const route = byCountry({ US: fallback([a, b], options), GB: fallback([a, b], options) });
  a.script(errorOf('temporary'), errorOf('temporary'));
  await send(route, { country: 'US' });
  await send(route, { country: 'GB' });
  expect(route.health().providers).toMatchObject([
    { provider: 'a', breaker: 'open' },
    { provider: 'b', breaker: 'closed' },
  ]);
  expect(await send(route, { country: 'US' })).toMatchObject({ provider: 'b', before: [] });
  expect(await send(route, { country: 'GB' })).toMatchObject({ provider: 'b', before: [] });
});

test('a wall clock that is set has no part in it', async () => {
  const { clock, a, route, statesOf } = twoProviders();
  a.script(...Array.from({ length: 3 }, () => errorOf('temporary')));
  for (let times = 0; times < 3; times += 1) await send(route);
  const realNow = Date.now;
  try {
    Date.now = () => realNow() + 86_400_000;
    await send(route);
    expect(timesAsked(a)).toEqual([3]);
    Date.now = () => realNow() - 86_400_000;
    clock.advance(30_000);
    expect(await send(route)).toMatchObject({ provider: 'a' });
  } finally {
    Date.now = realNow;
  }
  expect(statesOf()).toEqual(['closed', 'closed']);
});

test('a send that was begun before it opened does not disturb the one that tries', async () => {
  const clock = virtualClock(startMs);
  const settle: ((outcome: { messageId: string } | Error) => void)[] = [];
  const slow: Provider = {
    name: 'slow',
    channels: ['sms'],
    send: () =>
      new Promise((resolve, reject) => {
        settle.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      }),
  };
  const route = fallback([slow], { breaker: { failures: 1, openSeconds: 1 }, now: clock.now });
  const early = send(route);
  const failing = failure(send(route));
  settle[1]?.(errorOf('temporary'));
  await failing;
  clock.advance(1_000);
  const trial = failure(send(route));
  settle[0]?.({ messageId: 'm' });
  expect(await early).toMatchObject({ provider: 'slow' });
  settle[2]?.(errorOf('temporary'));
  await trial;
  expect(route.health().providers).toMatchObject([{ breaker: 'open' }]);
});
