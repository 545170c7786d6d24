import { expect, test } from 'vitest';
import { nearest } from '../../../../src/server/config/nearest-name.ts';

const names = ['PORT', 'HOST', 'POLICY_MAX_SENDS', 'POLICY_MAX_CHECKS'];

test.each([
  ['POLICY_MAX_SEND', 'POLICY_MAX_SENDS'],
  ['POLICY_MAX_CHEKCS', 'POLICY_MAX_CHECKS'],
  ['PROT', 'PORT'],
  ['HOOST', 'HOST'],
  ['TWILIO_SID', undefined],
  ['', undefined],
])('%j is nearest to %j', (word, expected) => {
  expect(nearest(word, names)).toBe(expected);
});
