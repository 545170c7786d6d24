import type { CodeSecret, NumberLimits } from '../store.ts';

/** A time, or any other number that a script reads as `I6`. */
const numberBytes = 6;

/** The bytes as ioredis takes them, without copying. */
export function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What is written as base64url, as the bytes it stands for. */
export function fromBase64url(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}

/** Limits as scripts read them. */
export interface PackedLimits {
  /** For `read_check_limits` of limits.lua. */
  readonly check: Buffer;
  /** What begin.lua needs on top of that. */
  readonly begin: Buffer;
}

const known = new WeakMap<NumberLimits, PackedLimits>();

/** Most calls come with the same limits, which are packed once. */
export function packLimits(limits: NumberLimits): PackedLimits {
  const packed = known.get(limits) ?? pack(limits);
  known.set(limits, packed);
  return packed;
}

function pack(limits: NumberLimits): PackedLimits {
  const { gapMs, lifetimeMs, maxLifetimeMs, repeatMs, maxChecks, verifiedMs, ended, lock, wrongChecks } = limits;
  const windows = [limits.attempts, ...limits.sends].flatMap(({ max, windowMs }) => [max, windowMs]);
  const spans = [gapMs, lifetimeMs, maxLifetimeMs, repeatMs];
  return {
    check: packNumbers([ended.max, lock.after, lock.forMs, wrongChecks.max, wrongChecks.windowMs]),
    begin: packNumbers([...spans, maxChecks, ended.keepMs, verifiedMs, ...windows]),
  };
}

function packNumbers(numbers: readonly number[]): Buffer {
  const packed = Buffer.alloc(numbers.length * numberBytes);
  for (const [index, number] of numbers.entries()) packed.writeUIntBE(number, index * numberBytes, numberBytes);
  return packed;
}

/** Texts, each after its length, that cannot run into each other. */
export function packTexts(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** The id of its key, digits, digest after its length, and the seal to the end. */
export function packSecret({ keyId, digest, seal, codeLength }: CodeSecret): Buffer {
  return Buffer.concat([packTexts([keyId]), Buffer.of(codeLength, digest.length), digest, seal]);
}

/** What `packSecret` made. */
export function unpackSecret(packed: Buffer): CodeSecret {
  const keyEnd = 2 + packed.readUInt16BE(0);
  const digestFrom = keyEnd + 2;
  const digestEnd = digestFrom + packed.readUInt8(keyEnd + 1);
  return {
    keyId: packed.toString('utf8', 2, keyEnd),
    digest: new Uint8Array(packed.subarray(digestFrom, digestEnd)),
    seal: new Uint8Array(packed.subarray(digestEnd)),
    codeLength: packed.readUInt8(keyEnd),
  };
}
