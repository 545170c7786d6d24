import { StoreError } from '../../errors.ts';
import { viewEnded, viewLive } from '../record.ts';
import type { NumberLimits, StoredEndedVerification, StoredVerification } from '../store.ts';
import { readRecord, type ToldRecord } from './record-parts.ts';

/** What a script on a number answers. */
export interface Reply {
  readonly outcome: string;
  /** When it acted, as the number has the time. */
  readonly nowMs: number;
  /** What else the outcome tells. */
  readonly detail: readonly unknown[];
  /** The number after the act. */
  readonly record: ToldRecord;
}

export function readReply(reply: unknown): Reply {
  if (!Array.isArray(reply)) return unreadable();
  const [outcome, now, detail, parts] = reply as unknown[];
  if (!Buffer.isBuffer(outcome) || !Array.isArray(detail) || !Array.isArray(parts)) return unreadable();
  return { outcome: String(outcome), nowMs: readNumber(now), detail, record: readRecord(parts as Buffer[]) };
}

/** A client may be set to give numbers as strings. */
export function readNumber(value: unknown): number {
  const number = Buffer.isBuffer(value) ? Number(value.toString()) : Number(value);
  return Number.isSafeInteger(number) ? number : unreadable();
}

export function readBytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : unreadable();
}

/** The verification that the first detail names, live or ended. */
export function viewNamed(reply: Reply, limits: NumberLimits): StoredVerification {
  const nonce = readBytes(reply.detail[0]).toString('base64url');
  const live = reply.record.live.find((one) => one.nonce === nonce);
  return live ? viewLive(reply.record, live, limits, reply.nowMs) : viewNamedEnded(reply, limits);
}

/** The ended verification that the first detail names. */
export function viewNamedEnded({ record, detail, nowMs }: Reply, limits: NumberLimits): StoredEndedVerification {
  const nonce = readBytes(detail[0]).toString('base64url');
  const ended = record.ended.findLast((one) => one.nonce === nonce);
  return ended ? viewEnded(record, ended, limits, nowMs) : unreadable();
}

/** The scripts and what runs them are of one version, so that this is somebody else's doing. */
export function unreadable(): never {
  throw new StoreError('The Redis server answered what no script of the store answers.');
}
