import { expect, test } from 'vitest';
import type { ProviderErrorKind } from '../../../../src/errors.ts';
import { createHealth, type Health } from '../../../../src/providers/routing/health.ts';
import { virtualClock } from '../../../../src/testing/clock.ts';

const halfLifeMs = 600_000;

/** What is known of a and b, and what a verifier tells of a text. */
function observed() {
  const clock = virtualClock(0);
  const health = createHealth({ names: new Set(['a', 'b']), halfLifeMs, now: clock.now });
  let ids = 0;
  return { clock, health, text: (country: string | null = 'US') => textOf(health, `v${(ids += 1)}`, country) };
}

/** A text to a number of a country. */
function textOf(health: Health, id: string, country: string | null) {
  const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id };
  let delivery = 1;
  const text = {
    /** Asks for it again. */
    again() {
      delivery += 1;
      return text;
    },
    settle(provider: string, kind: ProviderErrorKind | 'accepted' = 'accepted', durationMs = 0) {
      const errorKind = kind === 'accepted' ? null : kind;
      const status = kind === 'accepted' ? 'accepted' : kind === 'ambiguous' ? 'unknown' : 'rejected';
      health.onEvent({
        type: 'delivery.settled',
        ...about,
        delivery,
        country,
        provider,
        status,
        errorKind,
        durationMs,
      });
      return text;
    },
    report(provider: string, status: 'sent' | 'delivered' | 'failed', errorKind: ProviderErrorKind | null = null) {
      health.onEvent({ type: 'delivery.reported', tenant: 'default', id, delivery, provider, status, errorKind });
      return text;
    },
    approve() {
      health.onEvent({ type: 'verification.approved', ...about });
      return text;
    },
    cancel() {
      health.onEvent({ type: 'verification.canceled', ...about });
      return text;
    },
  };
  return text;
}

const times = (count: number, act: () => unknown): void => {
  for (let done = 0; done < count; done += 1) act();
};

test('where nothing is known, all do as well as can be', () => {
  const { health } = observed();
  expect(health.score('a', 'US')).toBe(1);
  expect(health.score('b', null)).toBe(1);
  expect(health.scores()).toEqual([]);
});

test.each<ProviderErrorKind>(['temporary', 'rate_limited', 'filtered', 'auth', 'config', 'funds', 'ambiguous'])(
  'a text that was not taken (%s) speaks against the provider',
  (kind) => {
    const { health, text } = observed();
    times(20, () => text().settle('a', kind).settle('b').approve());
    expect(health.score('a', 'US')).toBeLessThan(0.25);
    expect(health.score('b', 'US')).toBeGreaterThan(0.85);
  },
);

test.each<ProviderErrorKind>(['invalid_number', 'not_sms_capable', 'opted_out', 'blocked_destination'])(
  'a number that cannot get texts (%s) does not, when sent and when reported',
  (kind) => {
    const { health, text } = observed();
    times(20, () => text().settle('a', kind));
    times(20, () => text().settle('a').report('a', 'failed', kind).approve());
    expect(health.score('a', 'US')).toBe(1);
  },
);

test('a text that did not arrive speaks against the provider, however often it is told', () => {
  const { health, text } = observed();
  times(10, () => text().settle('a').report('a', 'sent').report('a', 'delivered').approve());
  times(10, () => {
    const one = text().settle('b');
    times(3, () => one.report('b', 'failed'));
    one.approve();
  });
  // Ten arrived and ten did not, to which each is drawn by five texts of the average.
  expect(health.score('a', 'US')).toBeCloseTo((10 + 2.5) / 15, 5);
  expect(health.score('b', 'US')).toBeCloseTo((0 + 2.5) / 15, 5);
});

test('a provider whose vendor tells nothing is as good as those whose vendors tell', () => {
  const { health, text } = observed();
  times(20, () => text().settle('a').report('a', 'delivered').approve());
  times(20, () => text().settle('b').approve());
  expect(health.score('b', 'US')).toBe(health.score('a', 'US'));
});

test('a code that nobody types speaks against the provider, but only when there was time to type it', () => {
  const { clock, health, text } = observed();
  times(20, () => text().settle('a'));
  times(20, () => text().settle('b').approve());
  clock.advance(119_999);
  text('GB').settle('b', 'temporary');
  expect(health.score('a', 'US')).toBe(1);
  clock.advance(1);
  text('GB').settle('b', 'temporary');
  expect(health.score('a', 'US')).toBeLessThan(0.3);
  expect(health.score('b', 'US')).toBeGreaterThan(0.7);
});

test('a code that is typed too late is not counted twice', () => {
  const { clock, health, text } = observed();
  const late = text().settle('a');
  clock.advance(120_000);
  text('GB').settle('b', 'temporary');
  const before = health.score('a', 'US');
  late.approve();
  expect(health.score('a', 'US')).toBe(before);
});

