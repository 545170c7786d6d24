import type { Provider } from '../providers/provider.ts';
import type { Inbox } from './messages.ts';

/** Makes the provider that delivers to an inbox instead of phones. `from` is what the phone shows as the sender. */
export function inboxProvider({ inbox, from = 'phoneproof' }: { inbox: Inbox; from?: string }): Provider {
  return {
    name: 'inbox',
    channels: ['sms'],
    async send({ to, text }) {
      const { id } = inbox.add({ to, from, body: text, provider: 'inbox' });
      return { messageId: id };
    },
  };
}
