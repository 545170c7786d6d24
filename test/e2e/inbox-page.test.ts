import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser } from '../chromium.ts';
import { accessibilityFaults, overflow } from './accessibility.ts';
import { eventually } from './eventually.ts';
import { startSite, type Site, type SiteOptions } from './site.ts';

const to = '+12025550143';
const other = '+447911123456';

let browser: Browser;
let site: Site;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  site = await startSite();
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await site.close();
});

async function restartSite(options: SiteOptions) {
  await site.close();
  site = await startSite(options);
}

async function openInbox(
  options: BrowserContextOptions & { path?: string; prepare?: (page: Page) => Promise<unknown> } = {},
) {
  const { path = '/inbox', prepare, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...contextOptions });
  contexts.push(context);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(site.url + path);
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

function receive(number: string, body: string) {
  return site.inbox.add({ to: number, from: 'phoneproof', body, provider: 'inbox' });
}

function receiveCode(number: string, code: string) {
  return receive(number, `${code} is your phoneproof code. Never share it.\n\n@localhost #${code}`);
}

const copyButton = (page: Page, code: string) => page.getByRole('button', { name: `Copy code ${code}` });
const row = (page: Page, number: string) =>
  page.getByRole('navigation', { name: 'Numbers' }).getByRole('link', { name: number });

describe('arrivals', () => {
  test('a text appears without reloading, its code marked, and is announced', async () => {
    const page = await openInbox();
    receiveCode(to, '493817');
    await copyButton(page, '493817').waitFor();
    await row(page, to).waitFor();
    await page
      .getByRole('status')
      .filter({ hasText: `${to}, code 4 9 3 8 1 7` })
      .waitFor();
  });

  test('a text for another number neither takes the thread away nor goes unseen', async () => {
    receiveCode(to, '493817');
    const page = await openInbox();
    await copyButton(page, '493817').waitFor();
    receiveCode(other, '771204');
    await row(page, other).filter({ hasText: 'New' }).waitFor();
    expect(await copyButton(page, '493817').isVisible()).toBe(true);
    expect(await copyButton(page, '771204').count()).toBe(0);
    expect(await page.title()).toContain('(1)');

    await row(page, other).click();
    await copyButton(page, '771204').waitFor();
    await eventually(() => page.title()).not.toContain('(');
    expect(await row(page, other).filter({ hasText: 'New' }).count()).toBe(0);
  });

  test('reloading shows the same texts and the same thread', async () => {
    receiveCode(to, '111111');
    receiveCode(to, '222222');
    receiveCode(other, '333333');
    const page = await openInbox();
    await row(page, to).click();
    await copyButton(page, '222222').waitFor();
    const texts = () => page.getByRole('group', { name: 'Texts' }).getByRole('listitem').allInnerTexts();
    const before = await texts();
    expect(before).toHaveLength(2);
    await page.reload();
    await copyButton(page, '222222').waitFor();
    expect(await texts()).toEqual(before);
  });

  test('texts that arrive while the connection is broken are there when it is back', async () => {
    const page = await openInbox();
    receiveCode(to, '111111');
    await copyButton(page, '111111').waitFor();
    site.dropConnections();
    await page.getByText('Reconnecting').waitFor();
    receiveCode(to, '222222');
    await page.getByText('Live', { exact: true }).waitFor();
    await copyButton(page, '222222').waitFor();
    expect(await copyButton(page, '111111').count()).toBe(1);
    receiveCode(to, '333333');
    await copyButton(page, '333333').waitFor();
    expect(await copyButton(page, '222222').count()).toBe(1);
  });

  test('what is cleared while the connection is broken is gone when it is back', async () => {
    receiveCode(to, '111111');
    receiveCode(other, '222222');
    const page = await openInbox();
    await row(page, to).waitFor();
    site.dropConnections();
    await page.getByText('Reconnecting').waitFor();
    site.inbox.clear({ to });
    await page.getByText('Live', { exact: true }).waitFor();
    await eventually(() => row(page, to).count()).toBe(0);
    expect(await row(page, other).count()).toBe(1);
  });

  test('a text is shown as it is written, markup and all', async () => {
    const page = await openInbox();
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs += 1;
      return dialog.dismiss();
    });
    const markup = '<img src=x onerror=alert(1)> <b>Hi</b> & 4711 you';
    receive(to, markup);
    await copyButton(page, '4711').waitFor();
    expect(await page.locator('.bubble').innerText()).toContain('<img src=x onerror=alert(1)> <b>Hi</b> & ');
    expect(await page.locator('.bubble img, .bubble b').count()).toBe(0);
    expect(dialogs).toBe(0);
  });

  test('a thousand texts are found at once, drawn in parts, and more still arrive', async () => {
    for (let n = 0; n < 999; n += 1) receive(n < 600 ? to : `+1202556${String(n).padStart(4, '0')}`, `Text ${n}`);
    const page = await openInbox({ path: `/inbox#${to}` });
    await page.locator('.bubble').getByText('Text 599').waitFor();
    expect(await page.locator('.text').count()).toBe(50);
    await page.getByRole('button', { name: '550 earlier' }).click();
    expect(await page.locator('.text').count()).toBe(100);
    await page.getByRole('searchbox').fill('"text 17"');
    await page.locator('.bubble').getByText('Text 170').waitFor();
    await page.getByText('11 of 999 texts match').waitFor();
    await page.getByRole('searchbox').fill('');
    receiveCode(to, '493817');
    await copyButton(page, '493817').waitFor();
    expect(await copyButton(page, '493817').isVisible()).toBe(true);
  });

  test('how long ago a text came keeps up with the time', async () => {
    receiveCode(to, '493817');
    const page = await openInbox({ prepare: (fresh) => fresh.clock.install() });
    await row(page, to).getByText('just now').waitFor();
    await page.clock.fastForward('05:10');
    await row(page, to).getByText('5m ago').waitFor();
  });
});

