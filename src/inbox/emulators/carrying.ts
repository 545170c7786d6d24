import { AsyncLocalStorage } from 'node:async_hooks';
import type { ByHand, Inbox, InboxMessage, NewMessage, RawRequest } from '../messages.ts';
import type { Arrivals } from './arrivals.ts';
import type { Carrier, End, TakenText } from './emulator.ts';
import { createHeldTexts, type HeldTexts, type LetGo } from './held-texts.ts';
import { createToldByHand, type ToldByHand } from './told-by-hand.ts';

export interface CarryingParts {
  inbox: Pick<Inbox, 'add' | 'find' | 'setStatus'>;
  now(): number;
  arrivals: Arrivals;
  tell: Carrier['tell'];
  /** The request of the call of a vendor that this runs in; null outside of any. */
  request(): RawRequest | null;
  /** Resolves after so many milliseconds; rejects when either signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
  /** Told why a text was given up: sentences without numbers or texts. */
  warn(sentence: string): void;
}

export interface Carrying {
  /** `Carrier.carry`. */
  carry(taken: TakenText): void;
  readonly held: HeldTexts;
  readonly byHand: ToldByHand;
}

/** For how long a text waits for the one that is to overtake it. */
const reorderMs = 10_000;

/** Carries texts to an inbox, as their faults say. */
export function createCarrying(parts: CarryingParts): Carrying {
  const { inbox, now, arrivals, tell, request, wait, signal, warn } = parts;
  const held = createHeldTexts(now);
  const byHand = createToldByHand({ inbox, tell, wait: (ms) => wait(ms, signal) });
  /** The numbers to which a text waits to be overtaken. */
  const overtaking = new Set<string>();

  function end(taken: TakenText, { outcome, code }: LetGo): void {
    const { fault, failure = null } = taken;
    const failed = outcome === 'fail' || failure !== null || fault?.kind === 'undelivered';
    const told = {
      status: failed ? 'failed' : 'delivered',
      code: code ?? (fault?.kind === 'undelivered' ? fault.code : undefined) ?? failure ?? undefined,
      message: null,
      isAnother: false,
    } as const;
    const times = failed ? 0 : fault?.kind === 'duplicate' ? 2 : 1;
    const [message = null] = Array.from({ length: times }, () => deliver(taken));
    const ending: End = { ...told, message };
    taken.became?.(ending);
    const receipts = taken.receipts(ending);
    if (typeof receipts !== 'string') for (const plan of receipts) tell({ ...plan, fault });
  }

  function deliver(taken: TakenText): InboxMessage {
    const message = inbox.add({ ...taken.text, request: request(), byHand: possibleByHand(taken) });
    byHand.remember(message.id, taken);
    return message;
  }

  /** Resolves when another text to the number has arrived, or none has for long. */
  async function untilOvertaken({ to }: NewMessage): Promise<void> {
    overtaking.add(to);
    const over = new AbortController();
    const stop = arrivals.listen((message) => {
      if (message.to === to) over.abort();
    });
    await wait(reorderMs, AbortSignal.any([over.signal, signal])).catch(() => undefined);
    stop();
    overtaking.delete(to);
  }

  return {
    held,
    byHand,
    carry(taken) {
      const { fault, text } = taken;
      // What is let go later still belongs to the call by which it came.
      const inCall = AsyncLocalStorage.snapshot();
      const go = (how: LetGo): void => inCall(() => end(taken, how));
      if (fault?.kind === 'dropped') return;
      if (fault?.kind === 'hold') held.hold(text, go);
      else if (fault?.kind === 'reorder' && !overtaking.has(text.to)) {
        void untilOvertaken(text)
          .then(() => {
            if (!signal.aborted) go({ outcome: 'deliver' });
          })
          // Its call was answered long ago, so that nobody else hears of it.
          .catch(() => warn('A text was given up: the inbox could not take it when it was to arrive.'));
      } else go({ outcome: 'deliver' });
    },
  };
}

/** Whether someone at the inbox can have its sender told anything. */
function possibleByHand(taken: TakenText): readonly ByHand[] {
  const delivered = { status: 'delivered', code: undefined, message: null, isAnother: true } as const;
  const possible: Readonly<Record<ByHand, unknown>> = { receipt: taken.receipts(delivered), reply: taken.reply('') };
  return (['receipt', 'reply'] as const).filter((one) => typeof possible[one] !== 'string');
}
