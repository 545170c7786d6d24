import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../test/chromium.ts';
import { serveApp, serveInbox } from '../test/e2e/inbox-page.ts';
import { startSite } from '../test/e2e/site.ts';

// Takes the pictures in docs/images anew, of the built pages: run `npm run build:ui` before. Names of pictures as arguments take only those.
const wanted = process.argv.slice(2);

interface Picture {
  size: readonly [width: number, height: number];
  colorScheme: 'light' | 'dark';
  /** After the address of the page. */
  hash?: string;
  act?: (page: Page) => Promise<void>;
}

async function takeDemo(browser: Browser): Promise<void> {
  const site = await startSite();
  for (const name of ['light', 'dark'] as const) {
    if (wanted.length > 0 && !wanted.includes(`demo-${name}`)) continue;
    const page = await browser.newPage({
      viewport: { width: 1_160, height: 660 },
      colorScheme: name,
      reducedMotion: 'reduce',
    });
    await page.goto(site.url);
    await page.getByLabel('Phone number').fill(name === 'dark' ? '(202) 555-0178' : '(202) 555-0143');
    await page.keyboard.press('Enter');
    await page.getByLabel('Code', { exact: true }).waitFor();
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
    await page.getByText('is your', { exact: false }).first().waitFor();
    await page.screenshot({ path: `docs/images/demo-${name}.png` });
    await page.close();
  }
  await site.close();
}

const shop = '+12025550143';
const shopSender = '+12025550199';
const account = 'AC00000000000000000000000000000001';

const details = async (page: Page) => {
  await page
    .getByRole('button', { name: /^Details/ })
    .last()
    .click();
  await page.getByText('StatusCallback').waitFor();
};
const faults = async (page: Page) => {
  await page.getByRole('button', { name: 'What goes wrong' }).click();
  await page.getByRole('heading', { name: 'Script a fault' }).waitFor();
};

const inboxPictures: Readonly<Record<string, Picture>> = {
  'inbox-light': { size: [1_280, 800], colorScheme: 'light' },
  'inbox-dark': { size: [1_280, 800], colorScheme: 'dark' },
  'inbox-details': { size: [1_440, 900], colorScheme: 'light', act: details },
  'inbox-faults': { size: [1_280, 900], colorScheme: 'dark', act: faults },
  'inbox-search': {
    size: [1_280, 800],
    colorScheme: 'light',
    async act(page) {
      await page.getByRole('searchbox').focus();
      await page.getByRole('button', { name: /^provider:/ }).waitFor();
    },
  },
  'inbox-phone': {
    size: [1_280, 800],
    colorScheme: 'light',
    async act(page) {
      await page.getByRole('button', { name: 'Open on a phone' }).click();
      await page.getByRole('img', { name: /^QR code/ }).waitFor();
    },
  },
  'inbox-narrow-list': { size: [360, 740], colorScheme: 'light', hash: '' },
  'inbox-narrow-thread': { size: [360, 740], colorScheme: 'dark' },
};

async function takeInbox(browser: Browser): Promise<void> {
  const pictures = Object.entries(inboxPictures).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  if (pictures.length === 0) return;
  const app = await serveApp();
  const served = await serveInbox({
    prices: { currency: 'USD', perSegment: { '*': 0.05, '+1': 0.0083, '+44': 0.0463, '+49': 0.094 } },
    addresses: ['http://192.168.1.5:8080/inbox?key=walnut-harbor-42'],
  });
  const twilio = (path: string, form: Record<string, string>) =>
    fetch(`${served.url}/twilio/2010-04-01/Accounts/${account}/${path}.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account}:token`)}` },
      body: new URLSearchParams(form),
    });
  const send = (To: string, Body: string) =>
    twilio('Messages', { To, From: shopSender, Body, StatusCallback: 'https://shop.example/receipts' });
  const hold = { kind: 'hold' } as const;

  await twilio('IncomingPhoneNumbers', { PhoneNumber: shopSender, SmsUrl: `${app.url}/replies` });
  for (const [to, from, body] of [
    ['+4915123456789', 'Paketbote', 'Ihre Sendung kommt morgen zwischen 9 und 11 Uhr – bitte jemanden zu Hause haben.'],
    ['+819012345678', 'Example', '認証コードは 204816 です。他人に教えないでください。'],
    ['+14165550126', 'Bank', 'Your security code is 735-102. We will never ask for it.'],
    ['+34612345678', 'Hotel', 'Su código de registro es 5518.'],
    ['+33612345678', 'Clinique', 'Rappel : rendez-vous mardi 24 à 10h15.'],
    ['+61491570156', 'Gym', '880412 is your door code for today.'],
  ] as const) {
    served.inbox.add({ to, from, body, provider: 'vonage' });
  }
  await send('+447911123456', '290551 is your Shop code. It expires in 10 minutes.\n\n@shop.example #290551');
  await send(shop, 'Your order is on its way. Reply STOP to end these texts.');
  await send(shop, '493817 is your Shop code. It expires in 10 minutes.\n\n@shop.example #493817');
  served.carrier.faults.add({ vendor: 'twilio', to: '+12025550178', fault: hold, next: 1 });
  await send('+12025550178', '610294 is your Shop code. It expires in 10 minutes.');
  served.carrier.faults.add({ vendor: 'vonage', fault: { kind: 'server_error', status: 503 }, probability: 0.1 });
  served.carrier.faults.add({ to: '+447911123456', fault: { kind: 'late_receipts', delayMs: 30_000 }, next: 3 });

  for (const [name, { size, colorScheme, hash = `#${shop}`, act }] of pictures) {
    const [width, height] = size;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${served.url}/inbox${hash}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('1 held').waitFor({ state: 'attached' });
    await act?.(page);
    // Where nothing was done, nothing is marked as having the focus.
    if (!act) await page.evaluate('document.activeElement.blur()');
    await page.screenshot({ path: `docs/images/${name}.png` });
    await page.close();
  }
  await served.close();
  await app.close();
}

const browser = await launchBrowser();
await takeDemo(browser);
await takeInbox(browser);
await browser.close();
