import { launchBrowser } from '../test/chromium.ts';
import { startSite } from '../test/e2e/site.ts';

// Takes the pictures in docs/images anew, of the built pages: run `npm run build:ui` before.
const site = await startSite();
const browser = await launchBrowser();

async function take(name: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_160, height: 660 }, colorScheme, reducedMotion: 'reduce' });
  await page.goto(site.url);
  await page.getByLabel('Phone number').fill(name === 'dark' ? '(202) 555-0178' : '(202) 555-0143');
  await page.keyboard.press('Enter');
  await page.getByLabel('Code', { exact: true }).waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  await page.getByText('is your', { exact: false }).first().waitFor();
  await page.screenshot({ path: `docs/images/demo-${name}.png` });
  await page.close();
}

await take('light', 'light');
await take('dark', 'dark');
await browser.close();
await site.close();
