import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { toNodeListener } from '../../src/http/node-listener.ts';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createCarrier, type ScriptedCarrier } from '../../src/inbox/emulators/carrier.ts';
import { vendorEmulators } from '../../src/inbox/emulators/index.ts';
import { createInbox, type Inbox, type InboxOptions } from '../../src/inbox/messages.ts';
import { launchBrowser } from '../chromium.ts';

export interface ServedInbox {
  /** Ends without a slash. */
  url: string;
  inbox: Inbox;
  carrier: ScriptedCarrier;
  close(): Promise<void>;
}

/** Serves an inbox with its emulators on a port of its own. */
export async function serveInbox({
  addresses = [],
  ...options
}: InboxOptions & { addresses?: readonly string[] } = {}): Promise<ServedInbox> {
  const inbox = createInbox(options);
  const ending = new AbortController();
  const carrier = createCarrier({ inbox, signal: ending.signal });
  const app = createInboxApp({
    inbox,
    carrier,
    emulators: vendorEmulators(),
    addresses: () => addresses,
    signal: ending.signal,
  });
  const answer = toNodeListener({ fetch: async (request, env) => app.fetch(request, env ?? {}) });
  const { url, close } = await listen(createServer((request, response) => void answer(request, response)));
  return {
    url,
    inbox,
    carrier,
    async close() {
      ending.abort();
      await close();
    },
  };
}

/** What an app was told, as forms, by the emulator of its vendor. */
export interface ToldApp {
  /** To which the app has itself told: `{url}/receipts`. */
  url: string;
  told: { path: string; form: Record<string, string> }[];
  close(): Promise<void>;
}

/** Stands in for the app that sends texts and is told of receipts and replies. */
export async function serveApp(): Promise<ToldApp> {
  const told: ToldApp['told'] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      told.push({ path: request.url ?? '', form: Object.fromEntries(new URLSearchParams(body)) });
      response.writeHead(204).end();
    });
  });
  return { ...(await listen(server)), told };
}

/** One browser, with pages that are closed together. */
export interface Pages {
  /** Opens an inbox and waits until it shows what there is. */
  open(url: string, options?: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> }): Promise<Page>;
  closeAll(): Promise<void>;
  /** Closes the browser. */
  end(): Promise<void>;
}

export async function launchPages(): Promise<Pages> {
  const browser = await launchBrowser();
  const contexts: BrowserContext[] = [];
  return {
    async open(url, { prepare, ...options } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        reducedMotion: 'reduce',
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      await prepare?.(page);
      await page.goto(url);
      await page.getByText('Live', { exact: true }).waitFor();
      return page;
    },
    async closeAll() {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    },
    end: () => browser.close(),
  };
}

async function listen(server: Server): Promise<{ url: string; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}