describe('copying', () => {
  test('one click copies a code and says so', async () => {
    receiveCode(to, '493817');
    const page = await openInbox({ permissions: ['clipboard-read', 'clipboard-write'] });
    await copyButton(page, '493817').click();
    await page.getByRole('status').filter({ hasText: '4 9 3 8 1 7 copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('493817');
  });

  test('a code written in groups is copied without what stands between them', async () => {
    receive(to, 'Your code is 493-817.');
    const page = await openInbox({ permissions: ['clipboard-read', 'clipboard-write'] });
    await copyButton(page, '493-817').click();
    await eventually(() => page.evaluate('navigator.clipboard.readText()')).toBe('493817');
  });

  test('one click copies a code without permission for the clipboard', async () => {
    receiveCode(to, '493817');
    const page = await openInbox();
    await page.evaluate(
      "navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
    );
    await copyButton(page, '493817').click();
    await page.getByRole('status').filter({ hasText: '4 9 3 8 1 7 copied' }).waitFor();
    await page.getByRole('searchbox').focus();
    await page.keyboard.press('Control+V');
    expect(await page.getByRole('searchbox').inputValue()).toBe('493817');
  });

  test('where nothing may be copied the code is selected, and the page says how to go on', async () => {
    receiveCode(to, '493817');
    const page = await openInbox();
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false');
    await copyButton(page, '493817').click();
    await eventually(() => page.evaluate('getSelection().toString()')).toBe('493817');
    const advice = page.getByRole('status').filter({ hasText: 'Ctrl+C' });
    await advice.waitFor();
    expect((await advice.boundingBox())?.height).toBeGreaterThan(20);
  });
});

describe('an empty inbox', () => {
  test.each([undefined, 'inbox'] as const)(
    'gives a command that puts a text into it (served alone: %s)',
    async (only) => {
      await restartSite({ only });
      const page = await openInbox({ permissions: ['clipboard-read', 'clipboard-write'] });
      await eventually(() => page.getByRole('link', { name: 'demo' }).count()).toBe(only === 'inbox' ? 0 : 2);
      await page.getByRole('button', { name: 'Copy command' }).click();
      await page.getByRole('button', { name: 'Copy command' }).getByText('Copied').waitFor();
      const [, url, body] =
        /^curl (\S+) .* -d '(.*)'$/s.exec(await page.evaluate<string>('navigator.clipboard.readText()')) ?? [];
      const response = await fetch(url ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body ?? '',
      });
      expect(response.status).toBe(201);
      await row(page, to).waitFor();
    },
  );

  test('that is served alone leads to no page that is not there', async () => {
    await restartSite({ only: 'inbox' });
    const page = await openInbox();
    await eventually(() => page.getByRole('link').allInnerTexts()).toEqual(['Inbox']);
  });
});

describe('search', () => {
  test('finds numbers however they are written, and words in texts', async () => {
    receiveCode(to, '493817');
    receive(other, 'Your dentist: see you on Tuesday');
    const page = await openInbox();
    const rows = page.getByRole('navigation', { name: 'Numbers' }).getByRole('link');
    await eventually(() => rows.count()).toBe(2);

    await page.getByRole('searchbox').fill('(202) 555-0143');
    await eventually(() => rows.count()).toBe(1);
    await copyButton(page, '493817').waitFor();

    await page.getByRole('searchbox').fill('DENTIST');
    await page.locator('.bubble').filter({ hasText: 'Tuesday' }).waitFor();
    expect(await rows.count()).toBe(1);

    await page.getByRole('searchbox').fill('no such word');
    await eventually(() => rows.count()).toBe(0);
    await page.getByRole('status').filter({ hasText: 'No text matches' }).waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => rows.count()).toBe(2);
  });
});