test('a person who asks again did not get the first text in time; the second did it', () => {
  const { health, text } = observed();
  times(20, () => text().settle('a').again().settle('b').approve());
  expect(health.score('a', 'US')).toBeLessThan(0.3);
  expect(health.score('b', 'US')).toBeGreaterThan(0.7);
});

test('a canceled verification says nothing', () => {
  const { clock, health, text } = observed();
  times(20, () => text().settle('a').cancel());
  clock.advance(120_000);
  text('GB').settle('b', 'temporary');
  expect(health.score('a', 'US')).toBe(1);
});

test('a provider that is slow to answer loses a fifth at most', () => {
  const { health, text } = observed();
  times(1_000, () => text().settle('a', 'accepted', 60_000).approve());
  expect(health.score('a', 'US')).toBeCloseTo(0.8, 2);
  const fast = observed();
  times(1_000, () => fast.text().settle('a', 'accepted', 400).approve());
  expect(fast.health.score('a', 'US')).toBeCloseTo(0.98, 2);
});

test('each country is for itself', () => {
  const { health, text } = observed();
  times(20, () => text('US').settle('a', 'filtered').settle('b').approve());
  times(20, () => text(null).settle('a').approve());
  expect(health.score('a', 'GB')).toBe(1);
  expect(health.score('a', null)).toBe(1);
  expect(health.score('a', 'US')).toBeLessThan(0.5);
});

test('a provider of which nothing is known does as the others on average, not as well as can be', () => {
  const { health, text } = observed();
  times(1_000, () => text().settle('a', 'temporary'));
  expect(health.score('b', 'US')).toBeCloseTo(health.score('a', 'US'), 2);
});

test('what happened a half-life ago counts half', () => {
  const { clock, health, text } = observed();
  times(40, () => text().settle('a', 'temporary'));
  clock.advance(halfLifeMs);
  times(20, () => text().settle('a').approve());
  expect(health.score('a', 'US')).toBeCloseTo(0.5, 5);
});

test('what happened long ago is forgotten', () => {
  const { clock, health, text } = observed();
  times(40, () => text().settle('a', 'temporary'));
  times(40, () => text().settle('b').approve());
  clock.advance(30 * halfLifeMs);
  times(5, () => text().settle('a').approve());
  expect(health.score('a', 'US')).toBeGreaterThan(0.99);
});

test('looking changes nothing', () => {
  const { clock, health, text } = observed();
  const other = observed();
  for (const one of [text, other.text]) times(10, () => one().settle('a', 'temporary').settle('b').approve());
  times(50, () => {
    clock.advance(1_000);
    health.score('a', 'US');
    health.scores();
  });
  other.clock.advance(50_000);
  expect(health.score('a', 'US')).toBeCloseTo(other.health.score('a', 'US'), 10);
});

test('providers of other compositions do not count, and take nobody’s code for their own', () => {
  const { clock, health, text } = observed();
  times(50, () => text().settle('c', 'temporary').settle('a').approve());
  expect(health.score('a', 'US')).toBe(1);
  expect(health.scores()).toEqual([{ provider: 'a', country: 'US', score: 1 }]);
  times(50, () => text().settle('a', 'temporary').settle('c').approve());
  const before = health.score('a', 'US');
  clock.advance(120_000);
  text('GB').settle('b', 'temporary');
  expect(health.score('a', 'US')).toBeCloseTo(before, 10);
});

test('scores are told per provider and country', () => {
  const { health, text } = observed();
  text('US').settle('a').approve();
  text(null).settle('b').approve();
  expect(health.scores()).toEqual([
    { provider: 'a', country: 'US', score: 1 },
    { provider: 'b', country: null, score: 1 },
  ]);
});

test('what happens to texts that it does not know is passed over', () => {
  const { health } = observed();
  const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id: 'elsewhere' };
  const settled = { provider: 'a', status: 'failed', errorKind: 'temporary' } as const;
  health.onEvent({ type: 'delivery.reported', ...about, delivery: 1, ...settled });
  health.onEvent({ type: 'verification.approved', ...about });
  health.onEvent({ type: 'check.refused', tenant: 'default', to: null, purpose: null, id: null, reason: 'x' });
  expect(health.scores()).toEqual([]);
});

test('no more than ten thousand texts are followed up at a time, and those that are not count for what was settled alone', () => {
  const { clock, health, text } = observed();
  times(10_000, () => text('GB').settle('b'));
  times(100, () => text().settle('a'));
  clock.advance(120_000);
  expect(text().settle('a').report('a', 'sent') && health.score('a', 'US')).toBe(1);
  times(100, () => text().settle('a'));
  clock.advance(120_000);
  text('GB').settle('b');
  expect(health.score('a', 'US')).toBeLessThan(0.1);
});
