import { ask } from './ask.ts';

/** A text as the inbox tells of it. */
export interface InboxMessage {
  /** Also a cursor: unique, in order of arrival. */
  id: string;
  /** E.164. */
  to: string;
  from: string;
  body: string;
  /** As found in the body. */
  code: string | null;
  provider: string;
  status: string;
  /** RFC 3339. */
  received_at: string;
  segments: number;
  encoding: string;
  /** The test run that had the number. */
  run: string | null;
  /** What its sender can be told about it by hand. */
  by_hand: readonly ('receipt' | 'reply')[];
}

/** The request by which a text came, its credentials masked. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What the inbox holds, newest first, `most` at most. Rejects when it does not answer. */
export async function listMessages(most: number): Promise<InboxMessage[]> {
  const { data } = await ask<{ data: InboxMessage[] }>('GET', `messages?limit=${most}`);
  return data;
}

/** The request by which a text came; null where it came by none. */
export async function rawRequest(id: string): Promise<RawRequest | null> {
  const { request } = await ask<{ request: RawRequest | null }>('GET', `messages/${encodeURIComponent(id)}`);
  return request;
}

/** Whether there is an inbox on this port. Rejects when nothing answers. */
export async function hasInbox(): Promise<boolean> {
  const response = await fetch('inbox/api/messages?limit=1');
  return response.status !== 404;
}

/** Whether the API and its demo are on this port: `phoneproof inbox` serves an inbox alone. Rejects when nothing answers. */
export async function hasService(): Promise<boolean> {
  const response = await fetch('livez');
  return response.ok;
}

/** Clears one number's messages, those that a search finds, or all. Rejects when that did not work. */
export async function deleteMessages(which: { to?: string; query?: string }): Promise<void> {
  const query = new URLSearchParams(which).toString();
  await ask('DELETE', query === '' ? 'messages' : `messages?${query}`);
}

export interface EventHandlers {
  /** The stream is there: what arrives from now on is told. Called again after each reconnection. */
  onOpen(): void;
  /** A text that came, or one that is there already and has changed. */
  onMessage(message: InboxMessage): void;
  /** Messages were cleared, of one number or (null) all but those that are told from now on. */
  onCleared(to: string | null): void;
  /** The oldest are gone, up to and with the one of this id. */
  onForgotten(through: string): void;
  /** The stream broke. The browser is opening it again, from the last event on. */
  onLost(): void;
  /** The stream was refused or broke for good: it is not opened again. */
  onClosed(): void;
}

/** Follows the inbox's server-sent events. */
export function followEvents(handlers: EventHandlers): void {
  const source = new EventSource('inbox/api/events');
  source.onopen = () => handlers.onOpen();
  source.addEventListener('message', ({ data }: MessageEvent<string>) =>
    handlers.onMessage(JSON.parse(data) as InboxMessage),
  );
  source.addEventListener('cleared', ({ data }: MessageEvent<string>) => {
    handlers.onCleared((JSON.parse(data) as { to: string | null }).to);
  });
  source.addEventListener('forgotten', ({ data }: MessageEvent<string>) => {
    handlers.onForgotten((JSON.parse(data) as { through: string }).through);
  });
  source.onerror = () => {
    // After a broken connection the browser connects anew, with Last-Event-ID; after an HTTP error it gives up.
    if (source.readyState === EventSource.CLOSED) handlers.onClosed();
    else handlers.onLost();
  };
}