describe('clearing', () => {
  test('one thread is cleared for every page, once one has agreed', async () => {
    receiveCode(to, '493817');
    receiveCode(other, '771204');
    const page = await openInbox({ path: `/inbox#${to}` });
    const second = await openInbox();
    await row(second, to).waitFor();

    await page.getByRole('button', { name: 'Clear this thread' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
    expect(site.inbox.list()).toHaveLength(2);

    await page.getByRole('button', { name: 'Clear this thread' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await eventually(() => row(page, to).count()).toBe(0);
    await eventually(() => row(second, to).count()).toBe(0);
    expect(await row(second, other).count()).toBe(1);
    expect(site.inbox.list().map((message) => message.to)).toEqual([other]);
  });

  test('all texts are cleared, and the empty inbox says what to do', async () => {
    receiveCode(to, '493817');
    receiveCode(other, '771204');
    const page = await openInbox();
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: 'Copy command' }).waitFor();
    expect(site.inbox.list()).toEqual([]);
  });

  test('clearing that fails says so and keeps the texts', async () => {
    receiveCode(to, '493817');
    const page = await openInbox();
    await page.route('**/inbox/api/messages*', (route) =>
      route.request().method() === 'DELETE' ? route.fulfill({ status: 500 }) : route.continue(),
    );
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await eventually(() => page.getByRole('alert').innerText()).not.toBe('');
    await page.keyboard.press('Escape');
    expect(await copyButton(page, '493817').isVisible()).toBe(true);
  });
});

describe('keyboard, size and theme', () => {
  test('search, choosing a number, copying and clearing need no mouse', async () => {
    receiveCode(to, '493817');
    receiveCode(other, '771204');
    const page = await openInbox({ permissions: ['clipboard-read', 'clipboard-write'] });
    await row(page, to).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.textContent');

    await page.keyboard.press('Control+K');
    await page.keyboard.type('phoneproof');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toContain(other);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain(to);
    await page.keyboard.press('Enter');
    await copyButton(page, '493817').focus();
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate('navigator.clipboard.readText()')).toBe('493817');

    await page.getByRole('button', { name: 'Clear found' }).focus();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Clear');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('Clear found');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await eventually(() => site.inbox.list()).toEqual([]);
  });

  test('a page of 360 px shows the list, then a thread, and never scrolls sideways', async () => {
    receive(to, 'A'.repeat(200));
    receiveCode(to, '493817');
    const page = await openInbox({ viewport: { width: 360, height: 640 } });
    await row(page, to).waitFor();
    expect(await copyButton(page, '493817').isVisible()).toBe(false);
    expect(await overflow(page)).toBe(0);
    await row(page, to).click();
    await copyButton(page, '493817').waitFor();
    expect(await row(page, to).isVisible()).toBe(false);
    expect(await overflow(page)).toBe(0);
    await eventually(() => page.evaluate('document.activeElement.textContent')).toContain('All numbers');
    await page.keyboard.press('Enter');
    await row(page, to).waitFor();
    await eventually(() => page.evaluate('document.activeElement.textContent')).toContain(to);
    site.inbox.clear();
    await page.getByRole('button', { name: 'Copy command' }).waitFor();
    expect(await overflow(page)).toBe(0);
  });

  test('the system chooses between light and dark until the person does, which lasts', async () => {
    const background = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background(await openInbox({ colorScheme: 'light' }));
    const page = await openInbox({ colorScheme: 'dark' });
    const dark = await background(page);
    expect(dark).not.toBe(light);

    const toggle = page.getByRole('button', { name: 'Dark theme' });
    expect(await toggle.getAttribute('aria-pressed')).toBe('true');
    await toggle.click();
    expect(await background(page)).toBe(light);
    await page.reload();
    expect(await background(page)).toBe(light);
    await toggle.click();
    expect(await background(page)).toBe(dark);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing in any state, %s', async (colorScheme) => {
    const page = await openInbox({ colorScheme });
    expect(await accessibilityFaults(page), 'empty').toEqual([]);
    receive(other, 'No code in here');
    await row(page, other).click();
    receiveCode(to, '493817');
    await row(page, to).filter({ hasText: 'New' }).waitFor();
    expect(await accessibilityFaults(page), 'unread').toEqual([]);
    await row(page, to).click();
    await copyButton(page, '493817').click();
    expect(await accessibilityFaults(page), 'thread').toEqual([]);
    await page.getByRole('searchbox').fill('no such word');
    expect(await accessibilityFaults(page), 'nothing found').toEqual([]);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Clear all' }).click();
    expect(await accessibilityFaults(page), 'dialog').toEqual([]);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await accessibilityFaults(page), 'narrow').toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    site.dropConnections();
    await page.getByText('Reconnecting').waitFor();
    expect(await accessibilityFaults(page), 'reconnecting').toEqual([]);
  });

  test('nothing is asked of another host', async () => {
    receiveCode(to, '493817');
    const hosts = new Set<string>();
    const errors: string[] = [];
    const page = await openInbox({
      prepare: async (fresh) => {
        fresh.on('request', (request) => hosts.add(new URL(request.url()).host));
        fresh.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      },
    });
    await copyButton(page, '493817').click();
    hosts.delete('');
    expect([...hosts]).toEqual([new URL(site.url).host]);
    expect(errors).toEqual([]);
  });
});
