import { emptyCount, type BroadCount } from './broad-limits.ts';
import * as claims from './claim.ts';
import * as acts from './record.ts';
import { steadyClock } from './steady-clock.ts';
import type { BroadLimit, Clock, Store } from './store.ts';

export interface MemoryStoreOptions {
  /** Milliseconds since the Unix epoch; unset: the system's. Where it jumps back, time goes on as before (`steadyClock`). */
  clock?: Clock;
}

const sweptPerAct = 8;

/**
 * Keeps everything in this process and nothing past its end: for tests, for development, and as the reference of what the other stores
 * promise. Each verb is one synchronous act. Takes out what has ended as it goes, a little at every begin and claim.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const now = steadyClock(options.clock ?? Date.now);
  const numbers = endingMap<acts.NumberRecord>((record, nowMs) => {
    acts.touch(record, nowMs);
    return acts.dueAtMs(record);
  });
  const counts = endingMap<BroadCount>(endsAtUntilMs);
  const kept = endingMap<claims.Claim>(endsAtUntilMs);
  let subjectKey: string | undefined;

  function act<Result>(subject: string, verb: (record: acts.NumberRecord, nowMs: number) => Result): Result {
    const record = numbers.get(subject) ?? acts.emptyRecord();
    const result = verb(record, now());
    numbers.set(subject, record, acts.dueAtMs(record));
    return result;
  }

  function countsOf(limits: readonly BroadLimit[]): BroadCount[] {
    return limits.map(({ key }) => counts.get(key) ?? emptyCount());
  }

  function prune(max: number): number {
    const nowMs = now();
    let touched = 0;
    for (const map of [numbers, counts, kept]) touched += map.prune(max - touched, nowMs);
    return touched;
  }

  /** A few of each kind, more than one act adds. */
  function sweep(): void {
    for (const map of [numbers, counts, kept]) map.prune(sweptPerAct, now());
  }

  return {
    name: 'memory',
    async bindSubjectKey(fingerprint, { accept }) {
      if (subjectKey === undefined || accept) subjectKey = fingerprint;
      return subjectKey === fingerprint;
    },
    async begin(request) {
      sweep();
      const charged = countsOf(request.broadLimits);
      const outcome = act(request.subject, (record, at) => acts.begin(record, request, at, charged));
      if (outcome.outcome !== 'refused') {
        for (const [index, { key }] of request.broadLimits.entries()) {
          const count = charged[index];
          if (count) counts.set(key, count, count.untilMs);
        }
      }
      return outcome;
    },
    async check(request) {
      return act(request.subject, (record, at) => acts.check(record, request, at));
    },
    async settle(request) {
      act(request.subject, (record, at) => acts.settle(record, request, at));
    },
    async cancel(target) {
      return act(target.subject, (record, at) => acts.cancel(record, target, at));
    },
    async approve(target) {
      return act(target.subject, (record, at) => acts.approve(record, target, at));
    },
    async find(target) {
      return act(target.subject, (record, at) => acts.find(record, target, at));
    },
    async lookup(subject) {
      return act(subject, acts.lookup);
    },
    async unlock(subject) {
      act(subject, acts.unlock);
    },
    async erase(subject) {
      act(subject, acts.erase);
    },
    async claim(request) {
      sweep();
      const { outcome, after } = claims.claim(kept.get(request.key) ?? null, request, now());
      if (after) kept.set(request.key, after, after.untilMs);
      return outcome;
    },
    async complete(request) {
      const after = claims.complete(kept.get(request.key) ?? null, request, now());
      kept.set(request.key, after, after?.untilMs ?? null);
    },
    async prune({ max = 500 } = {}) {
      return prune(max);
    },
    async ping() {},
    async close() {},
  };
}

function endsAtUntilMs({ untilMs }: { untilMs: number }, nowMs: number): number | null {
  return nowMs < untilMs ? untilMs : null;
}

const slotMs = 10_000;

/** A map whose values end: each is filed under the ten seconds in which something of it is due to go. */
interface EndingMap<Value> {
  get(key: string): Value | undefined;
  /** `dueAtMs` null: it holds nothing any more and goes. */
  set(key: string, value: Value | null, dueAtMs: number | null): void;
  /** Touches what is due, at most `max` values. */
  prune(max: number, nowMs: number): number;
}

/** `touch` lets go of what has ended and says when something is due next. */
function endingMap<Value>(touch: (value: Value, nowMs: number) => number | null): EndingMap<Value> {
  const values = new Map<string, { value: Value; slot: number }>();
  const due = new Map<number, Set<string>>();
  let prunedSlot: number | undefined;

  function file(key: string, before: number | undefined, slot: number | undefined): void {
    const others = before === undefined ? undefined : due.get(before);
    others?.delete(key);
    if (before !== undefined && others?.size === 0) due.delete(before);
    if (slot === undefined) return;
    const keys = due.get(slot);
    if (keys) keys.add(key);
    else due.set(slot, new Set([key]));
  }

  function set(key: string, value: Value | null, dueAtMs: number | null): void {
    const entry = values.get(key);
    const slot = value === null || dueAtMs === null ? undefined : Math.floor(dueAtMs / slotMs) + 1;
    if (slot !== entry?.slot) file(key, entry?.slot, slot);
    if (value === null || slot === undefined) values.delete(key);
    else if (entry) Object.assign(entry, { value, slot });
    else values.set(key, { value, slot });
  }

  return {
    get: (key) => values.get(key)?.value,
    set,
    prune(max, nowMs) {
      let touched = 0;
      const currentSlot = Math.floor(nowMs / slotMs);
      prunedSlot ??= currentSlot;
      while (prunedSlot < currentSlot) {
        for (const key of due.get(prunedSlot + 1) ?? []) {
          if (touched === max) return touched;
          const value = values.get(key)?.value;
          if (value !== undefined) set(key, value, touch(value, nowMs));
          touched += 1;
        }
        due.delete(prunedSlot + 1);
        prunedSlot += 1;
      }
      return touched;
    },
  };
}
