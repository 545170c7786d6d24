/**
 * The inbox: stands in for phones in development and tests. Texts are kept in memory, read by tests over HTTP or directly, and shown live on a page.
 *
 * @module phoneproof/inbox
 */
export { createInbox } from './messages.ts';
export type {
  AfterCursor,
  Inbox,
  InboxEvent,
  InboxMessage,
  MessageFilter,
  NewMessage,
  WaitOptions,
} from './messages.ts';
export { inboxProvider } from './provider.ts';
export { createInboxApp } from './app.ts';
export type { InboxAppOptions } from './app.ts';
