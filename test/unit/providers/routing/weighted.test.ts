import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/errors.ts';
import { fallback } from '../../../../src/providers/routing/fallback.ts';
import { weighted, type Weighted } from '../../../../src/providers/routing/weighted.ts';
import { diceOf } from '../../../../src/testing/dice.ts';
import { errorOf, failure, recordingProviders, send, timesAsked } from './asked.ts';

/** The order that comes of these rolls when nobody takes the message, and how many sides each roll had. */
async function drawn(
  weights: readonly number[],
  rolls: readonly number[],
): Promise<{ order: string; sides: number[] }> {
  const providers = recordingProviders(...weights.map((_, index) => 'abcdef'.charAt(index)));
  for (const one of providers) one.script(errorOf('temporary'));
  const sides: number[] = [];
  const chance = (of: number): number => rolls[sides.push(of) - 1] ?? 0;
  const shares = providers.map((provider, index): Weighted => ({ provider, weight: weights[index] ?? 0 }));
  const { handOvers } = await failure(send(weighted(shares, { chance })));
  return { order: handOvers.map(({ provider }) => provider).join(' '), sides };
}

test.each<[number[], number[], string]>([
  [[3, 1], [0], 'a b'],
  [[3, 1], [2], 'a b'],
  [[3, 1], [3], 'b a'],
  [[1, 2, 3], [0, 0], 'a b c'],
  [[1, 2, 3], [0, 2], 'a c b'],
  [[1, 2, 3], [2, 1], 'b c a'],
  [[1, 2, 3], [5, 1], 'c b a'],
])('weights %j and rolls %j: %s', async (weights, rolls, order) => {
  expect((await drawn(weights, rolls)).order).toBe(order);
});

test('each roll is among those that are left', async () => {
  expect((await drawn([1, 2, 3], [3, 0, 0])).sides.slice(0, 2)).toEqual([6, 3]);
});

test('weight 0 takes what the others did not, in the order given', async () => {
  expect((await drawn([0, 0, 5, 0], [0])).order).toBe('c a b d');
});

test('texts are shared out by weight', async () => {
  const [a, b, c] = recordingProviders('a', 'b', 'c');
  const dice = diceOf(7);
  const shares = [
    { provider: a, weight: 6 },
    { provider: b, weight: 3 },
    { provider: c, weight: 1 },
  ];
  const route = weighted(shares, { chance: dice.roll });
  for (let times = 0; times < 2_000; times += 1) await send(route);
  const [ofA = 0, ofB = 0, ofC = 0] = timesAsked(a, b, c);
  expect(ofA + ofB + ofC).toBe(2_000);
  // More than four standard deviations to either side.
  expect(Math.abs(ofA - 1_200)).toBeLessThan(90);
  expect(Math.abs(ofB - 600)).toBeLessThan(85);
  expect(Math.abs(ofC - 200)).toBeLessThan(55);
});

test('chance comes from a generator when nothing is said', async () => {
  const [a, b] = recordingProviders('a', 'b');
  const route = weighted([a, b].map((provider) => ({ provider, weight: 1 })));
  for (let times = 0; times < 200; times += 1) await send(route);
  expect(Math.min(...timesAsked(a, b))).toBeGreaterThan(40);
});

test('a part that is a composition is drawn as one', async () => {
  const [a, b, c] = recordingProviders('a', 'b', 'c');
  for (const one of [a, b, c]) one.script(errorOf('temporary'));
  const shares = [
    { provider: c, weight: 1 },
    { provider: fallback([a, b]), weight: 1 },
  ];
  const { handOvers } = await failure(send(weighted(shares, { chance: () => 1 })));
  expect(handOvers.map(({ provider }) => provider)).toEqual(['a', 'b', 'c']);
});

test.each([[[-1, 3]], [[0.5, 1]], [[Number.NaN, 1]], [[Infinity, 1]], [[0, 0]], [[]]])(
  'weights %j cannot be drawn by',
  (weights) => {
    const [provider] = recordingProviders('a');
    const shares = weights.map((weight, index) => ({ provider: { ...provider, name: `p${index}` }, weight }));
    expect(() => weighted(shares)).toThrow(ConfigurationError);
  },
);

test('it is called weighted', () => {
  const [a] = recordingProviders('a');
  expect(weighted([{ provider: a, weight: 1 }])).toMatchObject({ name: 'weighted', providers: [a] });
});
