import { setImmediate as otherRequests } from 'node:timers/promises';
import { bucketMs, broadlyRefused, emptyCount, take } from '../../src/stores/broad-limits.ts';
import * as acts from '../../src/stores/record.ts';
import type { BeginRequest, BroadLimit, Store } from '../../src/stores/store.ts';
import { bentStore, stillStore, type Records } from './bent-store.ts';
import type { BrokenStore } from './broken-stores.ts';

/** Begins under no limits but the number's own. */
function withoutBroad(request: BeginRequest): BeginRequest {
  return { ...request, broadLimits: [] };
}

/** A store whose begins are asked under other broad limits than the caller's. */
function underLimits(bend: (limits: BroadLimit[], records: Records) => readonly BroadLimit[]): BrokenStore['store'] {
  return (clock) =>
    bentStore(clock, (records, straight) => ({
      begin: (request) => straight.begin({ ...request, broadLimits: bend([...request.broadLimits], records) }),
    }));
}

/** A store that changes what it keeps of the limits before a begin looks at them. */
function withCounts(bend: (limit: BroadLimit, records: Records, clockMs: number) => void): BrokenStore['store'] {
  return (clock) =>
    bentStore(clock, (records, straight) => ({
      begin(request) {
        for (const limit of request.broadLimits) bend(limit, records, clock());
        return straight.begin(request);
      },
    }));
}

const races = [
  'of begins of many numbers that race for what a broad limit has left exactly so many are not refused',
  'of begins that race under several broad limits as many are not refused as the narrowest lets through, and no other is charged for more',
  'begins of one number that race under a broad limit take one each, and repeats count too',
] as const;

