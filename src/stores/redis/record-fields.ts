import { StoreError } from '../../errors.ts';
import { deliveryStatuses, type EndedStatus } from '../../verification.ts';
import type { EndedVerification, LiveVerification, NumberRecord } from '../record.ts';
import type { StoredDelivery } from '../store.ts';
import { tokenBytes } from './tokens.ts';

/** What a script tells of a number: its record, but for the secrets of codes, which lie elsewhere. */
export type ToldRecord = Omit<NumberRecord, 'live'> & { live: Omit<LiveVerification, 'secret'>[] };

/** In the order of their numbers in record.lua. */
const endedStatuses = Object.keys({
  approved: 0,
  expired: 0,
  canceled: 0,
  superseded: 0,
  max_checks_reached: 0,
  failed: 0,
} satisfies Record<EndedStatus, 0>) as EndedStatus[];

const nonceBytes = 16;
const tagBytes = 6;

/** Reads the fields of a record as record-format.lua writes them, names and values by turns. Throws a `StoreError` for anything else. */
export function readRecord(flat: readonly Buffer[]): ToldRecord {
  const parts = partsOf(flat);
  const read = <Value>(letter: string, readPart: (reader: Reader) => Value): Value | undefined => {
    const part = parts.get(letter);
    try {
      return part && readPart(readerOf(part));
    } catch {
      // Without the cause, which may tell of what is in it.
      throw new StoreError(`A record in the Redis store cannot be read: its part ${letter} is not what it must be.`);
    }
  };
  const times = (letter: string, tokens: number) =>
    read(letter, (reader) => ({ untilMs: reader.time(), at: all(reader, () => timeBefore(reader, tokens)) }));
  const [sends, attempts, wrongChecks] = [times('s', 0), times('a', 0), times('w', tokenBytes)];
  const inRow = read('r', (reader) => ({ count: reader.number(4), untilMs: reader.time() }));
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
    verified: read('v', (reader) => ({ atMs: reader.time(), untilMs: reader.time() })) ?? null,
  };
}

/** Puts together what was cut into fields: `l0`, `l1` and so on are the part `l`. */
function partsOf(flat: readonly Buffer[]): ReadonlyMap<string, Buffer> {
  const pieces = new Map<string, Buffer[]>();
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]?.toString('latin1') ?? '';
    const [letter = '', index] = [name[0], Number(name.slice(1))];
    const part = pieces.get(letter) ?? [];
    part[index] = flat[at + 1] ?? Buffer.alloc(0);
    pieces.set(letter, part);
  }
  return new Map([...pieces].map(([letter, part]) => [letter, Buffer.concat(part)]));
}

interface Reader {
  isAtEnd(): boolean;
  number(bytes: number): number;
  time(): number;
  bytes(length: number): Buffer;
  /** After its length. */
  sized(): Buffer;
}

function readerOf(part: Buffer): Reader {
  let from = 0;
  const bytes = (length: number): Buffer => {
    if (from + length > part.length) throw new RangeError();
    from += length;
    return part.subarray(from - length, from);
  };
  const number = (length: number): number => bytes(length).readUIntBE(0, length);
  return {
    isAtEnd: () => from === part.length,
    number,
    time: () => number(6),
    bytes,
    sized: () => bytes(number(2)),
  };
}

function all<Item>(reader: Reader, readItem: () => Item): Item[] {
  const items: Item[] = [];
  while (!reader.isAtEnd()) items.push(readItem());
  return items;
}

function timeBefore(reader: Reader, tokens: number): number {
  const at = reader.time();
  reader.bytes(tokens);
  return at;
}

function readLive(reader: Reader): ToldRecord['live'][number] {
  const live = {
    nonce: reader.bytes(nonceBytes).toString('base64url'),
    purposeTag: reader.bytes(tagBytes).toString('base64url'),
    createdAtMs: reader.time(),
    expiresAtMs: reader.time(),
    wrongChecks: reader.number(2),
    maxChecks: reader.number(2),
    keepMs: reader.time(),
    verifiedMs: reader.time(),
    purpose: reader.sized().toString(),
    channel: reader.sized().toString(),
    number: new Uint8Array(reader.sized()),
    deliveryCount: reader.number(2),
  };
  const kept = reader.number(1);
  const first = live.deliveryCount - kept + 1;
  const deliveries = Array.from({ length: kept }, (_, index) => readDelivery(reader, first + index));
  return { ...live, deliveries };
}

function readDelivery(reader: Reader, delivery: number): StoredDelivery {
  const status = deliveryStatuses[reader.number(1)];
  if (status === undefined) throw new RangeError();
  const atMs = timeBefore(reader, tokenBytes);
  const provider = reader.sized().toString();
  return { delivery, provider: provider === '' ? null : provider, status, atMs };
}

function readEnded(reader: Reader): EndedVerification {
  const nonce = reader.bytes(nonceBytes).toString('base64url');
  const purposeTag = reader.bytes(tagBytes).toString('base64url');
  const status = endedStatuses[reader.number(1)];
  if (status === undefined) throw new RangeError();
  const times = {
    createdAtMs: reader.time(),
    expiresAtMs: reader.time(),
    lastSendAtMs: reader.time(),
    endedAtMs: reader.time(),
    untilMs: reader.time(),
  };
  reader.bytes(tokenBytes);
  const [purpose, channel] = [reader.sized().toString(), reader.sized().toString()];
  return { nonce, purposeTag, status, ...times, purpose, channel, number: new Uint8Array(reader.sized()) };
}
