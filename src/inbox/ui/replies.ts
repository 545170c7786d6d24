import { signal } from '@preact/signals';
import type { InboxMessage } from './api.ts';
import { ask } from './ask.ts';

/** What was written back on a phone. The inbox passes it on and keeps nothing of it: it is there as long as the page. */
export interface Reply {
  /** Under which text it stands. */
  under: string;
  body: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** The oldest first. */
export const replies = signal<readonly Reply[]>([]);

/** Writes back as the person with the phone: the sender of the text is told. Rejects with why not. */
export async function reply({ id }: InboxMessage, body: string, under: string): Promise<void> {
  await ask('POST', `messages/${encodeURIComponent(id)}/reply`, { body });
  replies.value = [...replies.value, { under, body, at: Date.now() }];
}
