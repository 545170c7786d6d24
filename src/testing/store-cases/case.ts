import assert from 'node:assert/strict';
import type { Store } from '../../stores/store.ts';
import type { VirtualClock } from '../clock.ts';

/** What a case is given: data of its own that nothing has touched yet. */
export interface StoreContext {
  /**
   * Opens a handle to the case's data; called again, a further one to the same data (another connection, where the store has such). The harness closes
   * them when the case is over.
   */
  open(): Promise<Store>;
  /** What every handle goes by: a store that has the time from its server takes this one in tests. */
  readonly clock: VirtualClock;
  /** All that is at rest, bytes as hex. */
  dump?(): Promise<string>;
}

/** One promise of the port. */
export interface ConformanceCase {
  /** A sentence, unique in the suite. */
  readonly name: string;
  /** Set where the context must have what not every store can give; else the case is to be skipped, visibly. */
  readonly needs?: 'dump';
  /** Rejects with an `AssertionError` when the store does not keep the promise. */
  run(context: StoreContext): Promise<void>;
}

/** Asserts the outcome and narrows to it. */
export function expectOutcome<Result extends { outcome: string }, Outcome extends Result['outcome']>(
  result: Result,
  outcome: Outcome,
): Extract<Result, { outcome: Outcome }> {
  assert.equal(result.outcome, outcome);
  return result as Extract<Result, { outcome: Outcome }>;
}

/** Several handles to the case's data. */
export async function openHandles({ open }: StoreContext, count = 3): Promise<[Store, ...Store[]]> {
  const first = await open();
  const others = await Promise.all(Array.from({ length: count - 1 }, () => open()));
  return [first, ...others];
}

/** The handle whose turn it is at `index`. */
export function handleOf([first, ...others]: readonly [Store, ...Store[]], index: number): Store {
  return others[(index % (others.length + 1)) - 1] ?? first;
}

/** The same act for every index from 0 to `count` - 1, all at once. */
export async function allAtOnce<Result>(count: number, act: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)));
}

/** Prunes until it is done; the store must come to an end by itself. */
export async function pruneAll(store: Store, max: number): Promise<number> {
  let all = 0;
  for (let batch = 0; batch < 1_000; batch += 1) {
    const touched = await store.prune({ max });
    assert.ok(touched >= 0 && touched <= max, `${touched} in a batch of at most ${max}`);
    all += touched;
    if (touched < max) return all;
  }
  return assert.fail('prune never says that it is done');
}
