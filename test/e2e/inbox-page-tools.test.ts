import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewMessage } from '../../src/inbox/messages.ts';
import { accessibilityFaults, overflow } from './accessibility.ts';
import { eventually } from './eventually.ts';
import { launchPages, serveApp, serveInbox, type Pages, type ServedInbox, type ToldApp } from './inbox-page.ts';

const to = '+12025550143';
const other = '+447911123456';
const sender = '+12025550199';
const account = 'AC00000000000000000000000000000001';

let pages: Pages;
let served: ServedInbox;
let app: ToldApp;

beforeAll(async () => {
  pages = await launchPages();
});
afterAll(() => pages.end());
beforeEach(async () => {
  served = await serveInbox({
    prices: { currency: 'USD', perSegment: { '*': 0.05, '+1': 0.5, '+1202': 0.0083, '+44': 0.05 } },
  });
  app = await serveApp();
});
afterEach(async () => {
  await pages.closeAll();
  await served.close();
  await app.close();
});

const open = (path = '', options: Parameters<Pages['open']>[1] = {}) =>
  pages.open(`${served.url}/inbox${path}`, options);

function receive(number: string, body: string, more: Partial<NewMessage> = {}) {
  return served.inbox.add({ to: number, from: 'Acme', body, provider: 'inbox', ...more });
}

const codeText = (code: string) => `${code} is your Acme code. Never share it.\n\n@acme.example #${code}`;

