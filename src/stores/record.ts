import { timingSafeEqual } from 'node:crypto';
import { broadlyRefused, take, type BroadCount } from './broad-limits.ts';
import { laterStatus, type EndedStatus } from '../verification.ts';
import type {
  BeginRequest,
  BeginOutcome,
  CheckRequest,
  CheckOutcome,
  CodeSecret,
  EndOutcome,
  LimitRefusal,
  NumberLimits,
  SettleRequest,
  StoredDelivery,
  StoredEndedVerification,
  StoredVerification,
  Target,
} from './store.ts';

/**
 * All that is kept about one number, and the store's verbs as synchronous acts on it. A store that can hold one record alone for the length of an
 * act (one thread, one lock, one transaction) runs these; a store that cannot says the same in its own language.
 *
 * Every act takes the time and first lets go of what has ended by then.
 */
export interface NumberRecord {
  /** When texts were sent that count, oldest first; all forgotten at `sendsUntilMs`. */
  sends: number[];
  sendsUntilMs: number;
  /** When begins were not refused, oldest first; all forgotten at `attemptsUntilMs`. */
  attempts: number[];
  attemptsUntilMs: number;
  /** When wrong codes were compared, oldest first; all forgotten at `wrongChecksUntilMs`. */
  wrongChecks: number[];
  wrongChecksUntilMs: number;
  /** Wrong codes since the last approval; forgotten at `wrongInRowUntilMs`. */
  wrongInRow: number;
  wrongInRowUntilMs: number;
  /** At most one of each purpose. */
  live: LiveVerification[];
  /** In the order of their ends. */
  ended: EndedVerification[];
  verified: { atMs: number; untilMs: number } | null;
}

export interface LiveVerification {
  nonce: string;
  purpose: string;
  purposeTag: string;
  channel: string;
  createdAtMs: number;
  expiresAtMs: number;
  wrongChecks: number;
  /** How many sends there were. */
  deliveryCount: number;
  /** Hand-overs of the latest sends, send by send. The first of each is the one that `begin` noted: its time is that of the send and of its charge. */
  deliveries: StoredDelivery[];
  secret: CodeSecret;
  /** The number, sealed under the key of the secret. */
  number: Uint8Array;
  /** What its latest begin promised: wrong checks, how long it can be found after its end, how long its approval counts. */
  maxChecks: number;
  keepMs: number;
  verifiedMs: number;
}

export interface EndedVerification {
  nonce: string;
  purpose: string;
  purposeTag: string;
  channel: string;
  status: EndedStatus;
  createdAtMs: number;
  expiresAtMs: number;
  lastSendAtMs: number;
  endedAtMs: number;
  number: Uint8Array;
  untilMs: number;
}

/** What a number may still do hangs on these alone. */
export type NumberCounters = Omit<NumberRecord, 'live' | 'ended' | 'verified'>;

const maxDeliveriesKept = 10;

export function emptyRecord(): NumberRecord {
  return {
    sends: [],
    sendsUntilMs: 0,
    attempts: [],
    attemptsUntilMs: 0,
    wrongChecks: [],
    wrongChecksUntilMs: 0,
    wrongInRow: 0,
    wrongInRowUntilMs: 0,
    live: [],
    ended: [],
    verified: null,
  };
}

/** Lets go of what has ended by `nowMs`: secrets of codes, ended ids and their sealed numbers, the verified mark, counters. */
export function touch(record: NumberRecord, nowMs: number): void {
  // `end` leaves this list alone and makes another.
  for (const live of record.live) if (nowMs >= live.expiresAtMs) end(record, live, 'expired', live.expiresAtMs);
  if (record.ended.some((v) => nowMs >= v.untilMs)) record.ended = record.ended.filter((v) => nowMs < v.untilMs);
  if (record.verified && nowMs >= record.verified.untilMs) record.verified = null;
  if (nowMs >= record.sendsUntilMs && record.sends.length > 0) record.sends = [];
  if (nowMs >= record.attemptsUntilMs && record.attempts.length > 0) record.attempts = [];
  if (nowMs >= record.wrongChecksUntilMs && record.wrongChecks.length > 0) record.wrongChecks = [];
  if (nowMs >= record.wrongInRowUntilMs) record.wrongInRow = 0;
}

