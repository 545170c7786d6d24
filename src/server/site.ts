import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { HttpHandler } from '../http/app.ts';
import { createInboxApp, type InboxAppOptions } from '../inbox/app.ts';
import { createCarrier } from '../inbox/emulators/carrier.ts';
import { vendorEmulators } from '../inbox/emulators/index.ts';
import { programsOnly } from '../inbox/emulators/programs-only.ts';
import { localOnly } from '../inbox/local-only.ts';
import type { Inbox } from '../inbox/messages.ts';
import { servePage } from '../inbox/page.ts';
import type { Metrics } from './metrics.ts';

export interface SiteOptions {
  handler: Pick<HttpHandler, 'fetch'>;
  inbox: Inbox | null;
  /** For development: the demo page and the metrics too, and all of it for this machine alone, since nobody is asked for a key. */
  development: { metrics: Metrics } | null;
  /** Ends event streams, waits and what emulators do in the background when it is aborted. */
  ending: AbortSignal;
  /** Told what emulators give up: sentences that hold no number, text or address. */
  warn?: (sentence: string) => void;
}

/** Everything that a service answers on its port. */
export function createSite({ handler, inbox, development, ending, warn }: SiteOptions): Pick<HttpHandler, 'fetch'> {
  if (!inbox && !development) return handler;
  const site = new Hono();
  // To whoever listens, with what answers the API.
  site.onError((error) => {
    throw error;
  });
  // Before what guards the rest: the inbox and the emulators have guards of their own.
  if (inbox) site.route('/', inboxAndEmulators(inbox, ending, warn));
  if (development) {
    const guard = localOnly();
    // As vendors send them: forms as well as JSON.
    const receiptGuard = programsOnly();
    site.use((c, next) => (c.req.path.startsWith('/v1/receipts/') ? receiptGuard : guard)(c, next));
    site.use('/', async (c, next) => {
      await next();
      if (!c.res.headers.has('x-request-id')) c.header('x-request-id', randomUUID());
    });
    site.get('/', secureHeaders({ strictTransportSecurity: false, xFrameOptions: 'DENY' }), servePage('demo'));
    site.get('/metrics', () => development.metrics.exposition());
  }
  site.all('*', (c) => handler.fetch(c.req.raw, c.env));
  return { fetch: async (request, env) => site.fetch(request, env ?? {}) };
}

/** The inbox alone, with the emulators that deliver to it. */
export function createInboxSite({
  inbox,
  ending,
  warn,
  ...asked
}: Pick<SiteOptions, 'ending' | 'warn'> & Pick<InboxAppOptions, 'access' | 'addresses'> & { inbox: Inbox }): Pick<
  HttpHandler,
  'fetch'
> {
  const site = inboxAndEmulators(inbox, ending, warn, asked);
  site.onError((error) => {
    throw error;
  });
  return { fetch: async (request, env) => site.fetch(request, env ?? {}) };
}

function inboxAndEmulators(
  inbox: Inbox,
  ending: AbortSignal,
  warn: SiteOptions['warn'],
  asked: Pick<InboxAppOptions, 'access' | 'addresses'> = {},
): Hono {
  const carrier = createCarrier({ inbox, signal: ending, ...(warn && { warn }) });
  return createInboxApp({ ...asked, inbox, carrier, emulators: vendorEmulators(), signal: ending });
}