/** As an app sends through Twilio. */
async function send(number: string, body: string, callbacks = true): Promise<number> {
  const { status } = await fetch(`${served.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${account}:token`)}` },
    body: new URLSearchParams({
      To: number,
      From: sender,
      Body: body,
      ...(callbacks && { StatusCallback: `${app.url}/receipts` }),
    }),
  });
  return status;
}

/** Has Twilio tell the app of what its number receives. */
async function takeReplies(): Promise<void> {
  await fetch(`${served.url}/twilio/2010-04-01/Accounts/${account}/IncomingPhoneNumbers.json`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${account}:token`)}` },
    body: new URLSearchParams({ PhoneNumber: sender, SmsUrl: `${app.url}/replies` }),
  });
}

/** Presses a key once the control that it stands for is there: some come with what the inbox says of itself. */
async function press(page: Page, key: string): Promise<void> {
  await page.locator(`[aria-keyshortcuts~="${key}"]:not(:disabled)`).first().waitFor();
  await page.keyboard.press(key);
}

const rows = (page: Page) => page.getByRole('navigation', { name: 'Numbers' }).getByRole('link');
const search = (page: Page) => page.getByRole('searchbox');
const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const leave = (page: Page) => page.evaluate('document.activeElement.blur()');
const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent');
const receipts = () =>
  app.told.filter(({ path }) => path === '/receipts').map(({ form }) => form['MessageStatus'] ?? '');

describe('search', () => {
  test('keys narrow it down, and a faulty one says so and hides nothing', async () => {
    receive(to, codeText('493817'));
    receive(other, 'See you on Tuesday', { provider: 'twilio', from: 'Dentist' });
    const page = await open();
    await search(page).fill('from:dentist -has:code');
    await page.getByText('1 of 2 texts match').waitFor();
    expect(await rows(page).allInnerTexts()).toEqual([expect.stringContaining(other)]);
    await search(page).fill('provider:twilio code:493817');
    await page.getByText('No text matches', { exact: true }).waitFor();
    await search(page).fill('before:tuesday');
    await page.getByRole('status').filter({ hasText: 'before: needs a date' }).waitFor();
    expect(await rows(page).count()).toBe(2);
  });

  test('the keys are offered, and so are the values that there are', async () => {
    receive(to, codeText('493817'), { provider: 'twilio' });
    receive(other, 'See you on Tuesday', { provider: 'vonage' });
    const page = await open();
    await search(page).focus();
    await page.getByRole('button', { name: /^provider:/ }).click();
    await eventually(() => search(page).inputValue()).toBe('provider:');
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toContain('provider:vonage');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 2 texts match').waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => search(page).inputValue()).toBe('');
  });

  test('stands in the address, and is there when that is opened', async () => {
    receive(to, codeText('493817'));
    receive(other, 'See you on Tuesday');
    const page = await open();
    await search(page).fill('"on tuesday"');
    // Before the address has it: going to a number leaves the search alone.
    await rows(page).first().click();
    expect(await search(page).inputValue()).toBe('"on tuesday"');
    await eventually(() => new URL(page.url()).searchParams.get('query')).toBe('"on tuesday"');
    const shared = await pages.open(page.url());
    await shared.getByText('1 of 2 texts match').waitFor();
    expect(await search(shared).inputValue()).toBe('"on tuesday"');
    await search(shared).fill('');
    await eventually(() => new URL(shared.url()).search).toBe('');
  });

  test('what it finds can be cleared, and nothing else goes', async () => {
    receive(to, codeText('493817'));
    receive(to, 'See you on Tuesday');
    receive(other, codeText('771204'));
    const page = await open();
    await search(page).fill('has:code');
    await page.getByText('2 of 3 texts match').waitFor();
    await page.evaluate(`
      window.wasEmpty = false;
      const look = () => (window.wasEmpty ||= document.body.innerText.includes('No texts yet'));
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    `);
    await page.getByRole('button', { name: 'Clear found' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await eventually(() => served.inbox.list().map(({ body }) => body)).toEqual(['See you on Tuesday']);
    // While it is open nothing else takes keys.
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await search(page).fill('');
    await page.getByText('1 text to 1 number').waitFor();
    expect(await page.evaluate('wasEmpty')).toBe(false);
  });
});

test('texts that the inbox forgets since they are old go from the page', async () => {
  await served.close();
  let nowMs = Date.now();
  served = await serveInbox({ clock: () => nowMs, keepHours: 1 });
  receive(to, codeText('111111'));
  nowMs += 3_000_000;
  receive(other, codeText('222222'));
  const page = await open();
  await page.getByText('2 texts to 2 numbers').waitFor();
  nowMs += 3_000_000;
  receive(other, codeText('333333'));
  await page.getByText('2 texts to 1 number').waitFor();
  expect(await rows(page).allInnerTexts()).toEqual([expect.stringContaining(other)]);
});

describe('details', () => {
  test('of a text that came by a vendor: its request, its length, what is amiss and what it costs', async () => {
    await send(to, 'Ihr Code lautet 493817 – nicht weitergeben\n@acme.example #493818');
    const page = await open();
    await page.getByRole('button', { name: /^Details/ }).click();
    const details = panel(page, 'Details');
    await eventually(() => focused(page)).toBe('Details');
    await details.getByText('/twilio/2010-04-01/Accounts/').waitFor();
    expect(await details.getByText('StatusCallback').count()).toBe(1);
    expect(await details.innerText()).toContain('1 segment, UCS-2: 64 of 70 characters used, 6 left.');
    expect(await details.locator('.character').allInnerTexts()).toEqual(['–']);
    expect(await details.locator('.checks .amiss').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining('different codes')]),
    );
    expect(await details.innerText()).toContain('USD 0.0083 (1 segment to +1202…)');
    expect(await details.innerText()).not.toContain('token');
    await details.getByText('headers').click();
    expect(await details.locator('.headers').innerText()).toContain('application/x-www-form-urlencoded');

    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await eventually(() => focused(page)).toBe('Details');
    expect(await page.evaluate('document.activeElement.className')).toBe('text-details');
  });

  test('JSON is written so that people can read it', async () => {
    await fetch(`${served.url}/inbox/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to, body: 'See you' }),
    });
    const request = { method: 'POST', path: '/x', headers: { 'Content-Type': 'application/json' }, body: '{"to":"a"}' };
    receive(to, 'Now', { request });
    const page = await open();
    await page.keyboard.press('d');
    const details = panel(page, 'Details');
    await eventually(() => details.getByRole('group', { name: 'body' }).innerText()).toBe('{\n  "to": "a"\n}');
  });

  test('stand beside the phone of a wide page from the start, until they are closed, for good', async () => {
    receive(to, codeText('493817'));
    const page = await open('', { viewport: { width: 1_520, height: 900 } });
    await panel(page, 'Details').getByText('493817', { exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    receive(to, codeText('771204'));
    await panel(page, 'Details').getByText('771204', { exact: true }).waitFor();
    const boxes = await Promise.all(['.list-pane', '.phone', '.panel'].map((part) => page.locator(part).boundingBox()));
    const [list, phone, details] = boxes.map((box) => box!);
    expect(list!.x + list!.width).toBeLessThanOrEqual(phone!.x);
    expect(phone!.x + phone!.width).toBeLessThanOrEqual(details!.x);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Copy code 771204' }).waitFor();
    expect(await panel(page, 'Details').count()).toBe(0);
  });
});

