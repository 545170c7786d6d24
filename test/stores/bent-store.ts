import * as acts from '../../src/stores/record.ts';
import { steadyClock } from '../../src/stores/steady-clock.ts';
import type { Clock, Store } from '../../src/stores/store.ts';

/** What a bent store gets at: the records that the verbs act on. */
export interface Records {
  of(subject: string): acts.NumberRecord;
  put(subject: string, record: acts.NumberRecord): void;
  nowMs(): number;
}

/** A right store on records, some of whose verbs are replaced by wrong ones. */
export function bentStore(clock: Clock, bend: (records: Records, straight: Store) => Partial<Store>): Store {
  const numbers = new Map<string, acts.NumberRecord>();
  let subjectKey: string | undefined;
  const records: Records = {
    of(subject) {
      const record = numbers.get(subject) ?? acts.emptyRecord();
      numbers.set(subject, record);
      return record;
    },
    put: (subject, record) => void numbers.set(subject, record),
    nowMs: steadyClock(clock),
  };
  const { of, nowMs } = records;
  const straight: Store = {
    name: 'bent',
    async bindSubjectKey(fingerprint, { accept }) {
      if (subjectKey === undefined || accept) subjectKey = fingerprint;
      return subjectKey === fingerprint;
    },
    begin: async (request) => acts.begin(of(request.subject), request, nowMs()),
    check: async (request) => acts.check(of(request.subject), request, nowMs()),
    settle: async (request) => acts.settle(of(request.subject), request, nowMs()),
    cancel: async (target) => acts.cancel(of(target.subject), target, nowMs()),
    approve: async (target) => acts.approve(of(target.subject), target, nowMs()),
    find: async (target) => acts.find(of(target.subject), target, nowMs()),
    lookup: async (subject) => acts.lookup(of(subject), nowMs()),
    unlock: async (subject) => acts.unlock(of(subject), nowMs()),
    erase: async (subject) => acts.erase(of(subject), nowMs()),
    prune: async () => 0,
    ping: async () => {},
    close: async () => {},
  };
  return { ...straight, ...bend(records, straight) };
}
