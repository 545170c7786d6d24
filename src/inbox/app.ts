import { randomUUID } from 'node:crypto';
import { Hono, type Handler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { trimTrailingSlash } from 'hono/trailing-slash';
import { passwordOnly, thisMachineOnly } from './access.ts';
import { actByHand } from './emulators/by-hand-api.ts';
import { createCarrier, type ScriptedCarrier } from './emulators/carrier.ts';
import type { Emulator } from './emulators/emulator.ts';
import { scriptFaults } from './emulators/faults-api.ts';
import { mountEmulators } from './emulators/index.ts';
import { eventStream } from './event-stream.ts';
import { tellInfo } from './info-api.ts';
import { takeTexts } from './intake.ts';
import { localOnly } from './local-only.ts';
import type { Inbox } from './messages.ts';
import { lendNumbers } from './numbers-api.ts';
import { servePage } from './page.ts';
import { problemResponse } from './problem.ts';
import { queries, withQuery } from './query.ts';
import { wireMessage, wireMessageWithRequest } from './wire.ts';

export interface InboxAppOptions {
  inbox: Inbox;
  /** Stand in for vendors, each below `/{vendor}`, and deliver to the inbox; none when unset. `vendorEmulators()` makes all. */
  emulators?: readonly Emulator[];
  /** What is behind the emulators; one that delivers to the inbox when unset. */
  carrier?: ScriptedCarrier;
  /** Answers `GET /inbox`; the built page when unset. */
  page?: Handler;
  /** Host names, without a port, by which the inbox may be called besides `localhost` and loopback addresses. */
  allowedHosts?: readonly string[];
  /** Asks who calls for a password, by whatever host; unset: answers this machine only. */
  access?: InboxAccess;
  /** Where a phone in the same network reaches the page: for its QR code. */
  addresses?: () => readonly string[];
  /** Ends what is still open (event streams, waits) when the server is about to end. */
  signal?: AbortSignal;
}

export interface InboxAccess {
  password: string;
  /** The vendors' calls bring no password: answers those of this machine alone, or of anyone. */
  emulators: 'this-machine' | 'anyone';
}

/**
 * Serves an inbox below `/inbox`: the live page, and the API for tests (`messages`, `wait`, `events`, `numbers`, `faults`, `held`, `info`); beside it the emulators. It shows codes,
 * so it answers programs and pages of this machine only (`localOnly`), or whoever gives the password (`passwordOnly`). Not for production.
 */
export function createInboxApp({
  inbox,
  emulators = [],
  carrier: given,
  page = servePage('inbox'),
  allowedHosts = [],
  access,
  addresses = () => [],
  signal,
}: InboxAppOptions): Hono {
  const site = new Hono();
  const carrier = given ?? createCarrier({ inbox, ...(signal && { signal }) });
  const vendors = emulators.map(({ vendor }) => vendor);
  const openEmulators = access?.emulators === 'anyone';
  if (access && !openEmulators) {
    const guard = thisMachineOnly(
      'The emulators answer programs of this machine only. Set PHONEPROOF_INBOX_EMULATORS=anyone to open them.',
    );
    for (const { vendor, rootPaths = [] } of emulators) site.on('ALL', [`/${vendor}/*`, ...rootPaths], guard);
  }
  mountEmulators(site, { emulators, carrier, allowedHosts: openEmulators ? ['*'] : allowedHosts });

  const app = site.basePath('/inbox');
  app.use(access ? passwordOnly({ password: access.password }) : localOnly({ allowedHosts }));
  app.use(trimTrailingSlash());
  app.use(secureHeaders({ strictTransportSecurity: false, xFrameOptions: 'DENY' }));
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('x-request-id')) c.header('x-request-id', randomUUID());
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });

  app.get('/', page);

  app.get('/api/messages', (c) =>
    withQuery(c, queries.list, (query) =>
      c.json({ data: inbox.list(query).map(wireMessage), cursor: inbox.cursor(), total: inbox.count(query) }),
    ),
  );

  app.get('/api/messages/:id', (c) =>
    withQuery(c, queries.none, () => {
      const message = inbox.find(c.req.param('id'));
      if (message) return c.json(wireMessageWithRequest(message));
      return problemResponse(c, { code: 'message_not_found', detail: 'The inbox holds no such message (any more).' });
    }),
  );

  takeTexts(app, inbox);
  lendNumbers(app, inbox.numbers);
  actByHand(app, carrier);
  tellInfo(app, inbox, { access: access ? 'password' : 'local', addresses, vendors });
  if (emulators.length > 0) scriptFaults(app, carrier.faults, vendors);

  app.delete('/api/messages', (c) =>
    withQuery(c, queries.clear, (query) => {
      inbox.clear(query);
      return c.body(null, 204);
    }),
  );

  app.get('/api/wait', (c) =>
    withQuery(c, queries.wait, async ({ to, after, timeout }) => {
      const ends = AbortSignal.any(signal ? [c.req.raw.signal, signal] : [c.req.raw.signal]);
      try {
        const message = await inbox.wait({ to, after, timeoutMs: timeout * 1_000, signal: ends });
        if (message) return c.json(wireMessage(message));
      } catch (error) {
        if (!ends.aborted) throw error;
        return problemResponse(c, { code: 'not_ready', detail: 'The inbox is about to end.' });
      }
      const others = inbox.count();
      return problemResponse(c, {
        code: 'no_message',
        detail:
          `No such text arrived within ${timeout} s; the inbox holds ${others} that are for another number or not after the cursor. ` +
          'Check that the app sends through this inbox and to this number, or give it more time (timeout is at most 60).',
      });
    }),
  );

  app.get('/api/events', (c) =>
    withQuery(c, queries.events, (query) => {
      // Hono answers HEAD by GET and drops the body without ending it: a stream would go on for ever.
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
      const after = c.req.header('last-event-id') ?? query.after;
      return eventStream(c, (ends) => inbox.events({ after, signal: ends }), signal);
    }),
  );

  return site;
}