describe('by hand', () => {
  test('a receipt is told to the sender, and the text shows what it was told', async () => {
    await send(to, codeText('493817'));
    await eventually(receipts).toContain('delivered');
    const page = await open();
    await page.keyboard.press('d');
    await page.getByLabel("Vendor's code, if failed").fill('30007');
    await page.getByRole('button', { name: 'Failed' }).click();
    await eventually(() => app.told.at(-1)?.form['ErrorCode']).toBe('30007');
    await page.locator('.small-print .bad').waitFor();
    await rows(page).filter({ hasText: 'failed' }).waitFor();

    app.told.length = 0;
    await page.getByRole('button', { name: 'Delivered' }).click();
    await eventually(receipts).toContain('delivered');
    await page.locator('.small-print .bad').waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: 'Copy code 493817' }).count()).toBe(1);
  });

  test('a late receipt waits for as long as one said', async () => {
    await send(to, codeText('493817'));
    const page = await open();
    await page.keyboard.press('d');
    await page.getByLabel('Late by, in seconds').fill('1.5');
    const asked = page.waitForRequest('**/receipt');
    await page.getByRole('button', { name: 'Delivered' }).click();
    expect((await asked).postDataJSON()).toEqual({ status: 'delivered', delay_ms: 1_500 });
    await page.getByRole('status').filter({ hasText: 'in 1.5 s' }).waitFor();
  });

  test('where the sender cannot be told, the page says why and offers nothing', async () => {
    receive(to, codeText('493817'));
    const page = await open();
    await page.keyboard.press('d');
    await page.getByText('Nobody can be told').waitFor();
    expect(await page.getByRole('button', { name: 'Failed' }).isDisabled()).toBe(true);
    expect(await page.getByRole('textbox', { name: 'Reply' }).isDisabled()).toBe(true);
    expect(await page.getByRole('textbox', { name: 'Reply' }).getAttribute('placeholder')).toBe(
      'No sender here takes replies',
    );
  });

  test('a reply goes to the app, and stands in the thread', async () => {
    await takeReplies();
    await send(to, 'Reply STOP to end this.');
    receive(to, codeText('493817'));
    const page = await open();
    const field = page.getByRole('textbox', { name: `Reply to ${sender}` });
    await field.waitFor();
    await press(page, 'r');
    await page.keyboard.type('STOP');
    await page.keyboard.press('Enter');
    await eventually(() => app.told.find(({ path }) => path === '/replies')?.form).toMatchObject({
      From: to,
      To: sender,
      Body: 'STOP',
    });
    await page.locator('.text-back').getByText('STOP').waitFor();
    expect(await field.inputValue()).toBe('');
  });

  test('a reply that nobody can be told any more says so and is not lost', async () => {
    await takeReplies();
    await send(to, 'Reply STOP to end this.');
    const page = await open();
    const field = page.getByRole('textbox', { name: `Reply to ${sender}` });
    await field.fill('STOP');
    const detail = 'The inbox was restarted.';
    await page.route('**/reply', (route) =>
      route.fulfill({ status: 409, json: { code: 'nobody_to_tell', detail }, contentType: 'application/problem+json' }),
    );
    await page.getByRole('button', { name: 'Send reply' }).click();
    await eventually(() => page.getByRole('alert').allInnerTexts()).toEqual([detail]);
    expect(await field.inputValue()).toBe('STOP');
    expect(await page.locator('.text-back').count()).toBe(0);
  });
});

