import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { HttpHandler } from '../http/app.ts';
import { createInboxApp } from '../inbox/app.ts';
import { localOnly } from '../inbox/local-only.ts';
import type { Inbox } from '../inbox/messages.ts';
import { servePage } from '../inbox/page.ts';
import type { Metrics } from './metrics.ts';

export interface SiteOptions {
  handler: HttpHandler;
  inbox: Inbox | null;
  /** For development: the demo page and the metrics too, and all of it for this machine alone, since nobody is asked for a key. */
  development: { metrics: Metrics } | null;
  /** Ends event streams and waits when it is aborted. */
  ending: AbortSignal;
}

/** Everything that a service answers on its port. */
export function createSite({ handler, inbox, development, ending }: SiteOptions): Pick<HttpHandler, 'fetch'> {
  if (!inbox && !development) return handler;
  const site = new Hono();
  // To whoever listens, with what answers the API.
  site.onError((error) => {
    throw error;
  });
  if (development) {
    site.use(localOnly());
    site.use('/', async (c, next) => {
      await next();
      if (!c.res.headers.has('x-request-id')) c.header('x-request-id', randomUUID());
    });
    site.get('/', secureHeaders({ strictTransportSecurity: false, xFrameOptions: 'DENY' }), servePage('demo'));
    site.get('/metrics', () => development.metrics.exposition());
  }
  if (inbox) site.route('/', createInboxApp({ inbox, signal: ending }));
  site.all('*', (c) => handler.fetch(c.req.raw, c.env));
  return { fetch: async (request, env) => site.fetch(request, env ?? {}) };
}

/** The inbox alone. */
export function createInboxSite({ inbox, ending }: { inbox: Inbox; ending: AbortSignal }): Pick<HttpHandler, 'fetch'> {
  const site = createInboxApp({ inbox, signal: ending });
  site.onError((error) => {
    throw error;
  });
  return { fetch: async (request) => site.fetch(request) };
}
