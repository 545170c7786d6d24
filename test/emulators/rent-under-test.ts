import { get as httpGet } from 'node:http';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createCarrier, type ScriptedCarrier } from '../../src/inbox/emulators/carrier.ts';
import type { Emulator } from '../../src/inbox/emulators/emulator.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { listen } from '../../src/server/http-server.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';

/** What a vendor answered. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly text: string;
}

/** An inbox with one emulator that rents its numbers, on a port of its own and a clock that stands still. */
export interface RentUnderTest {
  readonly url: string;
  readonly inbox: Inbox;
  readonly carrier: ScriptedCarrier;
  readonly clock: VirtualClock;
  /** What the faults of the kind `delay` waited for. */
  readonly waits: readonly number[];
  /** Calls it with a path below its own, or, when that begins with `http`, anything. */
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Follows a link on a page of this kind of site (`Sec-Fetch-Site`), as a browser does, and gives the status. */
  follow(path: string, from: 'none' | 'cross-site' | 'same-site' | 'same-origin'): Promise<number>;
  /** Has a text arrive on a number, written with a plus or without. */
  receive(number: string, body?: string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export const text = '493817 is your Example code.';

export async function renting(emulator: Emulator): Promise<RentUnderTest> {
  const clock = virtualClock();
  const inbox = createInbox({ clock: clock.now });
  const ending = new AbortController();
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  const carrier = createCarrier({ inbox, clock: clock.now, signal: ending.signal, wait });
  const app = createInboxApp({
    inbox,
    carrier,
    emulators: [emulator],
    page: (c) => c.text('the page'),
    signal: ending.signal,
  });
  const server = await listen({
    fetch: (request, env) => app.fetch(request, env),
    host: '127.0.0.1',
    port: 0,
    howToMove: 'another port',
    onError: (error) => {
      throw error;
    },
  });
  return {
    url: server.url,
    inbox,
    carrier,
    clock,
    waits,
    async get(path, headers = {}) {
      const url = path.startsWith('http') ? path : `${server.url}/${emulator.vendor}${path}`;
      const response = await fetch(url, { headers });
      const type = response.headers.get('content-type');
      return { status: response.status, type, headers: response.headers, text: await response.text() };
    },
    follow: (path, from) =>
      new Promise((resolve, reject) => {
        // fetch() has its own mind about these headers.
        const headers = { 'sec-fetch-site': from, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
        httpGet(`${server.url}${path}`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        }).on('error', reject);
      }),
    receive(number, body = text) {
      inbox.add({ to: number.replace(/^(?!\+)/, '+'), from: 'Example', body, provider: 'inbox' });
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.close({ graceMs: 0 });
    },
  };
}
