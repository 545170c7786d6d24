import type {
  BeginRequest,
  BeginOutcome,
  CheckRequest,
  CheckOutcome,
  EndOutcome,
  SettleRequest,
  Store,
  StoredVerification,
  Target,
} from '../stores/store.ts';

/** What a caller asks of a store about one number: a verb and what goes with it. */
export type Act =
  | { verb: 'begin'; request: BeginRequest }
  | { verb: 'check'; request: CheckRequest }
  | { verb: 'settle'; request: SettleRequest }
  | { verb: 'cancel' | 'approve' | 'find'; request: Target }
  | { verb: 'lookup' | 'unlock' | 'erase'; request: { subject: string } };

/** What a store answers to an act; null where it answers nothing. */
export type Answer = BeginOutcome | CheckOutcome | EndOutcome | StoredVerification | { verifiedAtMs: number } | null;

/** Asks a store. */
export async function perform(store: Store, act: Act): Promise<Answer> {
  switch (act.verb) {
    case 'begin':
      return store.begin(act.request);
    case 'check':
      return store.check(act.request);
    case 'settle':
      return (await store.settle(act.request)) ?? null;
    case 'cancel':
      return store.cancel(act.request);
    case 'approve':
      return store.approve(act.request);
    case 'find':
      return store.find(act.request);
    case 'lookup':
      return store.lookup(act.request.subject);
    case 'unlock':
      return (await store.unlock(act.request.subject)) ?? null;
    case 'erase':
      return (await store.erase(act.request.subject)) ?? null;
  }
}
