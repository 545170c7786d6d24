import type { InboxMessage } from './messages.ts';

/** A message as it is told over HTTP. */
export function wireMessage({ receivedAt, ...message }: InboxMessage) {
  return { ...message, received_at: receivedAt.toISOString() };
}
