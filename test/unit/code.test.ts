import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSealer, digestCode, generateCode, openSeal } from '../../src/code.ts';
import { createKeyring } from '../../src/keyring.ts';
import { purposeTagOf } from '../../src/verification-id.ts';

const keyring = createKeyring({ secret: randomBytes(32) });
const seal = (label: string, text: string) => createSealer(keyring.current, scope.subject)(label, text);
const scope = { tenant: 'default', subject: 'subject-one-0000000000', purposeTag: purposeTagOf('default') };

test('codes are uniform over the whole range: every digit at every place, leading zeros included', () => {
  const rounds = 60_000;
  const counts = Array.from({ length: 4 }, () => Array.from({ length: 10 }, () => 0));
  for (let i = 0; i < rounds; i++) {
    const code = generateCode(4);
    expect(code).toMatch(/^[0-9]{4}$/);
    for (let place = 0; place < 4; place++) counts[place]![Number(code[place])]! += 1;
  }
  // Six standard deviations: a fair generator fails here once in many million runs, one that lacks a digit always.
  const slack = 6 * Math.sqrt(rounds * 0.1 * 0.9);
  for (const place of counts) for (const count of place) expect(Math.abs(count - rounds / 10)).toBeLessThan(slack);
});

test('a code has as many digits as asked, 4 to 10', () => {
  for (let length = 4; length <= 10; length++) expect(generateCode(length)).toHaveLength(length);
});

test('a digest is worth nothing in another scope, for another code or under another key', () => {
  const otherKeys = createKeyring({ secret: randomBytes(32) }).current;
  const digests = [
    digestCode(keyring.current, scope, '123456'),
    digestCode(keyring.current, scope, '123457'),
    digestCode(keyring.current, { ...scope, tenant: 'other' }, '123456'),
    digestCode(keyring.current, { ...scope, subject: 'subject-two-0000000000' }, '123456'),
    digestCode(keyring.current, { ...scope, purposeTag: purposeTagOf('withdrawal') }, '123456'),
    digestCode(otherKeys, scope, '123456'),
  ];
  expect(new Set(digests.map((digest) => digest.toString('hex'))).size).toBe(digests.length);
  expect(digestCode(keyring.current, scope, '123456').equals(digests[0]!)).toBe(true);
});

test('a seal opens with its key, subject and label only, and two seals of one text differ', () => {
  const sealed = seal('number', '+12025550143');
  expect(openSeal(keyring, scope.subject, 'number', sealed)).toBe('+12025550143');
  expect(openSeal(keyring, scope.subject, 'code', sealed)).toBeNull();
  expect(openSeal(keyring, 'subject-two-0000000000', 'number', sealed)).toBeNull();
  expect(openSeal(createKeyring({ secret: randomBytes(32) }), scope.subject, 'number', sealed)).toBeNull();
  expect(seal('number', '+12025550143').equals(sealed)).toBe(false);
  expect(sealed.toString('latin1')).not.toContain('2025550143');
});

test('a seal that was touched or cut does not open', () => {
  const sealed = seal('code', '123456');
  for (let i = 0; i < sealed.length; i++) {
    const touched = Buffer.from(sealed);
    touched[i]! ^= 1;
    expect(openSeal(keyring, scope.subject, 'code', touched)).toBeNull();
    expect(openSeal(keyring, scope.subject, 'code', sealed.subarray(0, i))).toBeNull();
  }
});

test('what was sealed before a rotation opens after it', () => {
  const old = randomBytes(32);
  const sealed = createSealer(createKeyring({ secret: old }).current, scope.subject)('code', '123456');
  const rotated = createKeyring({ secret: [randomBytes(32), old] });
  expect(openSeal(rotated, scope.subject, 'code', sealed)).toBe('123456');
});
