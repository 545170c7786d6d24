import type { BeginOutcome, BeginRequest, BroadLimit } from '../store.ts';
import type { Call } from './acts.ts';
import { failureOf } from './failures.ts';
import { beginOutcome } from './outcomes.ts';
import { readNumber, type Reply } from './reply.ts';
import { scriptOf, type Script } from './scripts.ts';
import { tokenOf } from './tokens.ts';

/** What a begin works with whose broad limits lie in other slots than its number. */
export interface ClusterBegin {
  readonly call: Call;
  readonly request: BeginRequest;
  limitKey(key: string): string;
  now(): string;
  /** The begin itself; with `refusedElsewhere` it begins nothing and only looks whether the number's own limits refuse too. */
  begin(refusedElsewhere: boolean): Promise<Reply>;
}

/**
 * Takes one of each broad limit, all at once, then begins, and gives back what it took when anything refuses or has surely failed. A crash in between, or
 * an answer that never comes, leaves too little, never too much.
 */
export async function chargedAcrossSlots(parts: ClusterBegin): Promise<BeginOutcome> {
  const { call, request, begin } = parts;
  const token = tokenOf(request.nonce);

  const onLimits = (script: Script): Promise<PromiseSettledResult<number>[]> =>
    Promise.allSettled(
      request.broadLimits.map(async ({ key, max, windowMs }: BroadLimit) =>
        readNumber(await call(script, [parts.limitKey(key)], [parts.now(), token, String(max), String(windowMs)])),
      ),
    );
  /** All are asked: what was not taken is not given back. Where that fails, it stays taken. */
  const giveBack = (): Promise<unknown> => onLimits(scriptOf('refund'));

  const charges = await onLimits(scriptOf('charge'));
  const failed = charges.find((charge) => charge.status === 'rejected');
  if (failed) {
    await giveBack();
    throw failed.reason;
  }
  const waits = charges.map((charge) => (charge.status === 'fulfilled' ? charge.value : 0));
  if (waits.some((wait) => wait > 0)) {
    const [reply] = await Promise.all([begin(true), giveBack()]);
    return beginOutcome(reply, request, waits);
  }
  try {
    const reply = await begin(false);
    if (reply.outcome === 'refused') await giveBack();
    return beginOutcome(reply, request);
  } catch (error) {
    if (failureOf(error).surelyNotDone) await giveBack();
    throw error;
  }
}
