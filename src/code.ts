import { createCipheriv, createDecipheriv, randomInt } from 'node:crypto';
import { hmac, keyFor, type Keyring, type Keys } from './keyring.ts';
import { randomBytes } from './random.ts';

/** A code, uniform over all strings of `length` digits, leading zeros included, from a cryptographically secure generator. */
export function generateCode(length: number): string {
  return String(randomInt(0, 10 ** length)).padStart(length, '0');
}

/** What a code is for. A digest or seal made for one scope is worth nothing in another. */
export interface CodeScope {
  readonly tenant: string;
  readonly subject: string;
  readonly purposeTag: string;
}

/** HMAC-SHA-256 of a code in its scope: 32 bytes. Without the key a dump of digests cannot be tried against all codes. */
export function digestCode(keys: Keys, { tenant, subject, purposeTag }: CodeScope, code: string): Buffer {
  return hmac(keys.code, [tenant, subject, purposeTag, code]);
}

const keyIdBytes = 4;
const ivBytes = 12;
const tagBytes = 16;

/** Seals a text as one thing (its label), to be opened as that thing only. Key id, iv, ciphertext, tag. */
export type Sealer = (label: string, text: string) => Buffer;

/**
 * Seals what belongs to a subject: AES-256-GCM with a random iv, under a key derived for the subject, so that no key seals more than a few texts
 * (NIST SP 800-38D section 8.3 allows 2^32). The label is authenticated.
 */
export function createSealer(keys: Keys, subject: string): Sealer {
  const key = keyFor(keys.seal, subject);
  return (label, text) => {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(label));
    const sealed = [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat([Buffer.from(keys.keyId, 'base64url'), iv, ...sealed]);
  };
}

/** The keys under which something was sealed; null: they are not on the ring. */
export function keysOfSeal(keyring: Keyring, sealed: Uint8Array): Keys | null {
  const keyId = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('base64url', 0, keyIdBytes);
  return keyring.byId.get(keyId) ?? null;
}

/** What a sealer of the subject was given as that thing; null when its key is not on the ring or the bytes are not what it made. */
export function openSeal(keyring: Keyring, subject: string, label: string, sealed: Uint8Array): string | null {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const keys = keysOfSeal(keyring, sealed);
  if (!keys || bytes.length < keyIdBytes + ivBytes + tagBytes) return null;
  const iv = bytes.subarray(keyIdBytes, keyIdBytes + ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', keyFor(keys.seal, subject), iv);
  decipher.setAAD(Buffer.from(label));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(keyIdBytes + ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
