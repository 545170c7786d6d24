import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { numberLimits } from '../../src/limits.ts';
import { defaultPolicy, resolvePolicy } from '../../src/policy.ts';

test('the defaults are the documented numbers', () => {
  expect(numberLimits(resolvePolicy())).toEqual({
    sends: [
      { name: 'sends', max: 3, windowMs: 600_000 },
      { name: 'sends_daily', max: 10, windowMs: 86_400_000 },
    ],
    attempts: { max: 13, windowMs: 600_000 },
    gapMs: 0,
    lifetimeMs: 300_000,
    maxLifetimeMs: 600_000,
    repeatMs: 300_000,
    maxChecks: 5,
    wrongChecks: { max: 10, windowMs: 86_400_000 },
    lock: { after: 100, forMs: 365 * 86_400_000 },
    ended: { max: 4, keepMs: 86_400_000 },
    verifiedMs: 30 * 86_400_000,
  });
});

test('an undefined field means its default', () => {
  expect(resolvePolicy({ maxChecks: undefined })).toEqual(defaultPolicy);
});

test.each([
  ['codeLength', 3],
  ['codeLength', 11],
  ['codeLength', '6'],
  ['codeLength', 6.5],
  ['maxChecks', 0],
  ['maxChecks', Number.NaN],
  ['maxChecks', null],
  ['maxSends', Number.POSITIVE_INFINITY],
  ['maxWrongChecksPerDay', 0],
  ['resend', 'sometimes'],
  ['countries', []],
  ['countries', ['us']],
  ['lineTypes', []],
  ['lineTypes', ['cell']],
  ['allowOwnCode', 'yes'],
  ['maxCheks', 5],
])('policy.%s cannot be %s', (field, value) => {
  expect(() => resolvePolicy({ [field]: value })).toThrow(ConfigurationError);
});

test('all faults are named at once, also those between fields', () => {
  try {
    resolvePolicy({ codeLength: 2, maxChecks: 0, lifetimeSeconds: 600, maxLifetimeSeconds: 300 });
    expect.unreachable();
  } catch (error) {
    expect((error as ConfigurationError).faults).toHaveLength(3);
  }
});
