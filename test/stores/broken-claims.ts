import { setImmediate as otherRequests } from 'node:timers/promises';
import * as claims from '../../src/stores/claim.ts';
import type { ClaimRequest } from '../../src/stores/store.ts';
import { bentStore, type Records } from './bent-store.ts';
import type { BrokenStore } from './broken-stores.ts';

/** A store that claims in another way; everything else is right. */
function claimingLike(
  claim: (records: Records, request: ClaimRequest, kept: claims.Claim | null) => ClaimRequest,
): BrokenStore['store'] {
  return (clock) =>
    bentStore(clock, (records, straight) => ({
      claim: (request) => straight.claim(claim(records, request, records.claims.get(request.key) ?? null)),
    }));
}

const races = [
  'of 50 racing claims of a key exactly one is told to do it',
  'when a lease has ended one of many racing claims takes it over, and the one that had it completes into nothing',
] as const;

/** Each breaks one promise about idempotency keys. */
export const brokenClaims: Record<string, BrokenStore> = {
  'looks for a claim and writes its own after others have had their turn': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async claim(request) {
          const { outcome, after } = claims.claim(records.claims.get(request.key) ?? null, request, records.nowMs());
          await otherRequests();
          if (after) records.claims.set(request.key, after);
          return outcome;
        },
      })),
    fails: races,
  },
  'takes a lease over without one of its own': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async claim(request) {
          const kept = records.claims.get(request.key);
          const outcome = await straight.claim(request);
          if (outcome.outcome === 'claimed' && kept) records.claims.set(request.key, kept);
          return outcome;
        },
      })),
    fails: [
      races[1],
      'the first claim of a key is told to do it, and every other that it runs, for as long as the lease at most',
    ],
  },
  'frees a key when the lease has ended': {
    store: claimingLike((records, request, kept) => {
      if (kept && records.nowMs() >= kept.leaseUntilMs && !kept.answer) records.claims.delete(request.key);
      return request;
    }),
    fails: [
      'an answer comes back byte for byte until its time after the first claim is over, to the millisecond',
      'a key that stands for something else is refused, while that runs, when its lease has ended and after it, and changes nothing',
    ],
  },
  'lets whoever had the lease complete it': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        complete: (request) =>
          straight.complete({ ...request, token: records.claims.get(request.key)?.token ?? request.token }),
      })),
    fails: [races[1], 'only the one whose turn it is completes; anybody else, and whoever never claimed, into nothing'],
  },
  'lets nobody complete whose lease has ended': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async complete(request) {
          const kept = records.claims.get(request.key);
          if (kept && records.nowMs() < kept.leaseUntilMs) await straight.complete(request);
        },
      })),
    fails: ['one whose lease has ended and that nobody took over completes all the same'],
  },
  'does not look at what is asked for': {
    store: claimingLike((_, request, kept) => ({ ...request, fingerprint: kept?.fingerprint ?? request.fingerprint })),
    fails: [
      'a key that stands for something else is refused, while that runs, when its lease has ended and after it, and changes nothing',
    ],
  },
  'compares what is asked for only when it is done': {
    store: claimingLike((_, request, kept) =>
      kept && !kept.answer ? { ...request, fingerprint: kept.fingerprint } : request,
    ),
    fails: [
      'a key that stands for something else is refused, while that runs, when its lease has ended and after it, and changes nothing',
    ],
  },
  'takes the one that claimed for another when it asks again': {
    store: claimingLike((_, request, kept) =>
      kept?.token === request.token ? { ...request, token: 'another' } : request,
    ),
    fails: ['the one that claimed is told so again, and once it is complete gets the answer like all others'],
  },
  'keeps an answer from its completion': {
    store: (clock) =>
      bentStore(clock, (records, straight) => {
        const keepsMs = new Map<string, number>();
        return {
          claim(request) {
            keepsMs.set(request.key, request.keepMs);
            return straight.claim(request);
          },
          async complete(request) {
            await straight.complete(request);
            const kept = records.claims.get(request.key);
            if (kept) kept.untilMs = records.nowMs() + (keepsMs.get(request.key) ?? 0);
          },
        };
      }),
    fails: ['an answer comes back byte for byte until its time after the first claim is over, to the millisecond'],
  },
  'keeps an answer a millisecond too short': {
    store: claimingLike((_, request) => ({ ...request, keepMs: request.keepMs - 1 })),
    fails: ['an answer comes back byte for byte until its time after the first claim is over, to the millisecond'],
  },
  'ends a lease a millisecond late': {
    store: claimingLike((_, request) => ({ ...request, leaseMs: request.leaseMs + 1 })),
    fails: [
      'the first claim of a key is told to do it, and every other that it runs, for as long as the lease at most',
    ],
  },
  'tells the whole lease as the wait': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        async claim(request) {
          const outcome = await straight.claim(request);
          return outcome.outcome === 'running' ? { ...outcome, retryAfterMs: request.leaseMs } : outcome;
        },
      })),
    fails: [
      'the first claim of a key is told to do it, and every other that it runs, for as long as the lease at most',
    ],
  },
  'keeps answers as text': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        complete: ({ answer, ...request }) =>
          straight.complete({ ...request, answer: answer && Buffer.from(Buffer.from(answer).toString('utf8')) }),
      })),
    fails: ['an answer comes back byte for byte until its time after the first claim is over, to the millisecond'],
  },
  'hands out the answer that it keeps': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async claim(request) {
          const outcome = await straight.claim(request);
          const answer = records.claims.get(request.key)?.answer;
          return outcome.outcome === 'completed' && answer ? { ...outcome, answer } : outcome;
        },
      })),
    fails: ['what stores tell of an answer is a copy'],
  },
  'frees a key only when the lease has ended, whatever came of it': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        complete: async (request) => (request.answer ? straight.complete(request) : undefined),
      })),
    fails: ['a claim that comes to nothing frees its key, for anything'],
  },
  'lets a later answer take the place of the first': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async complete(request) {
          const kept = records.claims.get(request.key);
          if (kept?.token === request.token) kept.answer = null;
          return straight.complete(request);
        },
      })),
    fails: ['an answer stands: nothing that is completed later changes it'],
  },
  'writes an answer down for a claim that nobody made': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async complete({ key, token, answer }) {
          const untilMs = records.nowMs() + 86_400_000;
          const none = { fingerprint: '', token, leaseUntilMs: 0, answer: null, untilMs };
          records.claims.set(key, { ...(records.claims.get(key) ?? none), answer });
        },
      })),
    fails: ['only the one whose turn it is completes; anybody else, and whoever never claimed, into nothing'],
  },
  'writes an answer down in two steps': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async complete(request) {
          await straight.complete({ ...request, answer: request.answer?.subarray(0, 100) ?? null });
          await otherRequests();
          const kept = records.claims.get(request.key);
          if (kept) kept.answer = request.answer;
        },
        async claim(request) {
          await otherRequests();
          return straight.claim(request);
        },
      })),
    fails: ['of claims that race the completion every one is told that it runs or gets the whole answer'],
  },
  'keeps one claim for all that ask for one thing': {
    store: (clock) =>
      bentStore(clock, (_, straight) => ({
        claim: (request) => straight.claim({ ...request, key: 'all' }),
        complete: (request) => straight.complete({ ...request, key: 'all' }),
      })),
    fails: ['keys do not touch each other'],
  },
  'believes a clock that jumps back': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async claim(request) {
          const kept = records.claims.get(request.key);
          const ofTheFuture = kept && clock() < kept.leaseUntilMs - request.leaseMs;
          const { outcome, after } = claims.claim(ofTheFuture ? null : (kept ?? null), request, clock());
          if (after) records.claims.set(request.key, after);
          return outcome;
        },
      })),
    fails: ['a clock that jumps back ends no lease sooner and forgets no answer, and time goes on all the same'],
  },
  'stands still for claims while its clock is behind': {
    store(clock) {
      let latestMs = 0;
      return bentStore(
        () => (latestMs = Math.max(latestMs, clock())),
        () => ({}),
      );
    },
    fails: ['a clock that jumps back ends no lease sooner and forgets no answer, and time goes on all the same'],
  },
  'prunes what is complete': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async prune() {
          for (const [key, { answer }] of records.claims) if (answer) records.claims.delete(key);
          return 0;
        },
      })),
    fails: ['a prune forgets no claim before its time, and takes at most so many at once'],
  },
};
