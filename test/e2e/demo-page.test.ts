import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sentenceFor } from '../../src/demo/ui/problems.ts';
import { problems } from '../../src/http/problem.ts';
import { launchBrowser } from '../chromium.ts';
import { accessibilityFaults, overflow } from './accessibility.ts';
import { eventually } from './eventually.ts';
import { startSite, type Site, type SiteOptions } from './site.ts';

const to = '+12025550143';

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

async function openDemo(options: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> } = {}) {
  const { prepare, ...contextOptions } = options;
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    ...contextOptions,
  });
  contexts.push(context);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(site.url);
  await numberField(page).waitFor();
  return page;
}

const numberField = (page: Page) => page.getByLabel('Phone number');
const codeField = (page: Page) => page.getByRole('textbox', { name: 'Code' });
const resend = (page: Page) => page.getByRole('button', { name: /^Send (again|a new code)/ });
const problem = (page: Page) => page.getByRole('alert').filter({ hasText: /\S/ });
const verified = (page: Page) => page.getByRole('heading', { name: `${to} is verified` });

/** Opens the demo and goes to the code step. */
async function openCodeStep(options: Parameters<typeof openDemo>[0] = {}) {
  const page = await openDemo(options);
  await numberField(page).fill('(202) 555-0143');
  await page.keyboard.press('Enter');
  await codeField(page).waitFor();
  return page;
}

function latestCode(): string {
  const code = site.inbox.list()[0]?.code;
  if (code == null) throw new Error('No code has arrived.');
  return code;
}

/** A code that is not the one that was sent. */
function wrongCode(): string {
  return latestCode() === '000000' ? '111111' : '000000';
}

async function typeCode(page: Page, code: string) {
  await idle(page);
  await codeField(page).fill(code);
  await Promise.all([page.waitForResponse('**/v1/verifications/check'), page.keyboard.press('Enter')]);
  await idle(page);
}

/** Waits until the page has taken in the answer to its last call: until then it makes no other. */
async function idle(page: Page) {
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
}

/** Has every check answered by a problem. */
function refuseChecks(page: Page, status: number, body: object, headers: Record<string, string> = {}) {
  return page.route('**/v1/verifications/check', (route) =>
    route.fulfill({ status, headers, contentType: 'application/problem+json', body: JSON.stringify(body) }),
  );
}

