import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createCarrier, type CarrierOptions, type ScriptedCarrier } from '../../src/inbox/emulators/carrier.ts';
import { breakOff, type Emulator, type Receipts } from '../../src/inbox/emulators/emulator.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { listen } from '../../src/server/http-server.ts';

/** An inbox with emulators that listens, as `phoneproof inbox` does. */
export interface ListeningInbox {
  readonly url: string;
  readonly inbox: Inbox;
  readonly carrier: ScriptedCarrier;
  /** What could not be answered. */
  readonly errors: readonly unknown[];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function listeningInbox(
  emulators: readonly Emulator[],
  options: Partial<CarrierOptions> = {},
): Promise<ListeningInbox> {
  const { inbox = createInbox() } = options;
  const ending = new AbortController();
  const carrier = createCarrier({ inbox, signal: ending.signal, ...options });
  const app = createInboxApp({ inbox, carrier, emulators, page: (c) => c.text('the page'), signal: ending.signal });
  const errors: unknown[] = [];
  app.onError((error) => {
    throw error;
  });
  const server = await listen({
    fetch: (request, env) => app.fetch(request, env),
    host: '127.0.0.1',
    port: 0,
    howToMove: 'another port',
    onError: (error) => errors.push(error),
  });
  return {
    url: server.url,
    inbox,
    carrier,
    errors,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.close({ graceMs: 0 });
    },
  };
}

export interface Callback {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes receipts, as an app does. */
export interface CallbackServer {
  readonly url: string;
  /** Those that came, the first first. */
  readonly came: readonly Callback[];
  /** Resolves when so many came in all. */
  count(howMany: number): Promise<readonly Callback[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What to answer to one request: a status, nothing, the connection broken, or a redirect. */
export type CallbackAnswer = number | 'nothing' | 'cut' | { readonly redirectTo: string };

/** Listens for receipts and answers them in turn, at last with 204. */
export async function callbackServer(answers: readonly CallbackAnswer[] = []): Promise<CallbackServer> {
  const came: Callback[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const answer = answers[came.length] ?? 204;
      came.push({ path: request.url ?? '', headers: request.headers, body });
      if (typeof answer === 'number') response.writeHead(answer).end();
      else if (answer === 'cut') request.socket.destroy();
      else if (answer !== 'nothing') response.writeHead(307, { location: answer.redirectTo }).end();
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    came,
    count: (howMany) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (came.length < howMany) return;
          waiting.delete(look);
          resolve(came);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What `probeEmulator` is told of a message. */
export interface Probe {
  readonly to?: string;
  readonly body?: string;
  readonly callback?: string;
  readonly retryAfterMs?: readonly number[];
}

/** The least that a vendor can be: `POST /probe/send` with a JSON of `Probe`. Receipts are posted to `{callback}/{status}`, the body counts the tries. */
export function probeEmulator(vendor = 'probe', beforeAnswer: () => Promise<void> = async () => undefined): Emulator {
  return {
    vendor,
    mount(app, carrier) {
      app.post('/send', async (c) => {
        const {
          to = '+12025550143',
          body = '493817 is your code.',
          callback,
          retryAfterMs = [],
        } = await c.req.json<Probe>();
        const fault = await carrier.faultFor(vendor, to);
        if (fault?.kind === 'cut_before') return breakOff(c);
        if (fault?.kind === 'refused') return c.json({ code: fault.code ?? null }, 400);
        let tries = 0;
        const post = (status: string): Request => {
          tries += 1;
          const url = callback?.startsWith('http') === true ? `${callback}/${status}` : (callback ?? '');
          return new Request(url, { method: 'POST', body: `try ${tries}` });
        };
        const told = (...statuses: string[]): readonly Receipts[] | string =>
          callback === undefined
            ? 'There is no callback.'
            : [{ statuses, make: post, retryAfterMs, accepts: (status) => status === 204 }];
        carrier.carry({
          text: { to, from: 'Probe', body, provider: vendor },
          fault,
          receipts({ status, code, isAnother }) {
            const last = code === undefined ? status : `${status}-${code}`;
            return isAnother ? told(last) : told('sent', last);
          },
          reply: (text) => told(`reply-${text}`),
        });
        await beforeAnswer();
        return c.json({}, 201);
      });
    },
  };
}

export function sendProbe({ url }: Pick<ListeningInbox, 'url'>, probe: Probe = {}): Promise<Response> {
  return fetch(`${url}/probe/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(probe),
  });
}