describe('what goes wrong', () => {
  test('a fault is scripted, counts down as it hits, and is removed', async () => {
    const page = await open('', { prepare: (fresh) => fresh.clock.install() });
    await page.getByRole('button', { name: 'What goes wrong' }).click();
    const faults = panel(page, 'What goes wrong');
    await faults.getByRole('combobox', { name: 'What' }).selectOption('Server error');
    await faults.getByRole('spinbutton', { name: 'Status' }).fill('502');
    await faults.getByRole('spinbutton', { name: 'How many' }).fill('2');
    await faults.getByRole('combobox', { name: 'Vendor' }).selectOption('twilio');
    await faults.getByRole('textbox', { name: 'Number' }).fill('+1 (202) 555-0143');
    await faults.getByRole('button', { name: 'Script it' }).click();
    await faults.getByText('next 2 texts to +12025550143, twilio').waitFor();
    expect(await send(other, 'See you')).toBe(201);
    expect(await send(to, codeText('493817'))).toBe(502);
    await page.clock.fastForward(2_000);
    await faults.getByText('next text to +12025550143, twilio').waitFor();
    expect(await rows(page).count()).toBe(1);

    await faults.getByRole('combobox', { name: 'How often' }).selectOption('By chance');
    await faults.getByRole('spinbutton', { name: 'Percent of texts' }).fill('12.5');
    await faults.getByRole('button', { name: 'Script it' }).click();
    await faults.getByText('12.5 % of texts to +12025550143, twilio').waitFor();
    await faults.getByRole('button', { name: 'Remove: Server error' }).first().click();
    await eventually(() => served.carrier.faults.list().length).toBe(1);
    await faults.getByRole('button', { name: 'Script it' }).click();
    await faults.getByRole('button', { name: 'Remove all 2' }).click();
    await faults.getByText('Nothing: every text').waitFor();
    expect(served.carrier.faults.list()).toEqual([]);
  });

  test('what cannot be scripted says what is wrong with it', async () => {
    const page = await open();
    await press(page, 'f');
    await page.getByRole('textbox', { name: 'Number' }).fill('0143');
    await page.getByRole('button', { name: 'Script it' }).click();
    await eventually(() => page.getByRole('alert').innerText()).toContain('E.164');
    expect(served.carrier.faults.list()).toEqual([]);
  });

  test('held texts lie there until they are delivered or let fail', async () => {
    const page = await open('', { prepare: (fresh) => fresh.clock.install() });
    await press(page, 'f');
    await page.getByRole('spinbutton', { name: 'How many' }).fill('2');
    await page.getByRole('button', { name: 'Script it' }).click();
    await page.getByRole('button', { name: 'Remove: Held' }).waitFor();
    await page.keyboard.press('Escape');
    await send(to, codeText('493817'));
    await send(other, codeText('771204'));
    await page.clock.fastForward(2_000);
    await page.getByRole('button', { name: 'What goes wrong' }).getByText('2 held').waitFor();
    expect(await rows(page).count()).toBe(0);

    await page.getByRole('button', { name: 'What goes wrong' }).click();
    await page.getByRole('heading', { name: '2 texts are held' }).waitFor();
    await page.getByRole('button', { name: `Deliver to ${to}` }).click();
    await rows(page).filter({ hasText: to }).waitFor();
    await page.getByRole('button', { name: `Let the text to ${other} fail` }).click();
    await page.getByRole('heading', { name: /held/ }).waitFor({ state: 'detached' });
    await eventually(receipts).toContain('undelivered');
    expect(await rows(page).count()).toBe(1);
  });

  test('held texts are asked for again and again only while there can be some', async () => {
    let asked = 0;
    const page = await open('', {
      async prepare(fresh) {
        await fresh.clock.install();
        fresh.on('request', (request) => (asked += Number(request.url().endsWith('/held'))));
      },
    });
    await page.getByText('No texts yet').waitFor();
    await eventually(() => asked).toBeGreaterThan(0);
    const atFirst = asked;
    await page.clock.runFor(10_000);
    expect(asked).toBe(atFirst);
    await press(page, 'f');
    await panel(page, 'What goes wrong').waitFor();
    await page.clock.runFor(6_000);
    await eventually(() => asked - atFirst).toBeGreaterThanOrEqual(4);
    await page.keyboard.press('Escape');
    await panel(page, 'What goes wrong').waitFor({ state: 'detached' });
    const closed = asked;
    await page.clock.runFor(10_000);
    expect(asked).toBe(closed);
  });
});

describe('costs', () => {
  test('are shown of each number, of all, and of what a search leaves', async () => {
    receive(to, codeText('493817'));
    receive(to, 'A'.repeat(200));
    receive(other, codeText('771204'));
    const page = await open();
    await page.getByText('4 segments, USD 0.0749').waitFor();
    expect(await rows(page).filter({ hasText: to }).innerText()).toContain('3 seg · USD 0.0249');
    await search(page).fill('to:+44');
    await page.getByText('1 segment, USD 0.05').waitFor();
  });

  test('are left out where there are no prices', async () => {
    await served.close();
    served = await serveInbox();
    receive(to, codeText('493817'));
    const page = await open();
    await rows(page).filter({ hasText: '1 seg' }).waitFor();
    expect(await page.locator('main').innerText()).not.toContain('USD');
  });
});

