import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeListener } from '../../src/http/node-listener.ts';
import { createHttpHandler } from '../../src/http/app.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { inboxProvider } from '../../src/inbox/provider.ts';
import type { Policy } from '../../src/policy.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { createInboxSite, createSite } from '../../src/server/site.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { createVerifier } from '../../src/verifier.ts';

/** What `phoneproof dev` serves, on a port of its own. */
export interface Site {
  /** Ends without a slash. */
  url: string;
  inbox: Inbox;
  /** Breaks every connection, as a network that drops does. */
  dropConnections(): void;
  close(): Promise<void>;
}

export interface SiteOptions {
  policy?: Partial<Policy>;
  /** `inbox`: as `phoneproof inbox` serves it, alone. `service`: as `phoneproof dev` is with a provider that is not the inbox. */
  only?: 'inbox' | 'service' | undefined;
}

/** Serves the API, the inbox and the demo as `phoneproof dev` puts them together. */
export async function startSite({ policy = {}, only }: SiteOptions = {}): Promise<Site> {
  const inbox = createInbox();
  const verifier = createVerifier({
    secret: randomBytes(32),
    store: memoryStore(),
    provider: inboxProvider({ inbox }),
    policy,
  });
  const ending = new AbortController();
  const site =
    only === 'inbox'
      ? createInboxSite({ inbox, ending: ending.signal })
      : createSite({
          handler: createHttpHandler({ verifier, authenticate: 'none' }),
          inbox: only === 'service' ? null : inbox,
          development: { metrics: createMetrics() },
          ending: ending.signal,
        });
  const answer = toNodeListener(site);
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inbox,
    dropConnections: () => server.closeAllConnections(),
    async close() {
      ending.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await verifier.idle();
    },
  };
}