describe('the way to a verified number', () => {
  test('a number is verified by keyboard alone', async () => {
    const page = await openDemo();
    await page.keyboard.type('(202) 555-0143');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    await page.keyboard.type(latestCode());
    await page.keyboard.press('Enter');
    await verified(page).waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    const response = await fetch(`${site.url}/v1/numbers/${to}`);
    expect(await response.json()).toMatchObject({ to, verified: true });

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await numberField(page).waitFor();
    expect(await numberField(page).inputValue()).toBe('');
    expect(await page.evaluate('document.activeElement.id')).toBe('number');
  });

  test('the phone beside it shows the text, and a click on its code fills it in', async () => {
    const page = await openCodeStep();
    site.inbox.add({ to: '+447911123456', from: 'x', body: '999999 is for somebody else', provider: 'inbox' });
    await page.getByRole('button', { name: `Use code ${latestCodeOf(to)}` }).click();
    expect(await codeField(page).inputValue()).toBe(latestCodeOf(to));
    expect(await page.evaluate('document.activeElement.id')).toBe('code');
    expect(await page.getByText('999999').count()).toBe(0);
    await page.keyboard.press('Enter');
    await verified(page).waitFor();
  });

  test.each(['123 456', '123-456', 'Your code is 123456', 'Your code is 123456\n\n@localhost #123456', ' 123456\n'])(
    'pasting %j gives the six digits',
    async (pasted) => {
      const page = await openCodeStep({ permissions: ['clipboard-read', 'clipboard-write'] });
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(pasted)})`);
      await codeField(page).focus();
      await page.keyboard.press('Control+V');
      expect(await codeField(page).inputValue()).toBe('123456');
    },
  );

  test('digits of other scripts count as digits', async () => {
    const page = await openCodeStep();
    await codeField(page).fill('١٢٣۴۵۶');
    expect(await codeField(page).inputValue()).toBe('123456');
  });

  test('the fields tell phones and browsers what they are for', async () => {
    const page = await openDemo();
    const attributes = (id: string) =>
      page.evaluate<string[]>(
        `['type', 'autocomplete', 'inputmode'].map((name) => document.getElementById('${id}').getAttribute(name) ?? '')`,
      );
    expect(await attributes('number')).toEqual(['tel', 'tel', '']);
    expect(await attributes('country')).toEqual(['', 'country', '']);
    await numberField(page).fill('(202) 555-0143');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    expect(await attributes('code')).toEqual(['', 'one-time-code', 'numeric']);
  });

  test('a code that the browser takes from the text is submitted, and the browser is told to stop where none is wanted', async () => {
    const page = await openCodeStep({
      prepare: (fresh) =>
        fresh.addInitScript(`
          window.OTPCredential = class {};
          navigator.credentials.get = ({ otp, signal }) => {
            window.asked = { transport: otp.transport[0], signal };
            return new Promise((resolve, reject) => {
              window.deliver = (code) => resolve({ code });
              signal.addEventListener('abort', () => reject(signal.reason));
            });
          };`),
    });
    await eventually(() => page.evaluate('window.asked?.transport')).toBe('sms');
    await page.getByRole('button', { name: 'Use another one' }).click();
    await numberField(page).waitFor();
    await eventually(() => page.evaluate('asked.signal.aborted')).toBe(true);

    await numberField(page).fill('(202) 555-0143');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    // The page asks after it has shown the field: until then a delivery would answer the request that was told to stop.
    await eventually(() => page.evaluate('asked.signal.aborted')).toBe(false);
    await page.evaluate(`deliver('${latestCode()}')`);
    await verified(page).waitFor();
  });

  test('the country is guessed from the language, follows a typed calling code and is sent along', async () => {
    const page = await openDemo({ locale: 'de-AT' });
    const country = page.getByLabel('Country');
    expect(await country.inputValue()).toBe('AT');
    await numberField(page).fill('+1 202');
    expect(await country.inputValue()).toBe('US');
    await country.selectOption('CA');
    await numberField(page).fill('+1 416');
    expect(await country.inputValue()).toBe('CA');
    await numberField(page).fill('+447911123456');
    expect(await country.inputValue()).toBe('GB');
    const names = await country.locator('option').allInnerTexts();
    expect(names.length).toBeGreaterThan(240);
    expect(names.filter((name) => !/^\p{L}.+ \+\d{1,3}$/u.test(name))).toEqual([]);
    expect(names).toContain('United Kingdom +44');

    await numberField(page).fill('07911 123456');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    expect(site.inbox.list()[0]?.to).toBe('+447911123456');
  });
});

function latestCodeOf(number: string): string {
  return site.inbox.list({ to: number })[0]?.code ?? '';
}

describe('what can go wrong', () => {
  test('a number that is none is explained in the words of the API, at the field', async () => {
    const page = await openDemo();
    await numberField(page).fill('12');
    const [response] = await Promise.all([page.waitForResponse('**/v1/verifications'), page.keyboard.press('Enter')]);
    expect(response.status()).toBe(422);
    const { detail } = (await response.json()) as { detail: string };
    expect(await problem(page).innerText()).toBe(detail);
    expect(await numberField(page).getAttribute('aria-invalid')).toBe('true');
    expect(await numberField(page).getAttribute('aria-describedby')).toContain(await problem(page).getAttribute('id'));
    expect(await page.evaluate('document.activeElement.id')).toBe('number');
  });

  test('a wrong code is told at the field, counted, and selected for typing over it', async () => {
    const page = await openCodeStep();
    await typeCode(page, wrongCode());
    await problem(page).waitFor();
    expect(await problem(page).innerText()).toContain('4');
    expect(await codeField(page).getAttribute('aria-invalid')).toBe('true');
    expect(await codeField(page).getAttribute('aria-describedby')).toContain(await problem(page).getAttribute('id'));
    await page.keyboard.type(latestCode());
    await page.keyboard.press('Enter');
    await verified(page).waitFor();
  });

  test('half a code spends no try', async () => {
    const page = await openCodeStep();
    await typeCode(page, '12');
    await problem(page).waitFor();
    expect(await page.getByRole('definition').nth(1).innerText()).toBe('5');
  });

  test('after five wrong codes only a new one helps, and it does', async () => {
    const page = await openCodeStep();
    const first = latestCode();
    for (let wrong = 0; wrong < 5; wrong += 1) {
      await typeCode(page, wrongCode());
      await eventually(() => page.getByRole('definition').nth(1).innerText()).toBe(String(4 - wrong));
    }
    expect(await page.getByRole('button', { name: 'Verify', exact: true }).count()).toBe(0);
    await resend(page).click();
    await page.getByRole('button', { name: 'Verify', exact: true }).waitFor();
    expect(site.inbox.list()).toHaveLength(2);
    expect(await codeField(page).inputValue()).toBe('');
    await typeCode(page, latestCode());
    await verified(page).waitFor();
    expect(first).toMatch(/^\d{6}$/);
  });

  test('a dead code stays dead when no new one can be had', async () => {
    await restartSite({ policy: { maxSends: 1 } });
    const page = await openCodeStep();
    for (let wrong = 0; wrong < 5; wrong += 1) await typeCode(page, wrongCode());
    const [response] = await Promise.all([page.waitForResponse('**/v1/verifications'), resend(page).click()]);
    expect(response.status()).toBe(429);
    await eventually(async () => secondsIn(await resend(page).innerText())).toBeGreaterThan(590);
    expect(await page.getByRole('button', { name: 'Verify', exact: true }).count()).toBe(0);
    await codeField(page).focus();
    await page.keyboard.press('Enter');
    expect(await resend(page).getAttribute('aria-disabled')).toBe('true');
  });

  test.each([
    ['a landline', '+44 20 7183 8750'],
    ['a premium-rate number', '+44 909 879 0000'],
  ])('%s is refused in the words of the API', async (_kind, typed) => {
    const answer = await fetch(`${site.url}/v1/verifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: typed }),
    });
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    expect(code).toBe('destination_not_allowed');
    const page = await openDemo();
    await numberField(page).fill(typed);
    await page.keyboard.press('Enter');
    await problem(page).waitFor();
    expect(await problem(page).innerText()).toBe(detail);
    expect(detail).not.toBe(sentenceFor({ code }));
    expect(site.inbox.list()).toEqual([]);
  });

  test('a mistyped number is corrected, not typed anew', async () => {
    const page = await openCodeStep();
    await page.getByRole('button', { name: 'Use another one' }).click();
    expect(await numberField(page).inputValue()).toBe('(202) 555-0143');
    await page.keyboard.type('(202) 555-0144');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    expect(site.inbox.list()[0]?.to).toBe('+12025550144');
  });

  test('sending again waits as long as the API advises and repeats the code', async () => {
    const page = await openCodeStep({ prepare: (fresh) => fresh.clock.install() });
    const code = latestCode();
    expect(await resend(page).getAttribute('aria-disabled')).toBe('true');
    await resend(page).click({ force: true });
    expect(site.inbox.list()).toHaveLength(1);

    await page.clock.fastForward('00:31');
    await resend(page).click();
    await eventually(() => site.inbox.list().map((message) => message.code)).toEqual([code, code]);
    await eventually(() => page.getByRole('definition').nth(2).innerText()).toBe('1');
    expect(await page.getByRole('status').filter({ hasText: 'Sent again' }).isVisible()).toBe(true);
    expect(await resend(page).getAttribute('aria-disabled')).toBe('true');
  });

  test('a fourth text is refused with a time to wait that counts down, and the code stays good', async () => {
    const page = await openCodeStep({ prepare: (fresh) => fresh.clock.install() });
    for (const nth of [2, 3]) {
      const response = await fetch(`${site.url}/v1/verifications`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to }),
      });
      expect(response.status, `text ${nth}`).toBe(200);
    }
    await page.clock.fastForward('00:31');
    const [response] = await Promise.all([page.waitForResponse('**/v1/verifications'), resend(page).click()]);
    expect(response.status()).toBe(429);
    await problem(page).waitFor();
    const retryAfter = Number(response.headers()['retry-after']);
    expect(secondsIn(await resend(page).innerText())).toBeGreaterThan(retryAfter - 5);
    await page.clock.fastForward('01:00');
    await eventually(async () => secondsIn(await resend(page).innerText())).toBeLessThanOrEqual(retryAfter - 60);
    expect(site.inbox.list()).toHaveLength(3);
    await typeCode(page, latestCode());
    await verified(page).waitFor();
  });

  test('a refusal on the first step says when asking again has a use', async () => {
    await restartSite({ policy: { maxSends: 1 } });
    const page = await openCodeStep();
    await page.getByRole('button', { name: 'Use another one' }).click();
    await numberField(page).fill(to);
    await page.keyboard.press('Enter');
    await problem(page).waitFor();
    expect(secondsIn(await page.getByText('Possible again in').innerText())).toBeGreaterThan(590);
  });

  test('countdowns follow the clock of the server, not that of the browser', async () => {
    const page = await openCodeStep({ prepare: (fresh) => fresh.clock.install({ time: Date.now() - 3_600_000 }) });
    expect(secondsIn(await resend(page).innerText())).toBeGreaterThan(25);
    expect(secondsIn(await resend(page).innerText())).toBeLessThanOrEqual(30);
    const lifetime = secondsIn(await page.getByRole('definition').nth(0).innerText());
    expect(lifetime).toBeGreaterThan(295);
    expect(lifetime).toBeLessThanOrEqual(300);
  });

  test('a code that runs out says so and can be replaced', async () => {
    const page = await openCodeStep({ prepare: (fresh) => fresh.clock.install() });
    await page.clock.fastForward('05:02');
    await problem(page).waitFor();
    expect(await page.getByRole('button', { name: 'Verify', exact: true }).count()).toBe(0);
    await resend(page).click();
    await eventually(() => site.inbox.list().length).toBe(2);
    await typeCode(page, latestCode());
    await verified(page).waitFor();
  });

  test('a service that is gone, or answers what is no problem, is no silence', async () => {
    const page = await openCodeStep();
    await page.route('**/v1/verifications/check', (route) =>
      route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }),
    );
    await codeField(page).fill('123456');
    await page.keyboard.press('Enter');
    await problem(page).waitFor();
    const first = await problem(page).innerText();
    await page.unroute('**/v1/verifications/check');
    await page.route('**/v1/verifications/check', (route) => route.abort());
    await page.keyboard.press('Enter');
    await eventually(() => problem(page).innerText()).not.toBe(first);
    await page.unroute('**/v1/verifications/check');
    await typeCode(page, latestCode());
    await verified(page).waitFor();
  });

  test('a number whose wrong codes are spent is told how long it has to rest', async () => {
    const page = await openCodeStep();
    await refuseChecks(page, 429, { code: 'too_many_checks', scope: 'number' }, { 'retry-after': '7260' });
    await typeCode(page, '123456');
    await problem(page).waitFor();
    expect(await resend(page).innerText()).toContain('2 h');
    expect(await resend(page).getAttribute('aria-disabled')).toBe('true');
  });

  test('every problem code of the API has a sentence of its own', () => {
    const fallback = sentenceFor({ code: 'no_such_code' });
    expect(Object.keys(problems).filter((code) => sentenceFor({ code }) === fallback)).toEqual([]);
  });

  test('where there is no inbox the page says so and still verifies', async () => {
    await restartSite({ only: 'service' });
    const page = await openDemo();
    await page.getByText('There is no inbox here').waitFor();
    expect(await page.getByRole('link', { name: 'Inbox' }).count()).toBe(0);
    await numberField(page).fill('(202) 555-0143');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    await typeCode(page, latestCode());
    await verified(page).waitFor();
  });
});