describe('notifications', () => {
  /** Notes what would be shown, and lets the page be put away. */
  const prepare = (page: Page) =>
    page.addInitScript(`
      window.shown = [];
      window.isAway = false;
      window.asked = 0;
      Object.defineProperty(document, 'hidden', { get: () => window.isAway });
      window.Notification = class { static permission = 'default';
        static requestPermission() { window.asked += 1; this.permission = 'granted'; return Promise.resolve('granted'); }
        constructor(title, { body }) { window.shown.push(title + '|' + body); } };
    `);
  const shown = (page: Page) => page.evaluate<string[]>('shown');
  const putAway = (page: Page, away: boolean) =>
    page.evaluate(`isAway = ${away}; document.dispatchEvent(new Event('visibilitychange'))`);

  test('tell number and code of what arrives while one is elsewhere, once one has asked for them', async () => {
    receive(other, 'See you');
    const page = await open('', { prepare });
    expect(await page.evaluate('asked')).toBe(0);
    await putAway(page, true);
    receive(to, codeText('111111'));
    await rows(page).filter({ hasText: '111111' }).waitFor();
    expect(await shown(page)).toEqual([]);
    await putAway(page, false);

    await page.getByRole('button', { name: 'Notifications' }).click();
    await page.getByRole('button', { name: 'Notifications', pressed: true }).waitFor();
    receive(to, codeText('222222'));
    await rows(page).filter({ hasText: '222222' }).waitFor();
    expect(await shown(page)).toEqual([]);

    await putAway(page, true);
    receive(to, 'Your code is 333333');
    await eventually(() => shown(page)).toEqual([`Code 333333 for ${to}|Your code is 333333`]);
    await page.reload();
    await page.getByRole('button', { name: 'Notifications' }).waitFor();
    expect(await page.evaluate('asked')).toBe(0);
  });

  test('a text to the number that is shown counts as new until one looks again', async () => {
    receive(to, codeText('111111'));
    const page = await open('', { prepare });
    await rows(page).waitFor();
    await putAway(page, true);
    receive(to, codeText('222222'));
    await eventually(() => page.title()).toContain('(1)');
    await putAway(page, false);
    await eventually(() => page.title()).not.toContain('(');
  });
});

