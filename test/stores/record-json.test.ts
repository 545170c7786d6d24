import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { emptyRecord, type NumberRecord } from '../../src/stores/record.ts';
import { decodeBuckets, decodeRecord, encodeBuckets, encodeRecord } from '../../src/stores/record-json.ts';
import { deliveryStatuses, type EndedStatus } from '../../src/verification.ts';

const integer = fc.maxSafeNat();
const text = fc.string({ unit: 'binary' });
const bytes = fc.uint8Array({ maxLength: 80 });
const endedStatuses: EndedStatus[] = ['approved', 'expired', 'canceled', 'superseded', 'max_checks_reached', 'failed'];

const record: fc.Arbitrary<NumberRecord> = fc.record({
  sends: fc.array(integer),
  sendsUntilMs: integer,
  attempts: fc.array(integer),
  attemptsUntilMs: integer,
  wrongChecks: fc.array(integer),
  wrongChecksUntilMs: integer,
  wrongInRow: integer,
  wrongInRowUntilMs: integer,
  verified: fc.option(fc.record({ atMs: integer, untilMs: integer })),
  live: fc.array(
    fc.record({
      nonce: text,
      purpose: text,
      purposeTag: text,
      channel: text,
      createdAtMs: integer,
      expiresAtMs: integer,
      wrongChecks: integer,
      deliveryCount: integer,
      deliveries: fc.array(
        fc.record({
          delivery: integer,
          provider: fc.option(text),
          status: fc.constantFrom(...deliveryStatuses),
          atMs: integer,
        }),
      ),
      secret: fc.record({ keyId: text, digest: bytes, seal: bytes, codeLength: integer }),
      number: bytes,
      maxChecks: integer,
      keepMs: integer,
      verifiedMs: integer,
    }),
    { maxLength: 3 },
  ),
  ended: fc.array(
    fc.record({
      nonce: text,
      purpose: text,
      purposeTag: text,
      channel: text,
      status: fc.constantFrom(...endedStatuses),
      createdAtMs: integer,
      expiresAtMs: integer,
      lastSendAtMs: integer,
      endedAtMs: integer,
      number: bytes,
      untilMs: integer,
    }),
    { maxLength: 4 },
  ),
});

const full: NumberRecord = {
  sends: [1],
  sendsUntilMs: 2,
  attempts: [1],
  attemptsUntilMs: 2,
  wrongChecks: [3],
  wrongChecksUntilMs: 4,
  wrongInRow: 5,
  wrongInRowUntilMs: 6,
  verified: { atMs: 7, untilMs: 8 },
  live: [
    {
      nonce: 'live',
      purpose: 'default',
      purposeTag: 'tag',
      channel: 'sms',
      createdAtMs: 9,
      expiresAtMs: 10,
      wrongChecks: 1,
      deliveryCount: 1,
      deliveries: [{ delivery: 1, provider: 'carrier', status: 'accepted', atMs: 11 }],
      secret: { keyId: 'key-1', digest: new Uint8Array(32), seal: new Uint8Array(40), codeLength: 6 },
      number: new Uint8Array(40),
      maxChecks: 5,
      keepMs: 12,
      verifiedMs: 18,
    },
  ],
  ended: [
    {
      nonce: 'ended',
      purpose: 'default',
      purposeTag: 'tag',
      channel: 'sms',
      status: 'expired',
      createdAtMs: 13,
      expiresAtMs: 14,
      lastSendAtMs: 15,
      endedAtMs: 16,
      number: new Uint8Array(40),
      untilMs: 17,
    },
  ],
};

test('every record comes back from its text as it was, and makes the same text again', () => {
  fc.assert(
    fc.property(record, (value) => {
      const json = encodeRecord(value);
      const decoded = decodeRecord(json);
      expect(decoded).toEqual(value);
      expect(encodeRecord(decoded)).toBe(json);
    }),
  );
});

test('what is empty is left out, and what is left out is empty', () => {
  expect(encodeRecord(emptyRecord())).toBe('{}');
  expect(decodeRecord('{}')).toEqual(emptyRecord());
  expect(decodeRecord('{"a field of a later version":1}')).toEqual(emptyRecord());
});

test('nothing comes along that is no part of the record', () => {
  const value = structuredClone(full);
  Object.assign(value, { to: '+12025550143' });
  for (const live of value.live)
    Object.assign(live, { code: '493817' }, { secret: { ...live.secret, code: '493817' } });
  expect(encodeRecord(value)).toBe(encodeRecord(full));
});

const canary = 'canary-493817';

/** The value with each of its fields and items in turn put to something that it cannot be, and the path to it. */
function* spoilt(value: unknown, path = ''): Generator<[path: string, value: unknown]> {
  const wrong = typeof value === 'number' ? [canary, -1.5] : [7, { [canary]: canary }];
  if (path) for (const other of [null, true, ...wrong]) yield [path, other];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const [at, other] of spoilt(inner, `${path}/${key}`)) {
      yield [at, Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other }];
    }
  }
}

function expectRefused(json: string, message?: string, decode: (json: string) => unknown = decodeRecord): void {
  let error: unknown;
  try {
    decode(json);
  } catch (thrown) {
    error = thrown;
  }
  expect(error, message).toBeInstanceOf(StoreError);
  expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain(canary);
}

test('what is no record is refused, and nothing of it is said', () => {
  for (const json of ['', canary, `{"sends":[${canary}`, `"${canary}"`, 'null', '7', '[]']) expectRefused(json, json);
});

test('a field that cannot be what it must be is refused, and nothing of it is said', () => {
  const paths = new Set<string>();
  for (const [path, value] of spoilt(JSON.parse(encodeRecord(full)))) {
    paths.add(path);
    expectRefused(JSON.stringify(value), path);
  }
  expect([...paths]).toEqual(
    expect.arrayContaining([
      '/live/0/number',
      '/sends/0',
      '/live/0/deliveries/0/status',
      '/live/0/secret/digest',
      '/ended/0/untilMs',
    ]),
  );
});

test('buckets come back from their text as they were, and what are none is refused, and nothing of it is said', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: integer, count: integer })), (buckets) => {
      expect(decodeBuckets(encodeBuckets(buckets))).toEqual(buckets);
    }),
  );
  for (const json of ['', canary, '{}', 'null', '7', '[1]', '[1,null]', '[1,1.5]', `[1,"${canary}"]`, '[[1,2]]']) {
    expectRefused(json, json, decodeBuckets);
  }
});
