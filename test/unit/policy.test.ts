import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { numberLimits } from '../../src/limits.ts';
import { defaultPolicy, fieldsThatMayBeNull, resolvePolicy, type Policy } from '../../src/policy.ts';

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

test('the defaults of the limits that numbers share are the documented numbers', () => {
  expect(resolvePolicy()).toMatchObject({
    maxSendsPerAddress: 30,
    maxSendsPerNetwork: 60,
    maxSendsPerCountry: 5_000,
    maxSendsPerTenant: 10_000,
    maxSendsInAll: 20_000,
    broadWindowSeconds: 3_600,
  });
});

test('null switches off what may be off', () => {
  for (const field of fieldsThatMayBeNull) expect(resolvePolicy({ [field]: null })[field]).toBeNull();
  const others = Object.keys(defaultPolicy).filter((field) => !fieldsThatMayBeNull.has(field as keyof Policy));
  for (const field of others) expect(() => resolvePolicy({ [field]: null }), field).toThrow(ConfigurationError);
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
  ['maxSendsPerAddress', 0],
  ['maxSendsPerNetwork', 1.5],
  ['maxSendsPerCountry', '10'],
  ['maxSendsInAll', Number.POSITIVE_INFINITY],
  ['broadWindowSeconds', 59],
  ['broadWindowSeconds', 86_401],
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
