import { StoreError } from '../../errors.ts';
import { deliveryStatuses, endedStatuses } from '../../verification.ts';
import type { EndedVerification, LiveVerification, NumberRecord } from '../record.ts';
import type { StoredDelivery } from '../store.ts';
import { tokenBytes } from './tokens.ts';

/** What a script tells of a number: its record, but for the secrets of codes, which lie elsewhere. */
export type ToldRecord = Omit<NumberRecord, 'live'> & { live: Omit<LiveVerification, 'secret'>[] };

const nonceBytes = 16;
const tagBytes = 6;

/** In the order in which a script tells them: see record-format.lua. */
const letters = ['s', 'a', 'w', 'r', 'v', 'l', 'e'] as const;

/** Reads the parts of a record as record-format.lua has them. Throws a `StoreError` for anything else. */
export function readRecord(parts: readonly Buffer[]): ToldRecord {
  const read = <Value>(letter: (typeof letters)[number], readPart: (reader: Reader) => Value): Value | undefined => {
    const part = parts[letters.indexOf(letter)];
    try {
      return part && part.length > 0 ? readPart(readerOf(part)) : undefined;
    } catch {
      // Without the cause, which may tell of what is in it.
      throw new StoreError(`A record in the Redis store cannot be read: its part ${letter} is not what it must be.`);
    }
  };
  const times = (letter: 's' | 'a' | 'w', tokens: number) =>
    read(letter, (reader) => ({ untilMs: reader.time(), at: all(reader, () => timeBefore(reader, tokens)) }));
  const [sends, attempts, wrongChecks] = [times('s', 0), times('a', 0), times('w', tokenBytes)];
  const inRow = read('r', (reader) => ({ untilMs: reader.time(), count: reader.number(4) }));
  return {
    sends: sends?.at ?? [],
    sendsUntilMs: sends?.untilMs ?? 0,
    attempts: attempts?.at ?? [],
    attemptsUntilMs: attempts?.untilMs ?? 0,
    wrongChecks: wrongChecks?.at ?? [],
    wrongChecksUntilMs: wrongChecks?.untilMs ?? 0,
    wrongInRow: inRow?.count ?? 0,
    wrongInRowUntilMs: inRow?.untilMs ?? 0,
    live: read('l', (reader) => all(reader, () => readLive(reader))) ?? [],
    ended: read('e', (reader) => all(reader, () => readEnded(reader))) ?? [],
    verified: read('v', (reader) => ({ untilMs: reader.time(), atMs: reader.time() })) ?? null,
  };
}

interface Reader {
  isAtEnd(): boolean;
  number(bytes: number): number;
  time(): number;
  /** So many bytes, as base64url. */
  id(bytes: number): string;
  skip(bytes: number): void;
  /** What follows its length. */
  text(): string;
  sized(): Uint8Array;
}

/** Reads where the bytes lie: a buffer for each value would cost more than all the rest. */
function readerOf(part: Buffer): Reader {
  let from = 0;
  const skip = (length: number): number => {
    if (from + length > part.length) throw new RangeError();
    from += length;
    return from - length;
  };
  const number = (length: number): number => part.readUIntBE(skip(length), length);
  return {
    isAtEnd: () => from === part.length,
    number,
    time: () => number(6),
    id: (length) => part.toString('base64url', skip(length), from),
    skip,
    text: () => part.toString('utf8', skip(number(2)), from),
    sized: () => new Uint8Array(part.subarray(skip(number(2)), from)),
  };
}

function all<Item>(reader: Reader, readItem: () => Item): Item[] {
  const items: Item[] = [];
  while (!reader.isAtEnd()) items.push(readItem());
  return items;
}

function timeBefore(reader: Reader, tokens: number): number {
  const at = reader.time();
  reader.skip(tokens);
  return at;
}

function readLive(reader: Reader): ToldRecord['live'][number] {
  const live = {
    nonce: reader.id(nonceBytes),
    purposeTag: reader.id(tagBytes),
    createdAtMs: reader.time(),
    expiresAtMs: reader.time(),
    wrongChecks: reader.number(2),
    maxChecks: reader.number(2),
    keepMs: reader.time(),
    verifiedMs: reader.time(),
    purpose: reader.text(),
    channel: reader.text(),
    number: reader.sized(),
    deliveryCount: reader.number(2),
  };
  const deliveries = Array.from({ length: reader.number(1) }, () => readDelivery(reader));
  return { ...live, deliveries };
}

function readDelivery(reader: Reader): StoredDelivery {
  const delivery = reader.number(2);
  const status = deliveryStatuses[reader.number(1)];
  if (status === undefined) throw new RangeError();
  const atMs = timeBefore(reader, tokenBytes);
  const provider = reader.text();
  return { delivery, provider: provider === '' ? null : provider, status, atMs };
}

function readEnded(reader: Reader): EndedVerification {
  const nonce = reader.id(nonceBytes);
  const purposeTag = reader.id(tagBytes);
  const status = endedStatuses[reader.number(1)];
  if (status === undefined) throw new RangeError();
  const times = {
    createdAtMs: reader.time(),
    expiresAtMs: reader.time(),
    lastSendAtMs: reader.time(),
    endedAtMs: reader.time(),
    untilMs: reader.time(),
  };
  reader.skip(tokenBytes);
  const [purpose, channel] = [reader.text(), reader.text()];
  return { nonce, purposeTag, status, ...times, purpose, channel, number: reader.sized() };
}
