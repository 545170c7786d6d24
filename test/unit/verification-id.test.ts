import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyring, subjectOf } from '../../src/keyring.ts';
import { decodeId, encodeId, purposeTagOf } from '../../src/verification-id.ts';

const secret = randomBytes(32);
const keyring = createKeyring({ secret });
const content = () => ({
  subject: subjectOf(keyring, 'default', '+12025550143'),
  nonce: randomBytes(16).toString('base64url'),
  purposeTag: purposeTagOf('default'),
});

test('an id leads back to what it was made of', () => {
  const made = content();
  expect(decodeId(keyring, 'default', encodeId(keyring.current, 'default', made))).toEqual(made);
});

test('two ids of one number share nothing but version and key id', () => {
  const [a, b] = [encodeId(keyring.current, 'default', content()), encodeId(keyring.current, 'default', content())];
  const bytes = (id: string) => Buffer.from(id.slice(2), 'base64url').subarray(4);
  const same = [...bytes(a)].filter((byte, i) => byte === bytes(b)[i]).length;
  expect(same).toBeLessThan(8);
  expect(a).not.toContain(content().subject);
});

test('an id that was given stays good', () => {
  const fixed = createKeyring({ secret: Buffer.from(Array.from({ length: 32 }, (_, i) => i)) });
  const made = {
    subject: subjectOf(fixed, 'default', '+12025550143'),
    nonce: 'AAECAwQFBgcICQoLDA0ODw',
    purposeTag: purposeTagOf('sign-in'),
  };
  const id = 'v1n3tMqgABAgMEBQYHCAkKCwwNDg-MtWlAtR0Jf-hwnXADD_y5VaGyIJy8';
  expect(encodeId(fixed.current, 'default', made)).toBe(id);
  expect(decodeId(fixed, 'default', id)).toEqual(made);
});

test("another tenant's id leads to a subject that does not exist", () => {
  const made = content();
  const decoded = decodeId(keyring, 'other', encodeId(keyring.current, 'default', made));
  expect(decoded?.subject).not.toBe(made.subject);
});

test('ids outlive a rotation and die with their key', () => {
  const made = content();
  const id = encodeId(keyring.current, 'default', made);
  expect(decodeId(createKeyring({ secret: [randomBytes(32), secret] }), 'default', id)).toEqual(made);
  expect(decodeId(createKeyring({ secret: randomBytes(32) }), 'default', id)).toBeNull();
});

test('what is no id is no id', () => {
  fc.assert(fc.property(fc.string(), (text) => decodeId(keyring, 'default', text) === null));
  const id = encodeId(keyring.current, 'default', content());
  for (const near of [id.slice(1), id.slice(0, -1), `${id}A`, id.replace('v1', 'v2'), ` ${id}`, `${id}\n`]) {
    expect(decodeId(keyring, 'default', near)).toBeNull();
  }
});

test('of more tenants than are remembered each still has ids of its own', () => {
  const made = content();
  const ids = Array.from(
    { length: 1_100 },
    (_, i) => [`tenant-${i}`, encodeId(keyring.current, `tenant-${i}`, made)] as const,
  );
  expect(new Set(ids.map(([, id]) => id)).size).toBe(ids.length);
  for (const [tenant, id] of ids) expect(decodeId(keyring, tenant, id)).toEqual(made);
});
