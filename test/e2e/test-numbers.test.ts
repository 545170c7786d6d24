import { afterEach, describe, expect, test } from 'vitest';
import { launchBrowser } from '../chromium.ts';
import { accessibilityFaults } from './accessibility.ts';
import { cleanUp, newFolder, run, startService } from './phoneproof-process.ts';
import { call } from './service-client.ts';

afterEach(cleanUp);

const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const british = '+447700900187';
const codes = { '+12025550187': '739104', [british]: '105827' };
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const testNumbers = {
  PHONEPROOF_TEST_NUMBERS: Object.entries(codes)
    .map((pair) => pair.join('='))
    .join(','),
  PHONEPROOF_TEST_NUMBERS_UNTIL: inDays(3),
};

/** For production, with a carrier that cannot be reached: whatever it is asked for fails. */
const serve = {
  PHONEPROOF_SECRET: 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=',
  PHONEPROOF_API_KEYS: key,
  PHONEPROOF_STORE: 'sqlite:verifications.db',
  PHONEPROOF_COUNTRIES: 'DE',
  PHONEPROOF_PROVIDER: 'webhook',
  PHONEPROOF_WEBHOOK_URL: 'http://127.0.0.1:1/send',
  PHONEPROOF_WEBHOOK_SECRET: 'whsec_b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=',
  PHONEPROOF_LOG_LEVEL: 'debug',
  PHONEPROOF_METRICS_PORT: '0',
};

describe('serve', () => {
  test('verifies a test number by its code, says so in log and metrics, and asks no provider', async () => {
    const service = await startService(['serve'], { cwd: newFolder(), env: { ...serve, ...testNumbers } });
    const ask = (path: string, body: object) => call(service.url, path, { body, key });
    const started = await ask('/v1/verifications', { to: '07700 900187', country: 'GB' });
    expect(started).toMatchObject({ status: 201, body: { to: british, test: true } });
    const { id } = started.body;
    expect(await ask('/v1/verifications/check', { id, code: '105828' })).toMatchObject({ status: 422 });
    expect(await ask('/v1/verifications/check', { id, code: '105827' })).toMatchObject({
      status: 200,
      body: { test: true },
    });
    const refused = await ask('/v1/verifications', { to: '+12025550188' });
    expect(refused).toMatchObject({ status: 403, body: { code: 'destination_not_allowed' } });

    const { stdout, stderr } = service.output();
    const metricsUrl = /"metrics":"([^"]+)"/.exec(stdout)?.[1] ?? '';
    const metrics = await (await fetch(metricsUrl)).text();
    expect(metrics).toContain('phoneproof_test_number_starts_total{outcome="created",limit=""} 1');
    expect(metrics).toContain('phoneproof_test_number_checks_total{outcome="approved"} 1');
    expect(metrics).not.toContain('phoneproof_deliveries_total{');

    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { level: string; msg: string; test?: boolean });
    const warnings = lines.filter(({ level, msg }) => level === 'warn' && msg.includes('TEST_NUMBERS'));
    expect(warnings.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('2 test numbers (+1••••••0187, +44••••••0187)'),
      expect.stringContaining('ends in '),
    ]);
    expect(lines.filter((line) => line.test).map(({ msg }) => msg)).toEqual([
      'verification.started',
      'check.refused',
      'verification.approved',
    ]);
    expect(`${stdout}${stderr}${metrics}`).not.toMatch(/739104|105827|2025550187|7700900187/);
  });

  test('does not start with what is wrong, all of it named, no code shown', async () => {
    const env = {
      ...serve,
      PHONEPROOF_TEST_NUMBERS: '+12025551187=739104,+447700900187=1058',
      PHONEPROOF_TEST_NUMBERS_UNTIL: inDays(500),
    };
    const { exitCode, stdout, stderr } = await run(['serve'], { cwd: newFolder(), env });
    expect(exitCode).not.toBe(0);
    expect(stderr.match(/PHONEPROOF_TEST_NUMBERS of \+1••••••1187/g)).toHaveLength(1);
    expect(stderr.match(/PHONEPROOF_TEST_NUMBERS of \+44••••••0187/g)).toHaveLength(1);
    expect(stderr).toContain('PHONEPROOF_TEST_NUMBERS_UNTIL must be at most 400 days ahead');
    expect(`${stdout}${stderr}`).not.toMatch(/739104|=1058|2025551187|7700900187/);
  });
});

test('the demo page says of a test number that it is one, and shows no code', async () => {
  const { url } = await startService(['dev'], { cwd: newFolder(), env: testNumbers });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 360, height: 740 } });
    page.setDefaultTimeout(15_000);
    await page.goto(url);
    await page.getByLabel('Phone number').fill('+44 7700 900187');
    await page.keyboard.press('Enter');
    await page.getByText('This is a test number: its code is set in the configuration.').waitFor();
    expect(await page.getByText('We sent a code').count()).toBe(0);
    expect(await page.content()).not.toContain('105827');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Code' }).fill('105827');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `${british} is verified` }).waitFor();
    expect(await page.getByText('held the phone').count()).toBe(0);
    await page.getByText('It proves nothing about a phone.').waitFor();
  } finally {
    await browser.close();
  }
});
