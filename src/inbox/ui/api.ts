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
}

// Relative to the page, so that the inbox may be mounted below any path.
const messagesPath = 'inbox/api/messages';
const eventsPath = 'inbox/api/events';

/** As many as an inbox keeps and lists. */
export const mostMessages = 1_000;

/** What the inbox holds, newest first. Rejects when it does not answer. */
export async function listMessages(): Promise<InboxMessage[]> {
  const response = await fetch(`${messagesPath}?limit=${mostMessages}`, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`The inbox answered ${response.status}.`);
  const { data } = (await response.json()) as { data: InboxMessage[] };
  return data;
}

/** Whether there is an inbox on this port. Rejects when nothing answers. */
export async function hasInbox(): Promise<boolean> {
  const response = await fetch(`${messagesPath}?limit=1`);
  return response.status !== 404;
}

/** Whether the API and its demo are on this port: `phoneproof inbox` serves an inbox alone. Rejects when nothing answers. */
export async function hasService(): Promise<boolean> {
  const response = await fetch('livez');
  return response.ok;
}

/** Clears one number's messages, or all. Rejects when that did not work. */
export async function deleteMessages(to?: string): Promise<void> {
  const query = to === undefined ? '' : `?${new URLSearchParams({ to })}`;
  const response = await fetch(`${messagesPath}${query}`, { method: 'DELETE' });
  if (!response.ok) throw new Error(`The inbox answered ${response.status}.`);
}

export interface EventHandlers {
  /** The stream is there: what arrives from now on is told. Called again after each reconnection. */
  onOpen(): void;
  onMessage(message: InboxMessage): void;
  /** Messages were cleared, of one number or (null) of all. */
  onCleared(to: string | null): void;
  /** The stream broke. The browser is opening it again, from the last event on. */
  onLost(): void;
  /** The stream was refused or broke for good: it is not opened again. */
  onClosed(): void;
}

/** Follows the inbox's server-sent events. */
export function followEvents(handlers: EventHandlers): void {
  const source = new EventSource(eventsPath);
  source.onopen = () => handlers.onOpen();
  source.addEventListener('message', ({ data }: MessageEvent<string>) =>
    handlers.onMessage(JSON.parse(data) as InboxMessage),
  );
  source.addEventListener('cleared', ({ data }: MessageEvent<string>) => {
    handlers.onCleared((JSON.parse(data) as { to: string | null }).to);
  });
  source.onerror = () => {
    // After a broken connection the browser connects anew, with Last-Event-ID; after an HTTP error it gives up.
    if (source.readyState === EventSource.CLOSED) handlers.onClosed();
    else handlers.onLost();
  };
}
