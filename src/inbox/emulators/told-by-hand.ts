import type { Inbox } from '../messages.ts';
import type { Carrier, End, Receipts, TakenText } from './emulator.ts';

/** What someone at the inbox says became of a message. */
export interface ReceiptByHand extends Pick<End, 'status'> {
  /** The vendor's own, of a failure. */
  readonly code?: string | undefined;
  /** How much later its sender is told. */
  readonly delayMs?: number | undefined;
}

/** Has the senders of messages told what someone at the inbox wants them to be told. */
export interface ToldByHand {
  /** Null: it is on its way; else a sentence that says why nobody can be told. The status of the message changes when its sender is told. */
  receipt(messageId: string, receipt: ReceiptByHand): string | null;
  /** The person's reply. Null: it is on its way; else a sentence that says why nobody can be told. */
  reply(messageId: string, body: string): string | null;
}

export interface ToldByHandParts {
  inbox: Pick<Inbox, 'find' | 'setStatus'>;
  tell: Carrier['tell'];
  /** Resolves after so many milliseconds; rejects when all ends. */
  wait(ms: number): Promise<void>;
}

const maxMessages = 5_000;
const maxWaiting = 1_000;
const unknown =
  'Nobody knows who sent it: it came by no vendor that is emulated, before the inbox was started, or before the last 5,000 texts.';

/** Remembers who sent the latest messages. */
export function createToldByHand({ inbox, tell, wait }: ToldByHandParts): ToldByHand & {
  remember(messageId: string, taken: TakenText): void;
} {
  /** The oldest first. */
  const senders = new Map<string, TakenText>();
  let waiting = 0;

  function tellAll(plans: readonly Receipts[]): void {
    for (const plan of plans) tell({ ...plan, fault: null });
  }

  async function tellLater(messageId: string, taken: TakenText, receipt: ReceiptByHand): Promise<void> {
    const { status, code, delayMs = 0 } = receipt;
    if (delayMs > 0) await wait(delayMs);
    const end = { status, code, message: inbox.find(messageId) ?? null, isAnother: true };
    const receipts = taken.receipts(end);
    if (typeof receipts === 'string') return;
    taken.became?.(end);
    inbox.setStatus(messageId, status);
    tellAll(receipts);
  }

  return {
    remember(messageId, taken) {
      senders.set(messageId, taken);
      const [oldest] = senders.keys();
      if (senders.size > maxMessages && oldest !== undefined) senders.delete(oldest);
    },
    receipt(messageId, receipt) {
      const taken = senders.get(messageId);
      if (!taken) return unknown;
      const receipts = taken.receipts({ status: receipt.status, code: receipt.code, message: null, isAnother: true });
      if (typeof receipts === 'string') return receipts;
      if (waiting >= maxWaiting) return `${maxWaiting} receipts wait to be told already.`;
      waiting += 1;
      void tellLater(messageId, taken, receipt)
        // All ends.
        .catch(() => undefined)
        .finally(() => {
          waiting -= 1;
        });
      return null;
    },
    reply(messageId, body) {
      const replies = senders.get(messageId)?.reply(body) ?? unknown;
      if (typeof replies === 'string') return replies;
      tellAll(replies);
      return null;
    },
  };
}