describe('opening the inbox on a phone', () => {
  test('says how to start it where no phone can reach it', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Open on a phone' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('npx phoneproof inbox --host 0.0.0.0').waitFor();
    expect(await dialog.innerText()).toContain('PHONEPROOF_INBOX_PASSWORD');
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test('shows a QR code of each address that there is', async () => {
    await served.close();
    const addresses = ['http://192.168.1.5:8025/inbox?key=one', 'http://10.0.0.7:8025/inbox?key=one'];
    served = await serveInbox({ addresses });
    const page = await open();
    await page.getByRole('button', { name: 'Open on a phone' }).click();
    const code = page.getByRole('img', { name: `QR code of ${addresses[0]}` });
    await code.waitFor();
    // A scanner's three finder patterns: 7 modules in a row, the light one at either side of them, dark within.
    const path = await code.locator('path').getAttribute('d');
    for (const module of ['M3 3h', 'M9 3h', 'M3 9h']) expect(path).toContain(module);
    expect(path).not.toContain('M4 4h');
    await page.getByRole('combobox', { name: 'Network' }).selectOption('10.0.0.7:8025');
    await page.getByRole('img', { name: `QR code of ${addresses[1]}` }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

describe('keys', () => {
  test('do what the help says, and nothing while one types', async () => {
    receive(to, codeText('111111'));
    receive(other, codeText('222222'));
    const page = await open('', { permissions: ['clipboard-read', 'clipboard-write'] });
    const current = () => page.locator('.number-row[aria-current]').innerText();
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
    await eventually(current).toContain(other);
    await page.keyboard.press('j');
    await eventually(current).toContain(to);
    await page.keyboard.press('c');
    await eventually(clipboard).toBe('111111');
    await page.keyboard.press('ArrowUp');
    await eventually(current).toContain(other);

    await page.keyboard.press('d');
    await panel(page, 'Details').waitFor();
    await page.keyboard.press('d');
    await panel(page, 'Details').waitFor({ state: 'detached' });
    await press(page, 'f');
    await panel(page, 'What goes wrong').waitFor();
    await press(page, 'f');
    await panel(page, 'What goes wrong').waitFor({ state: 'detached' });

    await press(page, '?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.waitFor();
    expect(await help.locator('kbd').allInnerTexts()).toEqual(
      expect.arrayContaining(['j', 'k', '/', 'c', 'd', 'r', 'Delete', 'f', 'n', '?']),
    );
    await press(page, 'f');
    expect(await panel(page, 'What goes wrong').count()).toBe(0);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });

    await press(page, '/');
    await page.keyboard.type('dfj');
    expect(await search(page).inputValue()).toBe('dfj');
    expect(await page.getByRole('complementary').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await leave(page);
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: `Clear the only text to ${other}?` }).waitFor();
    expect(served.inbox.list()).toHaveLength(2);
  });

  test('go from text to text within a thread, and its details follow', async () => {
    receive(other, 'See you');
    for (const code of ['111111', '222222', '333333']) receive(to, `Your code is ${code}`);
    const page = await open();
    await page
      .getByRole('button', { name: /^Details/ })
      .last()
      .click();
    const shownCode = () => panel(page, 'Details').locator('.facts').innerText();
    await eventually(shownCode).toContain('333333');
    await page.keyboard.press('k');
    await eventually(shownCode).toContain('222222');
    await page.keyboard.press('k');
    await eventually(shownCode).toContain('111111');
    await page.keyboard.press('j');
    await eventually(shownCode).toContain('222222');
    // Whoever comes back to a phone sees its newest text.
    await rows(page).filter({ hasText: other }).click();
    await eventually(shownCode).toContain(other);
    await rows(page).filter({ hasText: to }).click();
    await eventually(shownCode).toContain('333333');
  });

  test('are off for people who dictate, when they say so', async () => {
    receive(to, codeText('111111'));
    const page = await open();
    await press(page, '?');
    await page.getByRole('checkbox', { name: 'Single keys do something' }).uncheck();
    await page.keyboard.press('Escape');
    await page.reload();
    await rows(page).waitFor();
    await press(page, 'f');
    await press(page, '/');
    expect(await page.getByRole('complementary').count()).toBe(0);
    expect(await focused(page)).not.toBe('');
  });
});

describe('five thousand texts', () => {
  const drawn = (page: Page) => page.evaluate<number>('document.querySelectorAll("main *").length');

  test('to as many numbers are drawn as far as they are in view', async () => {
    const numberOf = (n: number) => `+1202${String(1_000_000 + n)}`;
    for (let n = 0; n < 5_000; n += 1) receive(numberOf(n), `${100_000 + n} is your code`);
    const page = await open();
    await page.getByText('5000 texts to 5000 numbers').waitFor();
    await page.locator('.bubble').waitFor();
    expect(await drawn(page)).toBeLessThan(500);
    const list = page.getByRole('navigation', { name: 'Numbers' });
    await page.evaluate(`const list = document.querySelector('.numbers'); list.scrollTop = list.scrollHeight`);
    await list.getByText(numberOf(0)).waitFor();
    expect(await list.getByRole('listitem').last().getAttribute('aria-posinset')).toBe('5000');
    expect(await drawn(page)).toBeLessThan(500);
    await search(page).fill('code:104999');
    await page.getByText('1 of 5000 texts match').waitFor();
    await search(page).fill('');
    // The oldest makes room.
    receive(to, codeText('493817'));
    await rows(page).filter({ hasText: to }).waitFor();
    await page.getByText('5000 texts to 5000 numbers').waitFor();
    expect(await drawn(page)).toBeLessThan(500);
    await leave(page);
    await page.keyboard.press('k');
    for (let n = 0; n < 30; n += 1) await page.keyboard.press('j');
    const current = list.getByRole('listitem').filter({ has: page.locator('[aria-current]') });
    await eventually(() => current.getAttribute('aria-posinset')).toBe('31');
    const box = await current.boundingBox();
    expect(box!.y + box!.height).toBeLessThanOrEqual(800);
  });

  test('to one number are drawn in parts', async () => {
    for (let n = 0; n < 5_000; n += 1) receive(to, `${100_000 + n} is your code`);
    const page = await open();
    await page.getByText('5000 texts to 1 number').waitFor();
    await page.getByRole('button', { name: 'Copy code 104999' }).waitFor();
    expect(await drawn(page)).toBeLessThan(1_500);
    receive(to, codeText('493817'));
    await page.getByRole('button', { name: 'Copy code 493817' }).waitFor();
    expect(await drawn(page)).toBeLessThan(1_500);
    expect(await page.getByRole('button', { name: 'Copy code 493817' }).isVisible()).toBe(true);
  });
});

describe('every state', () => {
  test('a page without an inbox says how to start one', async () => {
    const page = await open();
    await page.route('**/inbox/api/**', (route) => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByRole('heading', { name: 'No inbox here' }).waitFor();
    expect(await page.getByRole('group', { name: 'command' }).innerText()).toBe('npx phoneproof inbox');
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test('nothing is wider than a page of 360 px, and what is open takes it all', async () => {
    await takeReplies();
    await send(to, `${'A'.repeat(170)} https://example.com/${'a'.repeat(80)}`);
    const page = await open('', { viewport: { width: 360, height: 640 } });
    await rows(page).waitFor();
    expect(await overflow(page), 'list').toBe(0);
    await press(page, 'f');
    await page.getByRole('button', { name: 'Script it' }).click();
    await page.getByRole('button', { name: 'Remove: Held' }).waitFor();
    expect(await overflow(page), 'faults').toBe(0);
    expect(await rows(page).first().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Close' }).click();
    await rows(page).click();
    await page.getByRole('textbox', { name: /^Reply/ }).waitFor();
    expect(await overflow(page), 'thread').toBe(0);
    await page.getByRole('button', { name: /^Details/ }).click();
    await page.getByText('StatusCallback').waitFor();
    expect(await overflow(page), 'details').toBe(0);
    await page.keyboard.press('Escape');
    await eventually(() => page.evaluate('document.activeElement.className')).toBe('text-details');
    await page.getByRole('button', { name: 'All numbers' }).click();
    // The focus goes back to the number's row, and would take the keys of the search with it.
    await eventually(() => focused(page)).toContain(to);
    await search(page).focus();
    await page.getByRole('button', { name: /^from:/ }).waitFor();
    expect(await overflow(page), 'search').toBe(0);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing in any, %s', async (colorScheme) => {
    await takeReplies();
    const page = await open('', { colorScheme });
    const check = async (state: string) => expect(await accessibilityFaults(page), state).toEqual([]);
    await check('first use');
    await press(page, 'f');
    await page.getByRole('button', { name: 'Script it' }).click();
    await page.getByRole('button', { name: 'Remove: Held' }).waitFor();
    await check('scripted');
    await send(to, codeText('771204'));
    await page.getByRole('heading', { name: '1 text is held' }).waitFor();
    await check('held');
    await page.keyboard.press('Escape');

    await send(to, 'Ihr Code – 493817');
    await page.getByRole('button', { name: 'Copy code 493817' }).waitFor();
    await page.getByRole('textbox', { name: /^Reply/ }).fill('STOP');
    await page.keyboard.press('Enter');
    await page.locator('.text-back').waitFor();
    await check('replied');
    await page.getByRole('button', { name: /^Details/ }).click();
    await page.getByText('StatusCallback').waitFor();
    await page.getByRole('button', { name: 'Failed' }).click();
    await page.locator('.small-print .bad').waitFor();
    await page.getByText('headers').click();
    await check('details of a failed text');
    await page.keyboard.press('Escape');
    await search(page).focus();
    await page.getByRole('button', { name: /^from:/ }).waitFor();
    await check('search help');
    await search(page).fill('before:never');
    await page.getByText('before: needs a date').waitFor();
    await check('faulty search');
    await search(page).fill('');
    await leave(page);
    await press(page, '?');
    await page.getByRole('dialog').waitFor();
    await check('help');
    await page.keyboard.press('Escape');
    receive(other, 'Nobody takes replies to this');
    await rows(page).filter({ hasText: other }).click();
    await page.keyboard.press('d');
    await page.getByText('Nobody can be told').waitFor();
    await check('nobody to tell');
    await page.setViewportSize({ width: 360, height: 640 });
    await check('narrow details');
  });
});