/** The next instant at which `touch` has something to let go of; null for a record that holds nothing and can go itself. */
export function dueAtMs(record: NumberRecord): number | null {
  let due = Infinity;
  for (const { expiresAtMs } of record.live) due = Math.min(due, expiresAtMs);
  for (const { untilMs } of record.ended) due = Math.min(due, untilMs);
  if (record.verified) due = Math.min(due, record.verified.untilMs);
  if (due < Infinity) return due;
  const counters = Math.max(
    record.sends.length > 0 ? record.sendsUntilMs : 0,
    record.attempts.length > 0 ? record.attemptsUntilMs : 0,
    record.wrongChecks.length > 0 ? record.wrongChecksUntilMs : 0,
    record.wrongInRow > 0 ? record.wrongInRowUntilMs : 0,
  );
  return counters > 0 ? counters : null;
}

/** `counts`: what is kept of each of the request's broad limits, in their order. */
export function begin(
  record: NumberRecord,
  request: BeginRequest,
  nowMs: number,
  counts: readonly BroadCount[],
): BeginOutcome {
  const { limits, broadLimits } = request;
  touch(record, nowMs);
  const refusal =
    blocked(record, limits, nowMs) ?? sendsRefused(record, limits, nowMs) ?? broadlyRefused(broadLimits, counts, nowMs);
  if (refusal) return { outcome: 'refused', ...refusal };
  for (const [index, limit] of broadLimits.entries()) {
    const count = counts[index];
    if (count) take(count, limit, nowMs);
  }

  const pending = findLive(record, request.purposeTag);
  const repeats =
    pending !== undefined &&
    nowMs <= pending.createdAtMs + limits.repeatMs &&
    request.repeatKeyIds.includes(pending.secret.keyId);
  if (pending && !repeats) end(record, pending, 'superseded', nowMs);
  forgetOldEnds(record, limits);
  const live: LiveVerification = repeats
    ? pending
    : {
        nonce: request.nonce,
        purpose: request.purpose,
        purposeTag: request.purposeTag,
        channel: request.channel,
        createdAtMs: nowMs,
        expiresAtMs: 0,
        wrongChecks: 0,
        deliveryCount: 0,
        deliveries: [],
        secret: ownSecret(request.secret),
        number: ownBytes(request.number),
        maxChecks: 0,
        keepMs: 0,
        verifiedMs: 0,
      };
  // Not pushed, here and below: an empty array that is pushed to makes room for seventeen.
  if (!repeats) record.live = record.live.concat(live);

  live.channel = request.channel;
  live.expiresAtMs = Math.min(nowMs + limits.lifetimeMs, live.createdAtMs + limits.maxLifetimeMs);
  live.maxChecks = limits.maxChecks;
  live.keepMs = limits.ended.keepMs;
  live.verifiedMs = limits.verifiedMs;
  live.deliveryCount += 1;
  const delivery: StoredDelivery = { delivery: live.deliveryCount, provider: null, status: 'sending', atMs: nowMs };
  live.deliveries = latestOf(live.deliveries.concat(delivery));

  let longestWindowMs = limits.gapMs;
  for (const { windowMs } of limits.sends) longestWindowMs = Math.max(longestWindowMs, windowMs);
  record.sends = within(record.sends, longestWindowMs, nowMs).concat(nowMs);
  record.sendsUntilMs = Math.max(record.sendsUntilMs, nowMs + longestWindowMs);
  record.attempts = within(record.attempts, limits.attempts.windowMs, nowMs).concat(nowMs);
  record.attemptsUntilMs = Math.max(record.attemptsUntilMs, nowMs + limits.attempts.windowMs);

  const verification = viewLive(record, live, limits, nowMs);
  return repeats
    ? { outcome: 'repeated', verification, delivery: live.deliveryCount, secret: { ...live.secret } }
    : { outcome: 'created', verification, delivery: live.deliveryCount };
}

export function check(record: NumberRecord, request: CheckRequest, nowMs: number): CheckOutcome {
  const { limits } = request;
  touch(record, nowMs);
  const live = findLive(record, request.purposeTag, request.nonce);
  if (!live) return whatEnded(record, request, nowMs);
  if (request.codeLength !== live.secret.codeLength) {
    return { outcome: 'malformed', codeLength: live.secret.codeLength };
  }
  const refusal = blocked(record, limits, nowMs);
  if (refusal) return { outcome: 'blocked', ...refusal };

  const { keyId, digest } = live.secret;
  const submitted = request.digests.find((d) => d.keyId === keyId)?.digest;
  // A key that was dropped can judge nothing: neither approve nor charge.
  if (!submitted) return { outcome: 'not_found' };
  if (live.wrongChecks < live.maxChecks && timingSafeEqual(submitted, digest)) {
    record.wrongInRow = 0;
    return { outcome: 'approved', verification: approveLive(record, live, limits, nowMs) };
  }

  live.wrongChecks += 1;
  record.wrongChecks = within(record.wrongChecks, limits.wrongChecks.windowMs, nowMs).concat(nowMs);
  record.wrongChecksUntilMs = Math.max(record.wrongChecksUntilMs, nowMs + limits.wrongChecks.windowMs);
  record.wrongInRow += 1;
  record.wrongInRowUntilMs = nowMs + limits.lock.forMs;
  if (live.wrongChecks < live.maxChecks) {
    return { outcome: 'incorrect', verification: viewLive(record, live, limits, nowMs) };
  }
  const ended = end(record, live, 'max_checks_reached', nowMs);
  return { outcome: 'incorrect', verification: viewEnded(record, ended, limits, nowMs) };
}

