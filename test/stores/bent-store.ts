import { emptyCount, type BroadCount } from '../../src/stores/broad-limits.ts';
import * as claims from '../../src/stores/claim.ts';
import * as acts from '../../src/stores/record.ts';
import { steadyClock } from '../../src/stores/steady-clock.ts';
import type { Clock, Store } from '../../src/stores/store.ts';

/** What a bent store gets at: what the verbs act on. */
export interface Records {
  of(subject: string): acts.NumberRecord;
  put(subject: string, record: acts.NumberRecord): void;
  /** By the key of its broad limit. */
  countOf(key: string): BroadCount;
  putCount(key: string, count: BroadCount): void;
  /** By the key that it claims. */
  readonly claims: Map<string, claims.Claim>;
  nowMs(): number;
}

/** A store whose time stands still while its clock is behind. */
export function stillStore(clock: Clock): Store {
  let latestMs = 0;
  return bentStore(
    () => (latestMs = Math.max(latestMs, clock())),
    () => ({}),
  );
}

/** A right store on records, some of whose verbs are replaced by wrong ones. */
export function bentStore(clock: Clock, bend: (records: Records, straight: Store) => Partial<Store>): Store {
  const numbers = new Map<string, acts.NumberRecord>();
  const counts = new Map<string, BroadCount>();
  let subjectKey: string | undefined;
  const records: Records = {
    of: (subject) => kept(numbers, subject, acts.emptyRecord),
    put: (subject, record) => void numbers.set(subject, record),
    countOf: (key) => kept(counts, key, emptyCount),
    putCount: (key, count) => void counts.set(key, count),
    claims: new Map(),
    nowMs: steadyClock(clock),
  };
  const { of, nowMs } = records;
  const straight: Store = {
    name: 'bent',
    async bindSubjectKey(fingerprint, { accept }) {
      if (subjectKey === undefined || accept) subjectKey = fingerprint;
      return subjectKey === fingerprint;
    },
    async begin(request) {
      const charged = request.broadLimits.map(({ key }) => records.countOf(key));
      return acts.begin(of(request.subject), request, nowMs(), charged);
    },
    check: async (request) => acts.check(of(request.subject), request, nowMs()),
    settle: async (request) => void acts.settle(of(request.subject), request, nowMs()),
    cancel: async (target) => acts.cancel(of(target.subject), target, nowMs()),
    approve: async (target) => acts.approve(of(target.subject), target, nowMs()),
    find: async (target) => acts.find(of(target.subject), target, nowMs()),
    lookup: async (subject) => acts.lookup(of(subject), nowMs()),
    unlock: async (subject) => acts.unlock(of(subject), nowMs()),
    erase: async (subject) => acts.erase(of(subject), nowMs()),
    async claim(request) {
      const { outcome, after } = claims.claim(records.claims.get(request.key) ?? null, request, nowMs());
      if (after) records.claims.set(request.key, after);
      return outcome;
    },
    async complete(request) {
      const after = claims.complete(records.claims.get(request.key) ?? null, request, nowMs());
      if (after) records.claims.set(request.key, after);
      else records.claims.delete(request.key);
    },
    prune: async () => 0,
    ping: async () => {},
    close: async () => {},
  };
  return { ...straight, ...bend(records, straight) };
}

/** What the map holds under `key`, from now on at the latest. */
function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
