import { ReceiptError, type ProviderErrorKind } from '../../errors.ts';
import { readObject } from '../exchange.ts';
import type { Receipt } from '../provider.ts';

/** The key of `Context` under which a reference goes out, and comes back. */
export const referenceKey = 'phoneproof';

type Outcome = Pick<Receipt, 'status' | 'errorKind'>;

const failed = (errorKind: ProviderErrorKind): Outcome => ({ status: 'failed', errorKind });
const sent: Outcome = { status: 'sent', errorKind: null };
const delivered: Outcome = { status: 'delivered', errorKind: null };

/** What the events say when they are the last word. RCS events come where an origination identity sends by RCS first. Those that are missing (queued, pending) tell nothing new. */
const outcomes = new Map<string, Outcome>([
  ['TEXT_SENT', sent],
  // The carrier took it. Depending on the country, the last word is this one or `TEXT_DELIVERED`.
  ['TEXT_SUCCESSFUL', delivered],
  ['TEXT_DELIVERED', delivered],
  ['TEXT_INVALID', failed('invalid_number')],
  ['TEXT_INVALID_MESSAGE', failed('config')],
  ['TEXT_UNREACHABLE', failed('temporary')],
  ['TEXT_CARRIER_UNREACHABLE', failed('temporary')],
  ['TEXT_BLOCKED', failed('filtered')],
  ['TEXT_CARRIER_BLOCKED', failed('filtered')],
  ['TEXT_SPAM', failed('filtered')],
  ['TEXT_TTL_EXPIRED', failed('temporary')],
  ['TEXT_PROTECT_BLOCKED', failed('blocked_destination')],
  ['TEXT_UNKNOWN', failed('unknown')],
  ['RCS_SENT', sent],
  ['RCS_DELIVERED', delivered],
  ['RCS_READ', delivered],
  ['RCS_FAILED', failed('unknown')],
  ['RCS_TTL_EXPIRED', failed('temporary')],
  ['RCS_PROTECT_BLOCKED', failed('blocked_destination')],
]);

/** What an event of a configuration set tells. Throws a `ReceiptError` for what is no event; `name` is the provider's. */
export function readEvent(name: string, text: string): readonly Receipt[] {
  const event = readObject(text);
  if (!event) throw new ReceiptError(`${name}: what came over the topic is not an event of End User Messaging`);
  const { eventType, messageId, isFinal } = event;
  const outcome = typeof eventType === 'string' ? outcomes.get(eventType) : undefined;
  if (!outcome) return [];
  if (typeof messageId !== 'string' || messageId === '') throw new ReceiptError(`${name}: an event has no messageId`);
  const told = isFinal === false ? soFar(outcome, eventType) : outcome;
  return told ? [{ messageId, reference: referenceOf(event['context']), ...told }] : [];
}

/** What an event says that is not the last word. */
function soFar(outcome: Outcome, eventType: unknown): Outcome | null {
  // It is tried again.
  if (outcome.status === 'failed') return null;
  return eventType === 'TEXT_SUCCESSFUL' ? sent : outcome;
}

function referenceOf(context: unknown): string | null {
  if (typeof context !== 'object' || context === null || !Object.hasOwn(context, referenceKey)) return null;
  const reference: unknown = (context as Record<string, unknown>)[referenceKey];
  return typeof reference === 'string' ? reference : null;
}