/**
 * Which providers a send has, and the status of each, come out the same in whatever order and however often settles are said. The order of the hand-overs within their send
 * does not, nor their times: the first to be heard of takes the place that `begin` noted, any other joins when it is heard of. Nor does the end: what is heard of after all
 * sends were rejected comes too late, so that hand-overs of which one was not rejected are best said at once.
 *
 * Tells whether a hand-over joined, and so has the time.
 */
export function settle(record: NumberRecord, request: SettleRequest, nowMs: number): boolean {
  touch(record, nowMs);
  const live = findLive(record, request.purposeTag, request.nonce);
  const send = live?.deliveries.filter(({ delivery }) => delivery === request.delivery) ?? [];
  const [first] = send;
  if (!live || !first) return false;
  const wasRejected = send.every(isRejected);
  const handedOver = send.length;
  for (const { provider, status } of request.handOvers) {
    const known = send.find((one) => one.provider === provider) ?? send.find((one) => one.provider === null);
    if (known) {
      known.provider = provider;
      known.status = laterStatus(known.status, status);
    } else send.push({ delivery: request.delivery, provider, status, atMs: nowMs });
  }
  const joined = send.slice(handedOver);

  const nowRejected = send.every(isRejected);
  if (nowRejected && !wasRejected) {
    const at = record.sends.indexOf(first.atMs);
    if (at >= 0) record.sends.splice(at, 1);
  } else if (wasRejected && !nowRejected) {
    record.sends.push(first.atMs);
    record.sends.sort((a, b) => a - b);
  }
  if (joined.length > 0) live.deliveries = live.deliveries.concat(joined).toSorted((a, b) => a.delivery - b.delivery);
  const areAllKept = live.deliveries[0]?.delivery === 1;
  if (areAllKept && live.deliveries.every(isRejected)) end(record, live, 'failed', nowMs);
  else live.deliveries = latestOf(live.deliveries);
  return joined.length > 0;
}

export function cancel(record: NumberRecord, target: Target, nowMs: number): EndOutcome {
  return endOnWord(record, target, 'canceled', nowMs);
}

export function approve(record: NumberRecord, target: Target, nowMs: number): EndOutcome {
  return endOnWord(record, target, 'approved', nowMs);
}

export function find(record: NumberRecord, target: Target, nowMs: number): StoredVerification | null {
  touch(record, nowMs);
  const live = findLive(record, target.purposeTag, target.nonce);
  if (live) return viewLive(record, live, target.limits, nowMs);
  const ended = target.nonce === undefined ? undefined : findEnded(record, target);
  return ended ? viewEnded(record, ended, target.limits, nowMs) : null;
}

export function lookup(record: NumberRecord, nowMs: number): { verifiedAtMs: number } | null {
  touch(record, nowMs);
  return record.verified && { verifiedAtMs: record.verified.atMs };
}

export function unlock(record: NumberRecord, nowMs: number): void {
  touch(record, nowMs);
  record.wrongInRow = 0;
}

export function erase(record: NumberRecord, nowMs: number): void {
  record.live = [];
  record.ended = [];
  record.verified = null;
  touch(record, nowMs);
}

function endOnWord(record: NumberRecord, target: Target, status: 'approved' | 'canceled', nowMs: number): EndOutcome {
  touch(record, nowMs);
  const live = findLive(record, target.purposeTag, target.nonce);
  if (live && status === 'approved') {
    return { outcome: 'done', verification: approveLive(record, live, target.limits, nowMs) };
  }
  if (live) {
    const ended = end(record, live, status, nowMs);
    return { outcome: 'done', verification: viewEnded(record, ended, target.limits, nowMs) };
  }
  const ended = findEnded(record, target);
  if (ended?.status === status) {
    return { outcome: 'done', verification: viewEnded(record, ended, target.limits, nowMs) };
  }
  return whatEnded(record, target, nowMs);
}

