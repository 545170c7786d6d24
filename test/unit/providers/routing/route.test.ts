import { describe, expect, test } from 'vitest';
import type { VerifierEvent } from '../../../../src/events.ts';
import { auto } from '../../../../src/providers/routing/auto.ts';
import { byCountry } from '../../../../src/providers/routing/by-country.ts';
import { fallback } from '../../../../src/providers/routing/fallback.ts';
import type { EarlierDelivery } from '../../../../src/providers/provider.ts';
import { weighted } from '../../../../src/providers/routing/weighted.ts';
import type { DeliveryStatus } from '../../../../src/verification.ts';
import { errorOf, failure, recordingProviders, send, timesAsked } from './asked.ts';

const earlier = (provider: string | null, status: DeliveryStatus, ageSeconds = 1): EarlierDelivery => ({
  provider,
  status,
  ageMs: ageSeconds * 1_000,
});

/** The order in which a, b and c are asked when nobody takes the message. */
async function orderAfter(texts: readonly EarlierDelivery[], receiptSeconds?: number): Promise<string> {
  const providers = recordingProviders('a', 'b', 'c');
  for (const one of providers) one.script(errorOf('temporary'));
  const route = fallback(providers, receiptSeconds === undefined ? {} : { receiptSeconds });
  const { handOvers } = await failure(send(route, { earlier: texts }));
  return handOvers.map(({ provider }) => provider).join(' ');
}

describe('asking again', () => {
  test.each<[string, EarlierDelivery[], string]>([
    ['keeps the order when there was no text before', [], 'a b c'],
    ['tries last who failed to deliver', [earlier('a', 'failed')], 'b c a'],
    ['tries last who refused', [earlier('a', 'rejected'), earlier('b', 'accepted')], 'b c a'],
    ['tries last who may have taken it', [earlier('a', 'unknown')], 'b c a'],
    ['keeps the order soon after a text was taken', [earlier('a', 'accepted', 19.999)], 'a b c'],
    ['keeps the order soon after a text was on its way', [earlier('a', 'sent', 19.999)], 'a b c'],
    ['tries last who took a text of which nothing was heard', [earlier('a', 'accepted', 20)], 'b c a'],
    ['tries last whose text was on its way for long', [earlier('a', 'sent', 20)], 'b c a'],
    ['tries last of whom nothing is written down for long', [earlier('a', 'sending', 20)], 'b c a'],
    ['keeps the order when the text arrived, however long ago', [earlier('a', 'delivered', 500)], 'a b c'],
    ['looks at the latest text of each: better', [earlier('a', 'failed', 60), earlier('a', 'delivered', 30)], 'a b c'],
    ['looks at the latest text of each: worse', [earlier('a', 'delivered', 60), earlier('a', 'failed', 30)], 'b c a'],
    ['tries last all that did not deliver, in their order', [earlier('b', 'failed'), earlier('a', 'failed')], 'c a b'],
    [
      'keeps the order when all did not deliver',
      [earlier('c', 'failed'), earlier('a', 'unknown'), earlier('b', 'rejected')],
      'a b c',
    ],
    [
      'knows nothing of a text of nobody, or of another',
      [earlier(null, 'sending', 60), earlier('d', 'failed')],
      'a b c',
    ],
  ])('%s', async (_name, texts, order) => {
    expect(await orderAfter(texts)).toBe(order);
  });

  test('waits for a receipt as long as is said', async () => {
    expect(await orderAfter([earlier('a', 'accepted', 44)], 45)).toBe('a b c');
    expect(await orderAfter([earlier('a', 'accepted', 45)], 45)).toBe('b c a');
    expect(await orderAfter([earlier('a', 'accepted', 0)], 0)).toBe('b c a');
  });

  test.each([
    ['by-country', (parts: ReturnType<typeof pair>) => byCountry({ US: fallback(parts) })],
    [
      'weighted',
      ([a, b]: ReturnType<typeof pair>) =>
        weighted([
          { provider: a, weight: 1 },
          { provider: b, weight: 0 },
        ]),
    ],
    ['auto', (parts: ReturnType<typeof pair>) => auto(parts, { explore: 0 })],
    ['fallback of a fallback', ([a, b]: ReturnType<typeof pair>) => fallback([fallback([a]), b])],
  ])('counts in every composition: %s', async (_name, compose) => {
    const parts = pair();
    expect(await send(compose(parts), { earlier: [earlier('a', 'failed')] })).toMatchObject({ provider: 'b' });
    expect(await send(compose(parts), { earlier: [] })).toMatchObject({ provider: 'a' });
  });

  function pair() {
    return recordingProviders('a', 'b');
  }
});

describe('compositions within compositions', () => {
  test('are one order: the move in doubt is one in all', async () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('ambiguous'));
    b.script(errorOf('temporary'));
    const error = await failure(send(fallback([fallback([a, b]), c])));
    expect(error).toMatchObject({ kind: 'ambiguous', handOvers: [{ provider: 'a' }, { provider: 'b' }] });
    expect(timesAsked(c)).toEqual([0]);
  });

  test('tell of all that were asked', async () => {
    const [a, b, c, d] = recordingProviders('a', 'b', 'c', 'd');
    for (const one of [a, b, c]) one.script(errorOf('temporary'));
    const route = fallback([byCountry({ US: fallback([a, b]), default: d }), fallback([c]), d]);
    const { provider, before } = await send(route);
    expect(provider).toBe('d');
    expect(before?.map((one) => one.provider)).toEqual(['a', 'b', 'c']);
  });

  test('ask nobody twice', async () => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf('temporary'));
    b.script(errorOf('temporary'));
    await failure(send(fallback([fallback([a, b]), fallback([b, a])])));
    expect(timesAsked(a, b)).toEqual([1, 1]);
  });

  test('keep the settings of each', async () => {
    const [a, b] = recordingProviders('a', 'b');
    const inner = fallback([a], { timeoutMs: 1_000, receiptSeconds: 100 });
    const outer = fallback([inner, b], { timeoutMs: 2_000, receiptSeconds: 10 });
    expect(outer.timeoutMs).toBe(3_500);
    const texts = [earlier('a', 'accepted', 50), earlier('b', 'accepted', 50)];
    expect(await send(outer, { earlier: texts })).toMatchObject({ provider: 'a' });
  });

  test('are told what the outermost is told, once each', () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    const inner = auto([a, b], { now: () => 0 });
    const route = byCountry({ US: fallback([inner, c]), GB: inner, default: inner });
    const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id: 'v', delivery: 1 };
    const inUs = { country: 'US', durationMs: 5 };
    const events: VerifierEvent[] = [
      { type: 'delivery.settled', ...about, ...inUs, provider: 'a', status: 'accepted', errorKind: null },
      { type: 'delivery.settled', ...about, ...inUs, provider: 'b', status: 'rejected', errorKind: 'auth' },
    ];
    for (const event of events) route.onEvent(event);
    const scores = route.health().scores;
    expect(scores).toMatchObject([{ provider: 'a' }, { provider: 'b' }]);
    // One of two was taken; b is drawn to that by five texts.
    expect(scores[1]?.score).toBeCloseTo(2.5 / 6, 2);
  });

  test('tell of the health of each provider once', () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    const { providers } = fallback([byCountry({ US: fallback([a, b]), default: b }), c]).health();
    expect(providers).toEqual(['a', 'b', 'c'].map((provider) => ({ provider, breaker: 'closed', waitMs: 0 })));
  });
});
