import type { Hono } from 'hono';
import { packageVersion } from '../package-version.ts';
import type { Inbox } from './messages.ts';
import { queries, withQuery } from './query.ts';

export interface InboxInfoOptions {
  access: 'local' | 'password';
  /** Where a phone in the same network reaches the page. */
  addresses: () => readonly string[];
  vendors: readonly string[];
}

/** `GET api/info`: what the page has to know of the inbox. */
export function tellInfo(app: Hono, inbox: Inbox, { access, addresses, vendors }: InboxInfoOptions): void {
  const version = packageVersion();
  const { maxMessages, keepHours, history, prices } = inbox.settings;
  app.get('/api/info', (c) =>
    withQuery(c, queries.none, () =>
      c.json({
        version,
        max_messages: maxMessages,
        keep_hours: keepHours,
        history,
        access,
        addresses: addresses(),
        vendors,
        prices: prices && { currency: prices.currency, per_segment: prices.perSegment },
      }),
    ),
  );
}
