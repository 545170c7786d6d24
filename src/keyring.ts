import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { ConfigurationError } from './errors.ts';

/** 32 bytes or more, as base64, base64url or hex, or as bytes. */
export type SecretInput = string | Uint8Array;

/** What derives from one secret. Each job has its own key. */
export interface Keys {
  /** Names the secret in records and ids: 32 bits, 6 characters of base64url. Tells nothing of it. */
  readonly keyId: string;
  readonly code: KeyObject;
  readonly seal: KeyObject;
  readonly id: KeyObject;
}

export interface Keyring {
  /** Writes: codes, seals and ids are made with it. */
  readonly current: Keys;
  /** Reads: the current one first, then those that are being rotated out. */
  readonly all: readonly Keys[];
  readonly byId: ReadonlyMap<string, Keys>;
  /** Long-lived: subjects are made with it. */
  readonly subject: KeyObject;
  /** Tells one subject key from another and nothing else. */
  readonly subjectFingerprint: string;
}

const leastBytes = 32;
const leastDistinctBytes = 12;

/**
 * Derives all keys (HKDF-SHA-256, RFC 5869). `secret`: the first writes, all read. `subjectSecret` unset: the last of `secret`, so that a new
 * first secret does not change it. Throws a `ConfigurationError` that names every fault and no secret.
 */
export function createKeyring(options: {
  secret: SecretInput | readonly SecretInput[];
  subjectSecret?: SecretInput | undefined;
}): Keyring {
  const inputs: readonly SecretInput[] = [options.secret ?? []].flat();
  const faults: string[] = [];
  if (inputs.length === 0) faults.push('secret is missing: pass 32 random bytes, as base64 or hex');
  const secrets = inputs.map((input, i) =>
    secretBytes(input, inputs.length > 1 ? `secret ${i + 1}` : 'secret', faults),
  );
  const subjectSecret =
    options.subjectSecret === undefined ? secrets.at(-1) : secretBytes(options.subjectSecret, 'subjectSecret', faults);
  if (faults.length > 0 || !subjectSecret) throw new ConfigurationError(faults);

  const all = secrets.map(deriveKeys);
  const byId = new Map(all.map((keys) => [keys.keyId, keys]));
  const [current] = all;
  if (!current || byId.size < all.length) throw new ConfigurationError(['secret is given twice: each must differ']);
  return {
    current,
    all,
    byId,
    subject: createSecretKey(derive(subjectSecret, 'subject', 32)),
    subjectFingerprint: derive(subjectSecret, 'subject fingerprint', 16).toString('base64url'),
  };
}

/** HMAC-SHA-256 over parts that cannot run into each other (each is preceded by its length). */
export function hmac(key: KeyObject, parts: readonly string[]): Buffer {
  let text = '';
  for (const part of parts) text += `${Buffer.byteLength(part)}:${part}`;
  return createHmac('sha256', key).update(text).digest();
}

/** A key that derives from another and a name. As a KeyObject: a cipher takes three times as long with the bytes of one. */
export function keyFor(key: KeyObject, name: string): KeyObject {
  return createSecretKey(hmac(key, [name]));
}

/** The keyed name of a number within a tenant, under which a store keeps all that concerns it: 128 bits, 22 characters of base64url. */
export function subjectOf(keyring: Keyring, tenant: string, e164: string): string {
  return hmac(keyring.subject, [tenant, e164]).toString('base64url', 0, 16);
}

function deriveKeys(secret: Buffer): Keys {
  return {
    keyId: derive(secret, 'key id', 4).toString('base64url'),
    code: createSecretKey(derive(secret, 'code', 32)),
    seal: createSecretKey(derive(secret, 'seal', 32)),
    id: createSecretKey(derive(secret, 'id', 32)),
  };
}

function derive(secret: Buffer, job: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'phoneproof v1', job, bytes));
}

function secretBytes(input: SecretInput, name: string, faults: string[]): Buffer {
  const bytes = typeof input === 'string' ? decodeSecret(input.trim()) : Buffer.from(input ?? []);
  if (bytes === null) {
    faults.push(`${name} is neither base64 nor hex: make one with \`openssl rand -base64 32\``);
  } else if (bytes.length < leastBytes) {
    faults.push(
      `${name} has ${bytes.length} bytes, at least ${leastBytes} are needed: make one with \`openssl rand -base64 32\``,
    );
  } else if (new Set(bytes).size < leastDistinctBytes) {
    faults.push(`${name} is not random: make one with \`openssl rand -base64 32\``);
  }
  return bytes ?? Buffer.alloc(0);
}

function decodeSecret(text: string): Buffer | null {
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  return null;
}
