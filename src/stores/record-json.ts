import { StoreError } from '../errors.ts';
import { deliveryStatuses, endedStatuses } from '../verification.ts';
import type { BroadCount } from './broad-limits.ts';
import type { EndedVerification, LiveVerification, NumberRecord } from './record.ts';
import type { CodeSecret, StoredDelivery } from './store.ts';

/** Both ways between a value and its JSON. What is empty becomes `undefined`, so that its field is left out. */
interface Codec<Value> {
  encode(value: Value): unknown;
  /** Throws a `StoreError` that names the field, never what is in it. */
  decode(json: unknown, field: string): Value;
}

function unreadable(field: string): never {
  throw new StoreError(`A record in the store cannot be read: its field ${field} is not what it must be.`);
}

const integer: Codec<number> = {
  encode: (value) => value,
  decode: (json, field) => (Number.isSafeInteger(json) ? (json as number) : unreadable(field)),
};

const integerOr0: Codec<number> = {
  encode: (value) => (value === 0 ? undefined : value),
  decode: (json, field) => (json === undefined ? 0 : integer.decode(json, field)),
};

const text: Codec<string> = {
  encode: (value) => value,
  decode: (json, field) => (typeof json === 'string' ? json : unreadable(field)),
};

/** Empty in records of a version that did not write it. */
const textOrEmpty: Codec<string> = {
  encode: (value) => (value === '' ? undefined : value),
  decode: (json, field) => (json === undefined ? '' : text.decode(json, field)),
};

/** As base64url. */
const bytes: Codec<Uint8Array> = {
  encode: (value) => Buffer.from(value).toString('base64url'),
  decode: (json, field) =>
    typeof json === 'string' && /^[\w-]*$/.test(json)
      ? new Uint8Array(Buffer.from(json, 'base64url'))
      : unreadable(field),
};

function oneOf<Word extends string>(words: readonly Word[]): Codec<Word> {
  return {
    encode: (value) => value,
    decode: (json, field) => words.find((word) => word === json) ?? unreadable(field),
  };
}

function orNull<Value>(codec: Codec<Value>): Codec<Value | null> {
  return {
    encode: (value) => (value === null ? undefined : codec.encode(value)),
    decode: (json, field) => (json === undefined ? null : codec.decode(json, field)),
  };
}

function list<Item>(codec: Codec<Item>): Codec<Item[]> {
  return {
    encode: (items) => (items.length > 0 ? items.map((item) => codec.encode(item)) : undefined),
    decode(json, field) {
      if (json === undefined) return [];
      return Array.isArray(json) ? json.map((item) => codec.decode(item, field)) : unreadable(field);
    },
  };
}

/** Takes along the fields it names and no others. */
function shape<Value extends object>(fields: { [Field in keyof Value]: Codec<Value[Field]> }): Codec<Value> {
  const entries = Object.entries(fields) as [keyof Value & string, Codec<unknown>][];
  return {
    encode(value) {
      const json: Record<string, unknown> = {};
      for (const [field, codec] of entries) json[field] = codec.encode(value[field]);
      return json;
    },
    decode(json, field) {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return unreadable(field);
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.decode((json as Record<string, unknown>)[name], name);
      return value as Value;
    },
  };
}

const delivery = shape<StoredDelivery>({
  delivery: integer,
  provider: orNull(text),
  status: oneOf(deliveryStatuses),
  atMs: integer,
});

const live = shape<LiveVerification>({
  nonce: text,
  purpose: text,
  purposeTag: textOrEmpty,
  channel: text,
  createdAtMs: integer,
  expiresAtMs: integer,
  wrongChecks: integerOr0,
  deliveryCount: integer,
  deliveries: list(delivery),
  secret: shape<CodeSecret>({ keyId: text, digest: bytes, seal: bytes, codeLength: integer }),
  number: bytes,
  maxChecks: integer,
  keepMs: integerOr0,
  verifiedMs: integerOr0,
});

const ended = shape<EndedVerification>({
  nonce: text,
  purpose: text,
  purposeTag: textOrEmpty,
  channel: text,
  status: oneOf(endedStatuses),
  createdAtMs: integer,
  expiresAtMs: integer,
  lastSendAtMs: integer,
  endedAtMs: integer,
  number: bytes,
  untilMs: integer,
});

const record = shape<NumberRecord>({
  verified: orNull(shape<NonNullable<NumberRecord['verified']>>({ atMs: integer, untilMs: integer })),
  live: list(live),
  ended: list(ended),
  sends: list(integer),
  sendsUntilMs: integerOr0,
  attempts: list(integer),
  attemptsUntilMs: integerOr0,
  wrongChecks: list(integer),
  wrongChecksUntilMs: integerOr0,
  wrongInRow: integerOr0,
  wrongInRowUntilMs: integerOr0,
});

/** The record as JSON that a person can read. One record always makes the same text. */
export function encodeRecord(value: NumberRecord): string {
  return JSON.stringify(record.encode(value));
}

/** Reads what `encodeRecord` wrote; a field that is absent is empty. Throws a `StoreError` for anything else. */
export function decodeRecord(json: string): NumberRecord {
  return record.decode(parse(json), 'record');
}

/** What is kept of a broad limit, as JSON: which sixtieth, how many, which, how many and so on. */
export function encodeBuckets(buckets: BroadCount['buckets']): string {
  return JSON.stringify(buckets.flatMap(({ at, count }) => [at, count]));
}

/** Reads what `encodeBuckets` wrote. Throws a `StoreError` for anything else. */
export function decodeBuckets(json: string): BroadCount['buckets'] {
  const numbers = parse(json);
  if (!Array.isArray(numbers) || numbers.length % 2 > 0) return unreadable('buckets');
  const buckets: BroadCount['buckets'] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    buckets.push({ at: integer.decode(numbers[i], 'buckets'), count: integer.decode(numbers[i + 1], 'buckets') });
  }
  return buckets;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Without the cause, whose message quotes the text.
    throw new StoreError('A record in the store cannot be read: it is not JSON.');
  }
}
