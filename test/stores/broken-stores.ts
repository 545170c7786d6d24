import { setImmediate as otherRequests } from 'node:timers/promises';
import { memoryStore } from '../../src/stores/memory.ts';
import * as acts from '../../src/stores/record.ts';
import type { BeginRequest, Clock, NumberLimits, Store } from '../../src/stores/store.ts';
import { bentStore, stillStore } from './bent-store.ts';

/** A memory store that is asked under other limits than the caller's. */
function underLimits(clock: Clock, bend: (limits: NumberLimits) => Partial<NumberLimits>): Store {
  const store = memoryStore({ clock });
  const bent = <Request extends { limits: NumberLimits }>(request: Request): Request => ({
    ...request,
    limits: { ...request.limits, ...bend(request.limits) },
  });
  return {
    ...store,
    begin: (request) => store.begin(bent(request)),
    check: (request) => store.check(bent(request)),
    cancel: (target) => store.cancel(bent(target)),
    approve: (target) => store.approve(bent(target)),
    find: (target) => store.find(bent(target)),
  };
}

/** A store that breaks a promise, in a way that some real system did, and must fail the cases that say it. */
export interface BrokenStore {
  store: (clock: Clock) => Store;
  fails: readonly [string, ...string[]];
}

/** Each breaks one promise about numbers and their verifications. */
export const brokenStores: Record<string, BrokenStore> = {
  'reads the record, and writes it back after others have had their turn': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async check(request) {
          const copy = structuredClone(records.of(request.subject));
          await otherRequests();
          const result = acts.check(copy, request, records.nowMs());
          records.put(request.subject, copy);
          return result;
        },
        async begin(request) {
          const copy = structuredClone(records.of(request.subject));
          await otherRequests();
          const result = acts.begin(copy, request, records.nowMs(), []);
          records.put(request.subject, copy);
          return result;
        },
      })),
    fails: [
      'of 100 parallel right checks by id exactly one is approved',
      'of 100 parallel right checks by purpose exactly one is approved',
      'of 100 parallel wrong checks five are compared',
      'of parallel wrong checks of many purposes no more are compared than the number has left',
      'of parallel wrong checks no more are compared than lock the number',
      'of begins that race for three sends exactly three are not refused, and they make one verification',
      'of begins for many purposes that race for three sends exactly three are not refused',
      'of two begins within a gap one sends, and the code of that one is good',
    ],
  },
  'compares first and charges a wrong check a moment later': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          const result = acts.check(structuredClone(records.of(request.subject)), request, records.nowMs());
          if (result.outcome !== 'incorrect') return straight.check(request);
          await otherRequests();
          acts.check(records.of(request.subject), request, records.nowMs());
          return result;
        },
      })),
    fails: [
      'of 100 parallel wrong checks five are compared',
      'of right and wrong checks at once at most one is approved and at most five are compared, as if one by one',
    ],
  },
  'takes the verification away to judge a guess, and puts it back when the guess was wrong': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async check(request) {
          const record = records.of(request.subject);
          const taken = record.live;
          const result = acts.check(record, request, records.nowMs());
          if (result.outcome !== 'incorrect') return result;
          const after = record.live;
          record.live = record.live.filter((live) => !taken.includes(live));
          await otherRequests();
          record.live = [...record.live, ...after];
          return result;
        },
      })),
    fails: ['a right code is never refused because of fewer than the limit of wrong ones in flight'],
  },
  'cancels a copy that is a moment old': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async cancel(target) {
          const copy = structuredClone(records.of(target.subject));
          await otherRequests();
          const result = acts.cancel(copy, target, records.nowMs());
          records.put(target.subject, copy);
          return result;
        },
      })),
    fails: ['a check that races cancel is before or after it'],
  },
  'writes a guess back over the code that superseded its own': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async check(request) {
          const copy = structuredClone(records.of(request.subject));
          const result = acts.check(copy, request, records.nowMs());
          await otherRequests();
          records.put(request.subject, copy);
          return result;
        },
      })),
    fails: [
      'a begin with a new code that races checks of the old one leaves one code that is good, and refills nothing',
      'a check that races erase is before or after it',
    ],
  },
  'refills the checks of a verification when its code is sent again': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          for (const live of records.of(request.subject).live) live.wrongChecks = 0;
          return straight.begin(request);
        },
      })),
    fails: ['a repeat does not refill the checks of its verification'],
  },
  'erases the counters too': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        erase: async (subject) => records.put(subject, acts.emptyRecord()),
      })),
    fails: [
      'an erasure does not refill the wrong checks of a day',
      'an erasure refills no sends and shortens no gap',
      'an erasure does not lift a lock',
    ],
  },
  'takes an approval or an unlock for a reason to forget all wrong checks': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          const result = await straight.check(request);
          if (result.outcome === 'approved') records.of(request.subject).wrongChecks = [];
          return result;
        },
        async unlock(subject) {
          records.of(subject).wrongChecks = [];
        },
      })),
    fails: [
      'an approval by code does not refill the wrong checks of a day',
      'an unlock does not refill the wrong checks of a day',
      'an unlock lifts the lock and ends the wrong checks in a row',
    ],
  },
  "ends the wrong checks in a row at an approval on the caller's word": {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async approve(target) {
          records.of(target.subject).wrongInRow = 0;
          return straight.approve(target);
        },
      })),
    fails: ["an approval on the caller's word leaves the wrong checks in a row as they are"],
  },
  'counts a send for a millisecond too long': {
    store: (clock) =>
      underLimits(clock, ({ sends }) => ({
        sends: sends.map(({ windowMs, ...window }) => ({ ...window, windowMs: windowMs + 1 })),
      })),
    fails: [
      'sends in any ten minutes are counted to the millisecond',
      'sends in any 24 hours are counted to the millisecond',
    ],
  },
  'counts a wrong check for a millisecond too short': {
    store: (clock) =>
      underLimits(clock, ({ wrongChecks: { max, windowMs } }) => ({ wrongChecks: { max, windowMs: windowMs - 1 } })),
    fails: [
      'wrong checks of a number in any 24 hours are counted to the millisecond, over all verifications and purposes',
    ],
  },
  'counts sends in windows that do not slide': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const nowMs = records.nowMs();
          const record = records.of(request.subject);
          const kept = record.sends;
          const [shortest] = request.limits.sends;
          const windowMs = shortest?.windowMs ?? 1;
          record.sends = kept.filter((atMs) => Math.floor(atMs / windowMs) === Math.floor(nowMs / windowMs));
          return straight.begin(request);
        },
      })),
    fails: [
      'sends in any ten minutes are counted to the millisecond',
      'sends in any 24 hours are counted to the millisecond',
    ],
  },
  'takes a code for good at its end': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          for (const live of records.of(request.subject).live) live.expiresAtMs += 1;
          const result = await straight.check(request);
          for (const live of records.of(request.subject).live) live.expiresAtMs -= 1;
          return result;
        },
      })),
    fails: ['a code is good while the clock is before its end and not at it'],
  },
  'gives every repeat a whole lifetime': {
    store: (clock) => underLimits(clock, () => ({ maxLifetimeMs: Infinity })),
    fails: [
      'no code outlives the creation of its verification by more than its greatest lifetime',
      'a lifetime that is longer than the greatest ends with the greatest',
    ],
  },
  'tells of an ended id for a millisecond too long': {
    store: (clock) => underLimits(clock, ({ ended }) => ({ ended: { ...ended, keepMs: ended.keepMs + 1 } })),
    fails: ['an ended id is told of for its time after the end, to the millisecond'],
  },
  'tells of five ended ids': {
    store: (clock) => underLimits(clock, ({ ended }) => ({ ended: { ...ended, max: ended.max + 1 } })),
    fails: ['the latest four ended ids of a number are told of, over all purposes, and no fifth'],
  },
  'lets the latest word on a delivery stand, whatever was known before': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async settle({ subject, nonce, delivery, handOvers }) {
          const live = records.of(subject).live.find((one) => one.nonce === nonce);
          Object.assign(live?.deliveries.find((one) => one.delivery === delivery) ?? {}, handOvers[0]);
        },
      })),
    fails: [
      'the highest status of a delivery stands, whatever the order and however often each is said',
      'of two statuses of a delivery the higher stands, whichever was said first',
      'settlings that race end as any order of them does',
    ],
  },
  'gives a rejected send back each time it hears of it': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async settle(request) {
          const { sends } = records.of(request.subject);
          if (request.handOvers[0]?.status === 'rejected' && sends.length > 1) sends.pop();
          else await straight.settle(request);
        },
      })),
    fails: ['a rejected send is not charged, and is given back once however often that is said'],
  },
  'gives back sends of which nobody knows what became': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        settle: ({ handOvers, ...request }) =>
          straight.settle({
            ...request,
            handOvers: handOvers.map(({ provider, status }) => ({
              provider,
              status: status === 'unknown' ? 'rejected' : status,
            })),
          }),
      })),
    fails: ['only a rejection gives a send back'],
  },
  'keeps the budgets of each purpose apart': {
    store: (clock) => {
      const store = memoryStore({ clock });
      const bent = <Request extends { subject: string; purposeTag: string }>(request: Request): Request => ({
        ...request,
        subject: `${request.subject} ${request.purposeTag}`,
      });
      return {
        ...store,
        begin: (request: BeginRequest) => store.begin(bent(request)),
        check: (request) => store.check(bent(request)),
      };
    },
    fails: [
      'purposes share the sends of their number',
      'of begins for many purposes that race for three sends exactly three are not refused',
      'of parallel wrong checks of many purposes no more are compared than the number has left',
    ],
  },
  'does not look at the id, only at the number': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          const nonce = records.of(request.subject).live[0]?.nonce;
          return straight.check(request.nonce !== undefined && nonce !== undefined ? { ...request, nonce } : request);
        },
      })),
    fails: [
      'an id leads to its own verification only',
      'what has ended as superseded says so to its id and is not there by purpose',
    ],
  },
  'does not look at the purpose when it is given an id': {
    store: (clock) =>
      bentStore(clock, (records, straight) => {
        const ofItsOwn = <Request extends { subject: string; purposeTag: string; nonce?: string | undefined }>(
          request: Request,
        ): Request => {
          const { live, ended } = records.of(request.subject);
          const meant = [...live, ...ended].find(({ nonce }) => nonce === request.nonce);
          return { ...request, purposeTag: meant?.purposeTag ?? request.purposeTag };
        };
        return {
          check: (request) => straight.check(ofItsOwn(request)),
          settle: (request) => straight.settle(ofItsOwn(request)),
          cancel: (target) => straight.cancel(ofItsOwn(target)),
          approve: (target) => straight.approve(ofItsOwn(target)),
          find: (target) => straight.find(ofItsOwn(target)),
        };
      }),
    fails: [
      'an id under the tag of another purpose, of which the number has no verification, is unknown to every verb and charges nothing',
      'an id under the tag of another purpose, of which the number has a verification too, is unknown to every verb and charges nothing',
      'an id that has ended is unknown under the tag of another purpose, and told of under its own',
      'random acts, one by one and at once, are answered as the model answers them (seed 1)',
    ],
  },
  'settles whatever has the id, under whichever tag': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        settle(request) {
          const meant = records.of(request.subject).live.find(({ nonce }) => nonce === request.nonce);
          return straight.settle({ ...request, purposeTag: meant?.purposeTag ?? request.purposeTag });
        },
      })),
    fails: [
      'an id under the tag of another purpose, of which the number has no verification, is unknown to every verb and charges nothing',
    ],
  },
  'goes by the tag alone': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check({ nonce, ...request }) {
          const live = records.of(request.subject).live.find(({ purposeTag }) => purposeTag === request.purposeTag);
          return straight.check(live ? request : { ...request, nonce });
        },
      })),
    fails: [
      'an id under the tag of another purpose, of which the number has a verification too, is unknown to every verb and charges nothing',
    ],
  },
  'compares a digest under whatever key': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          const live = records.of(request.subject).live.find(({ purposeTag }) => purposeTag === request.purposeTag);
          const known = request.digests.some(({ keyId }) => keyId === live?.secret.keyId);
          return live && !known
            ? straight.approve(request).then(() => straight.check(request))
            : straight.check(request);
        },
      })),
    fails: ['digests under other keys than that of the code approve nothing and are not charged'],
  },
  'charges a code that cannot be right by its length': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async check(request) {
          const result = await straight.check(request);
          if (result.outcome === 'malformed') await straight.check({ ...request, codeLength: result.codeLength });
          return result;
        },
      })),
    fails: ['a code of another length is malformed: not compared and not charged'],
  },
  'repeats a code that the caller cannot open': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        begin: (request) =>
          straight.begin({
            ...request,
            repeatKeyIds: records.of(request.subject).live.map(({ secret }) => secret.keyId),
          }),
      })),
    fails: ['a pending code under a key that the caller cannot open is superseded, never repeated'],
  },
  'believes a clock that jumps back': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        begin: async (request) => {
          const record = records.of(request.subject);
          record.sends = record.sends.filter((atMs) => atMs <= clock());
          return acts.begin(record, request, clock(), []);
        },
      })),
    fails: ['a clock that jumps back refills no sends'],
  },
  'stands still while its clock is behind': {
    store: stillStore,
    fails: ['after a clock has jumped back time goes on: codes end and windows slide as if it had not'],
  },
  'bounds no begins whose sends are given back': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        begin: ({ limits, ...request }) =>
          straight.begin({ ...request, limits: { ...limits, attempts: { max: 1_000, windowMs: 86_400_000 } } }),
      })),
    fails: ['begins whose sends are given back are bounded all the same, to the millisecond, over all purposes'],
  },
  'prunes counters that still count': {
    store: (clock) =>
      bentStore(clock, (records, straight) => {
        const subjects = new Set<string>();
        return {
          begin(request) {
            subjects.add(request.subject);
            return straight.begin(request);
          },
          async prune() {
            for (const subject of subjects) {
              const record = records.of(subject);
              acts.touch(record, records.nowMs());
              if (record.live.length + record.ended.length === 0 && !record.verified)
                records.put(subject, acts.emptyRecord());
            }
            return 0;
          },
        };
      }),
    fails: ['a prune changes no answer'],
  },
  'hands out what it keeps': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async find(target) {
          const found = await straight.find(target);
          const [live] = records.of(target.subject).live;
          return found && live ? { ...found, number: live.number } : found;
        },
      })),
    fails: ['what a store tells is a copy: changing it changes nothing'],
  },
};