/** The seconds of "4:07" in a text. */
function secondsIn(text: string): number {
  const [, minutes, seconds] = /(\d+):(\d\d)/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

describe('for developers', () => {
  test('the two calls are shown as curl that works, without the code', async () => {
    const page = await openCodeStep({ permissions: ['clipboard-read', 'clipboard-write'] });
    const code = latestCode();
    await typeCode(page, code);
    await verified(page).waitFor();
    const panel = page.getByRole('region', { name: 'What just happened' });
    for (const summary of await panel.getByText('Answer').all()) await summary.click();
    const shown = await panel.innerText();
    expect(shown).toContain('201');
    expect(shown).toContain('200');
    expect(shown).toContain('"code": "••••••"');
    expect(shown).not.toContain(code);

    await panel.getByRole('button', { name: /^Copy/ }).first().click();
    await panel.getByText('Copied').waitFor();
    const [, url, body] =
      /^curl (\S+) .* -d '(.*)'$/s.exec(await page.evaluate<string>('navigator.clipboard.readText()')) ?? [];
    const response = await fetch(url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body ?? '',
    });
    expect(response.status).toBe(201);
  });

  test('links lead to the inbox of the number and to the reference', async () => {
    const page = await openCodeStep();
    await page.getByRole('link', { name: 'inbox', exact: true }).click();
    await page.getByRole('heading', { name: to }).waitFor();
    await page.getByRole('link', { name: 'API' }).click();
    await page.waitForURL('**/docs');
  });
});