function approveLive(
  record: NumberRecord,
  live: LiveVerification,
  limits: NumberLimits,
  nowMs: number,
): StoredEndedVerification {
  if (live.verifiedMs > 0) record.verified = { atMs: nowMs, untilMs: nowMs + live.verifiedMs };
  return viewEnded(record, end(record, live, 'approved', nowMs), limits, nowMs);
}

/** A copy in memory of its own: what a caller gives may be a small part of something large, which would be kept with it. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function ownSecret({ keyId, digest, seal, codeLength }: CodeSecret): CodeSecret {
  return { keyId, digest: ownBytes(digest), seal: ownBytes(seal), codeLength };
}

/** The only way out of `pending`: drops the secret and remembers the id. */
function end(record: NumberRecord, live: LiveVerification, status: EndedStatus, atMs: number): EndedVerification {
  record.live = record.live.filter((v) => v !== live);
  const ended: EndedVerification = {
    nonce: live.nonce,
    purpose: live.purpose,
    purposeTag: live.purposeTag,
    channel: live.channel,
    status,
    createdAtMs: live.createdAtMs,
    expiresAtMs: live.expiresAtMs,
    lastSendAtMs: lastSendAtMs(live),
    endedAtMs: atMs,
    number: live.number,
    untilMs: atMs + live.keepMs,
  };
  record.ended = record.ended.concat(ended);
  record.ended.sort((a, b) => a.endedAtMs - b.endedAtMs);
  return ended;
}

function isRejected({ status }: StoredDelivery): boolean {
  return status === 'rejected';
}

/**
 * As many hand-overs as are kept: those of the latest sends, each with all of its own. Of a send that has more by itself those of which least is known go first, and the latest of
 * them; never its first. So what goes never turns a send into a rejected one, and goes again if it is said again.
 */
function latestOf(deliveries: StoredDelivery[]): StoredDelivery[] {
  const [first, ...others] = deliveries;
  if (!first || deliveries.length <= maxDeliveriesKept) return deliveries;
  const later = others.filter(({ delivery }) => delivery > first.delivery);
  if (later.length > 0) return latestOf(later);
  const least = others.reduce((low, one) => (laterStatus(low.status, one.status) === low.status ? one : low));
  return latestOf(deliveries.filter((one) => one !== least));
}

function findLive(record: NumberRecord, purposeTag: string, nonce?: string): LiveVerification | undefined {
  return record.live.find((v) => v.purposeTag === purposeTag && (nonce === undefined || v.nonce === nonce));
}

/** By nonce, or the latest of that purpose. Only the latest `limits.ended.max` of a number are told of. */
function findEnded(record: NumberRecord, target: Target): EndedVerification | undefined {
  forgetOldEnds(record, target.limits);
  return record.ended.findLast(
    (v) => v.purposeTag === target.purposeTag && (target.nonce === undefined || v.nonce === target.nonce),
  );
}

function forgetOldEnds(record: NumberRecord, { ended }: NumberLimits): void {
  if (record.ended.length > ended.max) record.ended = record.ended.slice(record.ended.length - ended.max);
}

/** What a caller learns of a verification that is not pending: its end, if they know its id. */
function whatEnded(
  record: NumberRecord,
  target: Target,
  nowMs: number,
): Extract<EndOutcome, { outcome: 'ended' | 'not_found' }> {
  const ended = target.nonce === undefined ? undefined : findEnded(record, target);
  if (!ended) return { outcome: 'not_found' };
  return { outcome: 'ended', status: ended.status, verification: viewEnded(record, ended, target.limits, nowMs) };
}

/** `times`, oldest first, without those that have left the window. */
function within(times: readonly number[], windowMs: number, nowMs: number): readonly number[] {
  const left = times.length - countWithin(times, windowMs, nowMs);
  return left === 0 ? times : times.slice(left);
}

function countWithin(times: readonly number[], windowMs: number, nowMs: number): number {
  const first = times.findIndex((t) => t > nowMs - windowMs);
  return first < 0 ? 0 : times.length - first;
}

/** How long until fewer than `max` of `times` lie in the window; 0 or less when that is so now. */
function waitMs(times: readonly number[], max: number, windowMs: number, nowMs: number): number {
  const blocking = times.at(-max);
  return blocking === undefined ? 0 : blocking + windowMs - nowMs;
}

