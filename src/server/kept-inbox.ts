import { createInbox, type Inbox } from '../inbox/messages.ts';
import type { Settings } from './config.ts';
import type { Log } from './log.ts';

type InboxSettings = Pick<Settings<'inbox'>, 'inboxHistory' | 'inboxKeepHours' | 'inboxMaxMessages' | 'inboxPrices'>;

/** Makes the inbox as its options say, and says in the log what its history held. Throws a `ConfigurationError` where the history cannot be used. */
export async function openInbox(
  settings: InboxSettings,
  log: Pick<Log, 'info'>,
): Promise<{ inbox: Inbox; close(): void }> {
  const { inboxHistory, inboxKeepHours, inboxMaxMessages, inboxPrices } = settings;
  const options = { maxMessages: inboxMaxMessages, keepHours: inboxKeepHours, prices: inboxPrices };
  if (inboxHistory === undefined) return { inbox: createInbox(options), close: () => undefined };
  // Node warns of its SQLite in some versions: whoever keeps no history need not read that.
  const { openHistory } = await import('../inbox/history.ts');
  const history = openHistory(inboxHistory);
  try {
    const inbox = createInbox({ ...options, history });
    log.info('the inbox goes on', { history: inboxHistory, texts: inbox.count() });
    return { inbox, close: () => history.close() };
  } catch (error) {
    history.close();
    throw error;
  }
}
