import type { Scheduler } from 'fast-check';
import { StoreError, type Store } from '../../src/index.ts';

/** One act that the store has done, in the order in which they were done. */
export interface Deed {
  verb: keyof Store;
  request: unknown;
  answer: unknown;
  atMs: number;
  /** The caller was told an error instead of the answer. */
  lost: boolean;
}

/** What goes wrong with a call: nothing; the store cannot act; or it acts and the answer gets lost. */
export type Fault = 'none' | 'before' | 'after';

/**
 * A store whose every verb waits for the scheduler before it acts and again before it answers, and fails as `faults` says, one after the other. While it
 * acts, nothing else that is scheduled happens. Keeps in `deeds` what was really done.
 */
export function scheduledStore(
  inner: Store,
  {
    scheduler,
    faults,
    nowMs,
    deeds,
  }: { scheduler: Scheduler; faults: readonly Fault[]; nowMs: () => number; deeds: Deed[] },
): Store {
  let calls = 0;
  const scheduled =
    <Args extends unknown[], Answer>(verb: keyof Store, act: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      const fault = faults[calls % Math.max(1, faults.length)] ?? 'none';
      calls += 1;
      const answer = await inOneStep(scheduler, `${verb} is asked`, async () => {
        if (fault === 'before') throw new StoreError(`${verb} was not done`);
        const deed: Deed = { verb, request: args[0], answer: null, atMs: nowMs(), lost: fault === 'after' };
        deeds.push(deed);
        const answer = await act(...args);
        deed.answer = answer;
        return answer;
      });
      await scheduler.schedule(Promise.resolve(), `${verb} answers`);
      if (fault === 'after') throw new StoreError(`${verb} was done, but nobody knows`);
      return answer;
    };
  return {
    name: 'scheduled',
    bindSubjectKey: scheduled('bindSubjectKey', inner.bindSubjectKey),
    begin: scheduled('begin', inner.begin),
    check: scheduled('check', inner.check),
    settle: scheduled('settle', inner.settle),
    cancel: scheduled('cancel', inner.cancel),
    approve: scheduled('approve', inner.approve),
    find: scheduled('find', inner.find),
    lookup: scheduled('lookup', inner.lookup),
    unlock: scheduled('unlock', inner.unlock),
    erase: scheduled('erase', inner.erase),
    claim: scheduled('claim', inner.claim),
    complete: scheduled('complete', inner.complete),
    prune: inner.prune,
    ping: inner.ping,
    close: inner.close,
  };
}

/** Acts when the scheduler comes to it, which goes on when that is done. */
async function inOneStep<Answer>(scheduler: Scheduler, label: string, act: () => Promise<Answer>): Promise<Answer> {
  const results: PromiseSettledResult<Answer>[] = [];
  const builder = async () => void results.push(...(await Promise.allSettled([act()])));
  await scheduler.scheduleSequence([{ label, builder }]).task;
  const [result] = results;
  if (result?.status !== 'fulfilled') throw result?.reason;
  return result.value;
}
