import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { servePage } from '../../src/inbox/page.ts';
import { launchBrowser } from '../chromium.ts';

const html = `<!doctype html>
<style>
  p { color: rgb(1, 2, 3) }
</style>
<p>Hello</p>
<script type="module">
  const seen = [];
  window.seen = seen;
  const events = new EventSource('/inbox/api/events');
  events.onopen = () => seen.push('open');
  for (const type of ['message', 'cleared']) events.addEventListener(type, ({ lastEventId }) => seen.push(lastEventId));
</script>
`;

const inbox = createInbox();
const text = () =>
  inbox.add({ to: '+12025550143', from: 'Example', body: '493817 is your code.', provider: 'inbox' }).id;
let folder: string;
let server: Server;
let port: number;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoneproof-'));
  // As an editor on Windows would write it: the browser hashes other line ends than are in the file.
  await writeFile(join(folder, 'page.html'), html.replaceAll('\n', '\r\n'));
  const app = createInboxApp({ inbox, page: servePage('page', { folder: pathToFileURL(`${folder}/`) }) });
  const listener = getRequestListener(app.fetch);
  server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  ({ port } = server.address() as AddressInfo);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

const seen = (page: Page) => page.evaluate<string[]>('window.seen');
async function expectSeen(page: Page, events: readonly string[]): Promise<void> {
  await expect.poll(() => seen(page), { timeout: 10_000 }).toEqual(events);
}

test('the policy lets the scripts and styles of the page run, and none that get into it', async () => {
  const page = await browser.newPage();
  const refused: string[] = [];
  page.on('console', (message) => refused.push(message.text()));
  await page.goto(`http://127.0.0.1:${port}/inbox`);
  await expectSeen(page, ['open']);
  expect(await page.evaluate('getComputedStyle(document.querySelector("p")).color')).toBe('rgb(1, 2, 3)');
  expect(refused).toEqual([]);

  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.taken = true">')`,
  );
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('script'), { text: 'window.taken = true' }))`,
  );
  await expect.poll(() => refused.filter((line) => line.includes('Content Security Policy')).length).toBe(2);
  expect(await page.evaluate('window.taken')).toBeUndefined();
  await page.close();
});

test('a browser whose connection breaks misses no text and hears none twice', async () => {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/inbox`);
  await expectSeen(page, ['open']);
  const first = text();
  await expectSeen(page, ['open', first]);
  server.closeAllConnections();
  const [second, third] = [text(), text()];
  await expectSeen(page, ['open', first, 'open', second, third]);
  await page.close();
});

test('a website can neither read the inbox nor clear it, not even by DNS rebinding', async () => {
  text();
  const rebound = await launchBrowser(['--host-resolver-rules=MAP website.example 127.0.0.1']);
  try {
    const page = await rebound.newPage();
    const there = await page.goto(`http://website.example:${port}/inbox`);
    expect(there?.status()).toBe(403);
    const read = `fetch('/inbox/api/messages').then((response) => response.status)`;
    expect(await page.evaluate(read)).toBe(403);

    const clear = (
      mode: string,
    ) => `fetch('http://127.0.0.1:${port}/inbox/api/messages', { method: 'DELETE', mode: '${mode}' }).then(
      (response) => response.type, (error) => error.name)`;
    expect(await page.evaluate(clear('cors'))).toBe('TypeError');
    expect(inbox.list()).not.toEqual([]);
  } finally {
    await rebound.close();
  }
});
