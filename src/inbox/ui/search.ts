import type { InboxMessage } from './api.ts';

/** Whether a message's number or text contains the words. Numbers are found however they are written. */
export function matches({ to, from, body }: InboxMessage, words: string): boolean {
  const sought = words.toLocaleLowerCase();
  const digits = words.replace(/[\s().-]/g, '');
  return (
    body.toLocaleLowerCase().includes(sought) ||
    from.toLocaleLowerCase().includes(sought) ||
    (/^\+?\d+$/.test(digits) && to.includes(digits))
  );
}
