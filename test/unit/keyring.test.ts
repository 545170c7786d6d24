import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { createKeyring, hmac, subjectOf } from '../../src/keyring.ts';

const secret = randomBytes(32);
const other = randomBytes(32);

test('base64, base64url, hex and bytes of one secret make the same keys', () => {
  const rings = [secret.toString('base64'), secret.toString('base64url'), secret.toString('hex'), secret].map((input) =>
    createKeyring({ secret: input }),
  );
  expect(new Set(rings.map(({ current }) => current.keyId)).size).toBe(1);
  expect(new Set(rings.map((ring) => subjectOf(ring, 'default', '+12025550143'))).size).toBe(1);
});

test('every job has its own key', () => {
  const { current, subject } = createKeyring({ secret });
  const exported = [current.code, current.seal, current.id, subject].map((key) => key.export().toString('hex'));
  expect(new Set(exported).size).toBe(4);
});

test('a new first secret writes, the former one still reads, and subjects stay', () => {
  const before = createKeyring({ secret });
  const after = createKeyring({ secret: [other, secret] });
  expect(after.current.keyId).not.toBe(before.current.keyId);
  expect(after.byId.has(before.current.keyId)).toBe(true);
  expect(after.subjectFingerprint).toBe(before.subjectFingerprint);
  expect(subjectOf(after, 'default', '+12025550143')).toBe(subjectOf(before, 'default', '+12025550143'));
});

test('a subject secret of its own holds when every other secret is replaced', () => {
  const subjectSecret = randomBytes(32);
  const before = createKeyring({ secret, subjectSecret });
  const after = createKeyring({ secret: other, subjectSecret });
  expect(after.subjectFingerprint).toBe(before.subjectFingerprint);
  expect(createKeyring({ secret: other }).subjectFingerprint).not.toBe(before.subjectFingerprint);
});

test('a subject belongs to one tenant and one number', () => {
  const ring = createKeyring({ secret });
  const subjects = [
    subjectOf(ring, 'a', '+12025550143'),
    subjectOf(ring, 'b', '+12025550143'),
    subjectOf(ring, 'a', '+12025550144'),
    subjectOf(ring, 'a+1', '2025550143'),
  ];
  expect(new Set(subjects).size).toBe(4);
  for (const subject of subjects) expect(subject).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test('parts of a keyed hash cannot run into each other', () => {
  const { code } = createKeyring({ secret }).current;
  expect(hmac(code, ['ab', 'c']).equals(hmac(code, ['a', 'bc']))).toBe(false);
  expect(hmac(code, ['1:a', '']).equals(hmac(code, ['1', 'a']))).toBe(false);
});

test.each([
  ['none', []],
  ['an empty one', ''],
  ['31 bytes', randomBytes(31).toString('hex')],
  ['no base64', 'correct horse battery staple, correct horse battery staple'],
  ['zeros', Buffer.alloc(32)],
  ['a repeated word', Buffer.from('secretsecretsecretsecretsecretsecret')],
  ['the same twice', [secret, secret.toString('hex')]],
])('%s is refused', (_, input) => {
  expect(() => createKeyring({ secret: input })).toThrow(ConfigurationError);
});

test('all faults of all secrets are named at once, and no secret', () => {
  const short = randomBytes(8).toString('hex');
  try {
    createKeyring({ secret: [short, 'not a secret!'], subjectSecret: Buffer.alloc(40) });
    expect.unreachable();
  } catch (error) {
    expect((error as ConfigurationError).faults).toHaveLength(3);
    expect((error as Error).message).not.toContain(short);
  }
});
