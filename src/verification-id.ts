import { createCipheriv, createDecipheriv, hash, type KeyObject } from 'node:crypto';
import { keyFor, type Keyring, type Keys } from './keyring.ts';

const version = 'v1';
const keyIdBytes = 4;
const nonceBytes = 16;
const subjectBytes = 16;
const purposeTagBytes = 6;
const shape = /^v1[A-Za-z0-9_-]{56}$/;

/** What an id leads to without a look-up. */
export interface IdContent {
  readonly subject: string;
  readonly nonce: string;
  readonly purposeTag: string;
}

const maxPurposeTags = 1_000;
const purposeTags = new Map<string, string>();

/** Stands for a purpose in ids and digests: 48 bits of its SHA-256, 8 characters of base64url. Purposes are few and come again and again; of too many to remember all are forgotten. */
export function purposeTagOf(purpose: string): string {
  let tag = purposeTags.get(purpose);
  if (tag === undefined) {
    tag = hash('sha256', purpose, 'buffer').toString('base64url', 0, purposeTagBytes);
    if (purposeTags.size >= maxPurposeTags) purposeTags.clear();
    purposeTags.set(purpose, tag);
  }
  return tag;
}

/**
 * An opaque id: `v1`, then base64url of the key's id, the verification's nonce, and its subject and purpose tag, encrypted (AES-256-CTR, the nonce
 * as iv). Two ids of one number do not resemble each other. The key is the tenant's own: under another tenant an id leads to a subject that
 * does not exist.
 */
export function encodeId(keys: Keys, tenant: string, { subject, nonce, purposeTag }: IdContent): string {
  const iv = Buffer.from(nonce, 'base64url');
  const cipher = createCipheriv('aes-256-ctr', tenantKey(keys.id, tenant), iv);
  const encrypted = cipher.update(
    Buffer.concat([Buffer.from(subject, 'base64url'), Buffer.from(purposeTag, 'base64url')]),
  );
  return version + Buffer.concat([Buffer.from(keys.keyId, 'base64url'), iv, encrypted]).toString('base64url');
}

/** What is in an id; null for what is no id, or one under a key that is not on the ring. Whether it exists, the store knows. */
export function decodeId(keyring: Keyring, tenant: string, id: string): IdContent | null {
  if (!shape.test(id)) return null;
  const bytes = Buffer.from(id.slice(version.length), 'base64url');
  const keys = keyring.byId.get(bytes.toString('base64url', 0, keyIdBytes));
  if (!keys) return null;
  const iv = bytes.subarray(keyIdBytes, keyIdBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-ctr', tenantKey(keys.id, tenant), iv);
  const content = decipher.update(bytes.subarray(keyIdBytes + nonceBytes));
  return {
    subject: content.toString('base64url', 0, subjectBytes),
    nonce: iv.toString('base64url'),
    purposeTag: content.toString('base64url', subjectBytes),
  };
}

const maxTenantKeys = 1_000;
const tenantKeys = new WeakMap<KeyObject, Map<string, KeyObject>>();

/** The id key of a tenant. Tenants are few and come again and again, so that it is derived once; of too many to remember all are forgotten. */
function tenantKey(key: KeyObject, tenant: string): KeyObject {
  let known = tenantKeys.get(key);
  if (!known || known.size >= maxTenantKeys) {
    known = new Map<string, KeyObject>();
    tenantKeys.set(key, known);
  }
  const derived = known.get(tenant) ?? keyFor(key, tenant);
  known.set(tenant, derived);
  return derived;
}
