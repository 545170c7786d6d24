import * as acts from './record.ts';
import { steadyClock } from './steady-clock.ts';
import type { Clock, Store } from './store.ts';

export interface MemoryStoreOptions {
  /** Milliseconds since the Unix epoch; unset: the system's. Where it jumps back, time goes on as before (`steadyClock`). */
  clock?: Clock;
}

const slotMs = 10_000;
const prunedPerBegin = 4;

/**
 * Keeps everything in this process and nothing past its end: for tests, for development, and as the reference of what the other stores
 * promise. Each verb is one synchronous act. Takes out what has ended as it goes, a few numbers at every begin.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const now = steadyClock(options.clock ?? Date.now);
  const numbers = new Map<string, { record: acts.NumberRecord; slot: number }>();
  /** Subjects by the ten seconds in which something of theirs is due to go. */
  const due = new Map<number, Set<string>>();
  let subjectKey: string | undefined;
  let prunedSlot: number | undefined;

  function act<Result>(subject: string, verb: (record: acts.NumberRecord, nowMs: number) => Result): Result {
    const kept = numbers.get(subject);
    const record = kept?.record ?? acts.emptyRecord();
    const result = verb(record, now());
    keep(subject, record, kept?.slot);
    return result;
  }

  function keep(subject: string, record: acts.NumberRecord, before: number | undefined): void {
    const dueAtMs = acts.dueAtMs(record);
    const slot = dueAtMs === null ? undefined : Math.floor(dueAtMs / slotMs) + 1;
    if (slot !== before) {
      const others = before === undefined ? undefined : due.get(before);
      others?.delete(subject);
      if (before !== undefined && others?.size === 0) due.delete(before);
      if (slot !== undefined) {
        const subjects = due.get(slot);
        if (subjects) subjects.add(subject);
        else due.set(slot, new Set([subject]));
      }
    }
    if (slot === undefined) numbers.delete(subject);
    else if (slot !== before) numbers.set(subject, { record, slot });
  }

  function prune(max: number): number {
    let touched = 0;
    const currentSlot = Math.floor(now() / slotMs);
    prunedSlot ??= currentSlot;
    while (prunedSlot < currentSlot) {
      for (const subject of due.get(prunedSlot + 1) ?? []) {
        if (touched === max) return touched;
        act(subject, acts.touch);
        touched += 1;
      }
      due.delete(prunedSlot + 1);
      prunedSlot += 1;
    }
    return touched;
  }

  return {
    name: 'memory',
    async bindSubjectKey(fingerprint, { accept }) {
      if (subjectKey === undefined || accept) subjectKey = fingerprint;
      return subjectKey === fingerprint;
    },
    async begin(request) {
      prune(prunedPerBegin);
      return act(request.subject, (record, at) => acts.begin(record, request, at));
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
    async prune({ max = 500 } = {}) {
      return prune(max);
    },
    async ping() {},
    async close() {},
  };
}
