import { expect, test } from 'vitest';
import { createInbox } from '../../../src/inbox/messages.ts';
import { inboxProvider } from '../../../src/inbox/provider.ts';
import type { Message } from '../../../src/providers/provider.ts';

const text = '493817 is your Example code. Never share it.';
const message: Message = {
  to: '+12025550143',
  country: 'US',
  text,
  code: '493817',
  channel: 'sms',
  locale: 'en',
  lifetimeSeconds: 300,
  reference: 'reference-1',
  receiptUrl: () => null,
  earlier: [],
};
const { signal } = new AbortController();

test('a sent text is in the inbox before the send resolves, under the id it resolves with', async () => {
  const inbox = createInbox();
  const sending = inboxProvider({ inbox }).send(message, { signal });
  expect(inbox.list()).toMatchObject([{ to: '+12025550143', body: text, code: '493817', provider: 'inbox' }]);
  expect((await sending).messageId).toBe(inbox.list()[0]?.id);
});

test('the phone shows the sender that was chosen', async () => {
  const inbox = createInbox();
  await inboxProvider({ inbox, from: 'Example' }).send(message, { signal });
  expect(inbox.list()).toMatchObject([{ from: 'Example' }]);
});