/** Each breaks one promise about the limits that many numbers share. */
export const brokenBroadLimits: Record<string, BrokenStore> = {
  'looks at the broad limits first and takes from them a moment later': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const counts = request.broadLimits.map(({ key }) => records.countOf(key));
          const refusal = broadlyRefused(request.broadLimits, counts, records.nowMs());
          if (refusal) return { outcome: 'refused', ...refusal };
          await otherRequests();
          const begun = await straight.begin(withoutBroad(request));
          for (const [index, limit] of request.broadLimits.entries()) {
            const count = counts[index];
            if (count && begun.outcome !== 'refused') take(count, limit, records.nowMs());
          }
          return begun;
        },
      })),
    fails: races,
  },
  'writes the counts back that it read before others had their turn': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async begin(request) {
          const counts = request.broadLimits.map(({ key }) => structuredClone(records.countOf(key)));
          await otherRequests();
          const begun = acts.begin(records.of(request.subject), request, records.nowMs(), counts);
          for (const [index, { key }] of request.broadLimits.entries()) {
            records.putCount(key, counts[index] ?? emptyCount());
          }
          return begun;
        },
      })),
    fails: races,
  },
  'takes from one broad limit after the other until one refuses': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          for (const limit of request.broadLimits) {
            const count = records.countOf(limit.key);
            const refusal = broadlyRefused([limit], [count], records.nowMs());
            if (refusal) return { outcome: 'refused', ...refusal };
            take(count, limit, records.nowMs());
          }
          return straight.begin(withoutBroad(request));
        },
      })),
    fails: [
      'what one broad limit refuses takes nothing from the others, wherever it stands among them',
      "what the number's own limits refuse takes nothing from a broad limit",
      "where the number's own limits and broad ones refuse, the number's own is told, however short its wait",
      'of several broad limits that refuse the one with the longest wait is told, whatever its window and place',
    ],
  },
  'begins for the number before it looks at the broad limits': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const counts = request.broadLimits.map(({ key }) => records.countOf(key));
          const refusal = broadlyRefused(request.broadLimits, counts, records.nowMs());
          const begun = await straight.begin(refusal ? withoutBroad(request) : request);
          return refusal && begun.outcome !== 'refused' ? { outcome: 'refused', ...refusal } : begun;
        },
      })),
    fails: ['what a broad limit refuses takes nothing from the number, and leaves its pending code as it is'],
  },
  'does not count repeats': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        begin(request) {
          const pending = records.of(request.subject).live.length > 0;
          return straight.begin(pending ? withoutBroad(request) : request);
        },
      })),
    fails: ['begins of one number that race under a broad limit take one each, and repeats count too'],
  },
  'counts in windows that do not slide': {
    store: withCounts(({ key, windowMs }, records) => {
      const count = records.countOf(key);
      const windowOf = (atMs: number) => Math.floor(atMs / windowMs);
      const now = windowOf(records.nowMs());
      count.buckets = count.buckets.filter(({ at }) => windowOf(at * bucketMs(windowMs)) === now);
    }),
    fails: [
      'a broad window slides: every send leaves it at its own time',
      'a send in the last millisecond of a sixtieth leaves a broad window never early and at most a sixtieth late',
      'sends at random times are never more than a broad limit in any 600000 ms, and are not refused without need',
      'sends at random times are never more than a broad limit in any 59 ms, and are not refused without need',
    ],
  },
  'lets a sixtieth go when its first millisecond has left the window': {
    store: withCounts(({ key, windowMs }, records) => {
      const count = records.countOf(key);
      count.buckets = count.buckets.filter(({ at }) => at * bucketMs(windowMs) + windowMs > records.nowMs());
    }),
    fails: [
      'a send in the last millisecond of a sixtieth leaves a broad window never early and at most a sixtieth late',
      'a send in the middle of a sixtieth leaves a broad window never early and at most a sixtieth late',
      'sends at random times are never more than a broad limit in any 7001 ms, and are not refused without need',
    ],
  },
  'counts a send for two sixtieths too long': {
    store: underLimits((limits) =>
      limits.map((limit) => ({ ...limit, windowMs: limit.windowMs + 2 * bucketMs(limit.windowMs) })),
    ),
    fails: [
      'a send in the first millisecond of a sixtieth leaves a broad window never early and at most a sixtieth late',
      'sends at random times are never more than a broad limit in any 600000 ms, and are not refused without need',
    ],
  },
  'counts a send for a millisecond too short': {
    store: underLimits((limits) => limits.map((limit) => ({ ...limit, windowMs: limit.windowMs - 1 }))),
    fails: ['sends at random times are never more than a broad limit in any 59 ms, and are not refused without need'],
  },
  'tells the whole window as the wait': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        async begin(request) {
          const begun = await straight.begin(request);
          return begun.outcome === 'refused' ? { ...begun, retryAfterMs: begun.windowMs } : begun;
        },
      })),
    fails: [
      'the wait that a broad limit tells is honest: a millisecond before its end a begin is refused, at its end not',
      'a broad limit that has become narrower tells how long until fewer than it lets through count',
    ],
  },
  'waits for the oldest sixtieth alone': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const begun = await straight.begin(request);
          const limit = request.broadLimits.find(({ name }) => begun.outcome === 'refused' && name === begun.limit);
          if (begun.outcome !== 'refused' || !limit) return begun;
          const everything = records.countOf(limit.key).buckets.reduce((sum, { count }) => sum + count, 0);
          const counts = [records.countOf(limit.key)];
          const first = broadlyRefused([{ ...limit, max: everything }], counts, records.nowMs());
          return { ...begun, retryAfterMs: first?.retryAfterMs ?? 1 };
        },
      })),
    fails: ['a broad limit that has become narrower tells how long until fewer than it lets through count'],
  },
  'tells of the first broad limit that refuses': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const begun = await straight.begin(request);
          if (begun.outcome !== 'refused') return begun;
          for (const limit of request.broadLimits) {
            const refusal = broadlyRefused([limit], [records.countOf(limit.key)], records.nowMs());
            if (refusal) return { outcome: 'refused', ...refusal };
          }
          return begun;
        },
      })),
    fails: [
      'of several broad limits that refuse the one with the longest wait is told, whatever its window and place',
      "where the number's own limits and broad ones refuse, the number's own is told, however short its wait",
    ],
  },
  'keeps one count for all limits of a name': {
    store: underLimits((limits) => limits.map((limit) => ({ ...limit, key: limit.name }))),
    fails: ['limits of one name and different keys do not share, and one key is shared by all numbers'],
  },
  'keeps a count of its own for each number': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        begin: ({ broadLimits, ...request }) =>
          straight.begin({
            ...request,
            broadLimits: broadLimits.map((limit) => ({ ...limit, key: `${limit.key} ${request.subject}` })),
          }),
      })),
    fails: ['limits of one name and different keys do not share, and one key is shared by all numbers', races[0]],
  },
  'gives back what was taken for a number that is erased': {
    store: (clock) => givingBack(clock, 'erase'),
    fails: [
      'neither an erasure nor a rejected send nor the end of a verification gives anything back to a broad limit',
    ],
  },
  'gives back what was taken for a text that was rejected': {
    store: (clock) => givingBack(clock, 'settle'),
    fails: [
      'neither an erasure nor a rejected send nor the end of a verification gives anything back to a broad limit',
    ],
  },
  'does not count what lies ahead of a clock that jumped back': {
    store: withCounts(({ key, windowMs }, records, clockMs) => {
      const count = records.countOf(key);
      count.buckets = count.buckets.filter(({ at }) => at * bucketMs(windowMs) <= clockMs);
    }),
    fails: ['a clock that jumps back refills no broad limit'],
  },
  'stands still while its clock is behind': {
    store: stillStore,
    fails: ['after a clock has jumped back time goes on for broad limits: what they count leaves as if it had not'],
  },
  'prunes counts that still count': {
    store: (clock) =>
      bentStore(clock, (records, straight) => {
        const keys = new Set<string>();
        return {
          begin(request) {
            for (const { key } of request.broadLimits) keys.add(key);
            return straight.begin(request);
          },
          async prune() {
            for (const key of keys) records.putCount(key, emptyCount());
            return 0;
          },
        };
      }),
    fails: ['a prune refills no broad limit'],
  },
};

/** A store that remembers what a number took from broad limits, and gives it back at one of its verbs. */
function givingBack(clock: () => number, verb: 'erase' | 'settle'): Store {
  return bentStore(clock, (records, straight) => {
    const taken = new Map<string, readonly BroadLimit[]>();
    const giveBack = (subject: string): void => {
      for (const { key } of taken.get(subject) ?? []) records.countOf(key).buckets.pop();
    };
    return {
      begin(request) {
        taken.set(request.subject, request.broadLimits);
        return straight.begin(request);
      },
      async erase(subject) {
        if (verb === 'erase') giveBack(subject);
        return straight.erase(subject);
      },
      async settle(request) {
        if (verb === 'settle') giveBack(request.subject);
        return straight.settle(request);
      },
    };
  });
}
