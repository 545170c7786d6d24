import type { InboxMessage } from './inbox-message.ts';

/** A message as it is told over HTTP. */
export function wireMessage({ receivedAt, byHand, request: _request, ...message }: InboxMessage) {
  return { ...message, received_at: receivedAt.toISOString(), by_hand: byHand };
}

/** The same, with the request by which it came. */
export function wireMessageWithRequest(message: InboxMessage) {
  return { ...wireMessage(message), request: message.request };
}