/** The number's own wrong checks, spent for now or locked: what lasts longer. */
export function blocked(
  record: NumberCounters,
  { lock, wrongChecks }: NumberLimits,
  nowMs: number,
): LimitRefusal | null {
  const lockedMs = record.wrongInRow >= lock.after ? record.wrongInRowUntilMs - nowMs : 0;
  const spentMs = waitMs(record.wrongChecks, wrongChecks.max, wrongChecks.windowMs, nowMs);
  if (lockedMs <= 0 && spentMs <= 0) return null;
  return lockedMs >= spentMs
    ? { limit: 'lock', max: lock.after, windowMs: lock.forMs, retryAfterMs: lockedMs }
    : { limit: 'wrong_checks', ...wrongChecks, retryAfterMs: spentMs };
}

/** The limit on sends that refuses for longest. */
export function sendsRefused(record: NumberCounters, limits: NumberLimits, nowMs: number): LimitRefusal | null {
  const { attempts, gapMs, sends } = limits;
  let refusal: LimitRefusal | null = null;
  const hold = (limit: string, max: number, windowMs: number, times: readonly number[]): void => {
    const retryAfterMs = waitMs(times, max, windowMs, nowMs);
    if (retryAfterMs > (refusal?.retryAfterMs ?? 0)) refusal = { limit, max, windowMs, retryAfterMs };
  };
  for (const { name, max, windowMs } of sends) hold(name, max, windowMs, record.sends);
  hold('gap', 1, gapMs, record.sends);
  hold('attempts', attempts.max, attempts.windowMs, record.attempts);
  return refusal;
}

function lastSendAtMs({ createdAtMs, deliveries }: Pick<LiveVerification, 'createdAtMs' | 'deliveries'>): number {
  const latest = deliveries.at(-1)?.delivery;
  return deliveries.find(({ delivery }) => delivery === latest)?.atMs ?? createdAtMs;
}

/** When `begin` would no longer refuse. */
function nextSendAtMs(record: NumberCounters, limits: NumberLimits, nowMs: number): number {
  const blockedMs = blocked(record, limits, nowMs)?.retryAfterMs ?? 0;
  const refusedMs = sendsRefused(record, limits, nowMs)?.retryAfterMs ?? 0;
  return nowMs + Math.max(blockedMs, refusedMs);
}

function sendsLeft(record: NumberCounters, limits: NumberLimits, nowMs: number): number {
  if (blocked(record, limits, nowMs)) return 0;
  const { attempts, sends } = limits;
  let left = attempts.max - countWithin(record.attempts, attempts.windowMs, nowMs);
  for (const { max, windowMs } of sends) left = Math.min(left, max - countWithin(record.sends, windowMs, nowMs));
  return Math.max(0, left);
}

/** What a caller is told of a pending verification. */
export function viewLive(
  record: NumberCounters,
  live: Omit<LiveVerification, 'secret'>,
  limits: NumberLimits,
  nowMs: number,
): StoredVerification {
  const left = Math.min(
    live.maxChecks - live.wrongChecks,
    limits.wrongChecks.max - countWithin(record.wrongChecks, limits.wrongChecks.windowMs, nowMs),
    limits.lock.after - record.wrongInRow,
  );
  return {
    nonce: live.nonce,
    purpose: live.purpose,
    channel: live.channel,
    status: 'pending',
    createdAtMs: live.createdAtMs,
    expiresAtMs: live.expiresAtMs,
    lastSendAtMs: lastSendAtMs(live),
    nextSendAtMs: nextSendAtMs(record, limits, nowMs),
    endedAtMs: null,
    sendsLeft: sendsLeft(record, limits, nowMs),
    checksLeft: Math.max(0, left),
    deliveries: live.deliveries.map((d) => ({ ...d })),
    number: live.number.slice(),
  };
}

/** What a caller is told of one that has ended. */
export function viewEnded(
  record: NumberCounters,
  { nonce, purpose, channel, status, createdAtMs, expiresAtMs, lastSendAtMs, endedAtMs, number }: EndedVerification,
  limits: NumberLimits,
  nowMs: number,
): StoredEndedVerification {
  return {
    nonce,
    purpose,
    channel,
    status,
    createdAtMs,
    expiresAtMs,
    lastSendAtMs,
    nextSendAtMs: nextSendAtMs(record, limits, nowMs),
    endedAtMs,
    sendsLeft: sendsLeft(record, limits, nowMs),
    checksLeft: 0,
    deliveries: [],
    number: number.slice(),
  };
}