describe('for everybody', () => {
  test.each(['light', 'dark'] as const)('axe finds nothing in any state, %s', async (colorScheme) => {
    const page = await openDemo({ colorScheme });
    expect(await accessibilityFaults(page), 'number').toEqual([]);
    await numberField(page).fill('12');
    await page.keyboard.press('Enter');
    await problem(page).waitFor();
    expect(await accessibilityFaults(page), 'not a number').toEqual([]);
    await numberField(page).fill('(202) 555-0143');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Use code' }).waitFor();
    expect(await accessibilityFaults(page), 'code').toEqual([]);
    for (let wrong = 0; wrong < 5; wrong += 1) await typeCode(page, wrongCode());
    await page.getByRole('button', { name: 'Send a new code' }).waitFor();
    expect(await accessibilityFaults(page), 'ended').toEqual([]);
    await resend(page).click();
    await page.getByRole('button', { name: 'Verify', exact: true }).waitFor();
    await typeCode(page, latestCode());
    await verified(page).waitFor();
    expect(await accessibilityFaults(page), 'verified').toEqual([]);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await accessibilityFaults(page), 'narrow').toEqual([]);
  });

  test('a page of 360 px never scrolls sideways', async () => {
    const page = await openDemo({ viewport: { width: 360, height: 640 } });
    expect(await overflow(page)).toBe(0);
    await numberField(page).fill('(202) 555-0143');
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    expect(await overflow(page)).toBe(0);
    await typeCode(page, latestCode());
    await verified(page).waitFor();
    await page.getByText('Answer').last().click();
    expect(await overflow(page)).toBe(0);
  });

  test('whoever wants less motion gets none', async () => {
    const animations = (page: Page) => page.evaluate<number>('document.getAnimations().length');
    const moving = await openCodeStep();
    await typeCode(moving, latestCode());
    await verified(moving).waitFor();
    expect(await animations(moving)).toBeGreaterThan(0);
    const still = await openCodeStep({ reducedMotion: 'reduce' });
    await typeCode(still, latestCode());
    await verified(still).waitFor();
    expect(await animations(still)).toBe(0);
  });

  test('nothing is asked of another host', async () => {
    const hosts = new Set<string>();
    const errors: string[] = [];
    const page = await openCodeStep({
      prepare: async (fresh) => {
        fresh.on('request', (request) => hosts.add(new URL(request.url()).host));
        fresh.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      },
    });
    await typeCode(page, latestCode());
    await verified(page).waitFor();
    hosts.delete('');
    expect([...hosts]).toEqual([new URL(site.url).host]);
    expect(errors).toEqual([]);
  });
});
