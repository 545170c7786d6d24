import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import {
  cleanUp,
  newFolder,
  run,
  said,
  startCommand,
  startService,
  type RunningService,
} from './phoneproof-process.ts';
import { call } from './service-client.ts';

const cwd = newFolder();
let dev: RunningService;
/** Lends numbers to which the service at `dev` sends nothing: its inbox is another one. */
let elsewhere: RunningService;
beforeAll(async () => {
  dev = await startService(['dev'], { cwd });
  elsewhere = await startService(['inbox'], { cwd: newFolder() });
});
afterAll(cleanUp);

interface Given {
  env?: Record<string, string>;
  url?: string;
}

/** Runs `phoneproof e2e` against `dev`, or what the environment says. */
const e2e = (args: readonly string[], { env = {}, url = dev.url }: Given = {}) =>
  run(['e2e', ...args], { cwd, env: { PHONEPROOF_URL: url, ...env } });

/** Numbers that a run has. The sites that rent numbers, which the inbox plays, keep a used one for a while. */
async function leases({ url }: RunningService): Promise<unknown[]> {
  const { body } = await call(url, '/inbox/api/numbers');
  return (body['data'] as { run: string | null }[]).filter(({ run: name }) => name === 'end-to-end');
}

/** Every code, and every whole number without its plus, that the inbox of `dev` has seen. */
async function secrets(): Promise<string[]> {
  const { body } = await call(dev.url, '/inbox/api/messages?limit=1000');
  const messages = body['data'] as { code: string; to: string }[];
  expect(messages.length).toBeGreaterThan(0);
  return messages.flatMap(({ code, to }) => [code, to.slice(1)]);
}

async function expectMasked(...outputs: readonly string[]): Promise<void> {
  for (const secret of await secrets()) for (const output of outputs) expect(output).not.toContain(secret);
}

const objects = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('against dev as it comes', () => {
  test('each step is shown with its time, and no code and no whole number', async () => {
    const { exitCode, stdout, stderr } = await e2e([]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/Number \+1•{6}\d{4} +\d+ ms\n/);
    for (const step of ['Verification started', 'Code •••••• arrived', 'Code approved', 'Number given back']) {
      expect(stdout).toMatch(new RegExp(`^  ${step} +[0-9.]+ m?s$`, 'm'));
    }
    // A pipe is no terminal: nothing moves, and nothing is coloured.
    expect(stdout).not.toContain('\u001B');
    await expectMasked(stdout);
    expect(await leases(dev)).toEqual([]);
  });

  test('several countries and repetitions end in a table', async () => {
    const { exitCode, stdout } = await e2e(['--countries', 'US,GB', '--repeat', '2']);
    expect(exitCode).toBe(0);
    expect(stdout.match(/^Run \d of 4/gm)).toHaveLength(4);
    expect(stdout).toMatch(/^country +outcome +text +in all\n(?:US +approved.*\n){2}(?:GB +approved.*\n){2}/m);
    expect(stdout).toMatch(/^4 of 4 runs approved\. Texts took .* \(p50\), .* \(p95\)\.$/m);
    await expectMasked(stdout);
  });

  test('JSON is one object per run and one at the end, without a code', async () => {
    const { exitCode, stdout, stderr } = await e2e(['--countries', 'GB,ZZ', '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    const [first, second, summary, ...more] = objects(stdout);
    expect(more).toEqual([]);
    expect(first).toEqual({
      type: 'run',
      run: 1,
      provider: 'inbox',
      country: 'GB',
      outcome: 'approved',
      step: null,
      reason: null,
      detail: null,
      to: expect.stringMatching(/^\+44•+\d{4}$/),
      acquire_ms: expect.any(Number),
      start_ms: expect.any(Number),
      delivery_ms: expect.any(Number),
      check_ms: expect.any(Number),
      total_ms: expect.any(Number),
      polls: 1,
      released: 'released',
    });
    expect(second).toMatchObject({
      run: 2,
      country: 'ZZ',
      outcome: 'no_number',
      step: 'acquire',
      reason: 'no_numbers',
    });
    expect(second).toMatchObject({ to: null, delivery_ms: null, released: null });
    const { delivery_ms: deliveryMs } = first as { delivery_ms: number };
    expect(summary).toEqual({
      type: 'summary',
      runs: 2,
      approved: 1,
      outcomes: { approved: 1, no_number: 1 },
      rents: 1,
      delivery_p50_ms: deliveryMs,
      delivery_p95_ms: deliveryMs,
      exit_code: 1,
    });
    await expectMasked(stdout);
  });

  test('whole numbers and the code are shown to who asks for them; the code in no JSON', async () => {
    const { stdout } = await e2e(['--show']);
    const { body } = await call(dev.url, '/inbox/api/messages?limit=1');
    const [{ code, to }] = body['data'] as [{ code: string; to: string }];
    expect(stdout).toContain(`Number ${to} `);
    expect(stdout).toContain(`Code ${code} arrived`);
    const json = await e2e(['--show', '--json']);
    const [latest] = (await call(dev.url, '/inbox/api/messages?limit=1')).body['data'] as [
      { code: string; to: string },
    ];
    expect(objects(json.stdout)[0]).toMatchObject({ to: latest.to });
    expect(json.stdout).not.toContain(latest.code);
  });

  test('a verifier of the process itself does as well, by the inbox or by what is configured', async () => {
    const verifies = { url: 'http://127.0.0.1:9', env: { PHONEPROOF_INBOX_URL: dev.url } };
    expect(await e2e(['--in-process'], verifies)).toMatchObject({ exitCode: 0, stderr: '' });
    const twilio = {
      PHONEPROOF_PROVIDER: 'twilio',
      PHONEPROOF_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      PHONEPROOF_TWILIO_AUTH_TOKEN: 'token-of-twilio',
      PHONEPROOF_TWILIO_FROM: '+15005550006',
      PHONEPROOF_TWILIO_BASE_URL: `${dev.url}/twilio`,
    };
    const { exitCode, stdout, stderr } = await e2e(['--in-process'], { env: twilio });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).not.toContain('token-of-twilio');
    const { body } = await call(dev.url, '/inbox/api/messages?limit=1');
    expect(body['data']).toMatchObject([{ provider: 'twilio' }]);
  });
});

describe('numbers that are rented, from the stand-ins of the inbox:', () => {
  const key = 'key-of-the-account-0f9e8d7c';
  const sites: [via: string, country: string, env: (url: string) => Record<string, string>][] = [
    [
      'smspinverify',
      'USA',
      (url) => ({ PHONEPROOF_SMSPINVERIFY_CUSTOMER: key, PHONEPROOF_SMSPINVERIFY_BASE_URL: `${url}/smspinverify` }),
    ],
    [
      'handler-api',
      '187',
      (url) => ({ PHONEPROOF_HANDLER_API_API_KEY: key, PHONEPROOF_HANDLER_API_BASE_URL: `${url}/handler-api` }),
    ],
    [
      '5sim',
      'usa',
      (url) => ({
        PHONEPROOF_5SIM_TOKEN: key,
        PHONEPROOF_5SIM_BASE_URL: `${url}/5sim`,
        // Times 1,000 that is no whole number to a computer.
        PHONEPROOF_5SIM_TIMEOUT_SECONDS: '1.005',
      }),
    ],
  ];

  test.each(sites)('%s', async (via, country, envOf) => {
    const args = ['--via', via, '--app', 'other', '--country', country, '--json'];
    const { exitCode, stdout, stderr } = await e2e(args, { env: envOf(dev.url) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(objects(stdout)[0]).toMatchObject({ provider: via, country, outcome: 'approved', released: 'released' });
    expect(stdout).not.toContain(key);
  });

  test.each(sites)('%s, at an address where no such site is: the key is in no output', async (via, country, envOf) => {
    const args = ['--via', via, '--service', 'other', '--country', country];
    const { exitCode, stdout, stderr } = await e2e(args, { env: envOf(`${dev.url}/nothing-here`) });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\((?:no_number|unreachable): \w+\)/);
    expect(stdout + stderr).not.toContain(key);
  });
});

describe('numbers of one’s own, from the stand-ins of the inbox:', () => {
  const password = 'password-of-mine-0f9e8d7c';
  test.each<[via: string, env: (url: string) => Record<string, string>]>([
    [
      'android-gateway',
      (url) => ({
        PHONEPROOF_ANDROID_GATEWAY_NUMBER_BASE_URL: `${url}/android-gateway`,
        PHONEPROOF_ANDROID_GATEWAY_NUMBER_USERNAME: 'sms',
        PHONEPROOF_ANDROID_GATEWAY_NUMBER_PASSWORD: password,
        PHONEPROOF_ANDROID_GATEWAY_NUMBER_NUMBER: '+12025550100',
      }),
    ],
    [
      'twilio-number',
      (url) => ({
        PHONEPROOF_TWILIO_NUMBER_BASE_URL: `${url}/twilio`,
        PHONEPROOF_TWILIO_NUMBER_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
        PHONEPROOF_TWILIO_NUMBER_AUTH_TOKEN: password,
        PHONEPROOF_TWILIO_NUMBER_NUMBERS: '+12025550188',
      }),
    ],
  ])('%s', async (via, envOf) => {
    const { exitCode, stdout, stderr } = await e2e(['--via', via, '--json'], { env: envOf(dev.url) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(objects(stdout)[0]).toMatchObject({
      provider: via,
      country: 'own',
      outcome: 'approved',
      released: 'released',
    });
    expect(stdout).not.toContain(password);
  });
});

describe('the exit code tells', () => {
  test('3: no service answers', async () => {
    const { exitCode, stderr } = await e2e([], { url: 'http://127.0.0.1:9' });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/phoneproof dev.*\(unreachable: no_answer\)/);
  });

  test('3: no provider of numbers answers', async () => {
    expect(await e2e(['--inbox-url', 'http://127.0.0.1:9'])).toMatchObject({ exitCode: 3 });
  });

  test('1: the text never comes, and the number is given back', async () => {
    const { exitCode, stdout, stderr } = await e2e(['--inbox-url', elsewhere.url, '--timeout', '1s']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/No code arrived on \+1•+\d{4} .*\(no_code: timeout\)/);
    expect(await leases(elsewhere)).toEqual([]);
    await expectMasked(stdout, stderr);
  });

  test('1: as many numbers as allowed were rented', async () => {
    const { exitCode, stdout } = await e2e(['--repeat', '5', '--max-rents', '2', '--json']);
    expect(exitCode).toBe(1);
    expect(objects(stdout).map(({ outcome }) => outcome)).toEqual(['approved', 'approved', 'cost_guard', undefined]);
    expect(objects(stdout).at(-1)).toMatchObject({ runs: 3, rents: 2 });
  });

  test('1: the service does not know the key, which is in no output', async () => {
    const right = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
    const wrong = 'x1Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe2';
    const env = {
      PHONEPROOF_SECRET: 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=',
      PHONEPROOF_API_KEYS: right,
      PHONEPROOF_STORE: 'memory:',
      PHONEPROOF_PROVIDER: 'inbox',
      PHONEPROOF_COUNTRIES: '*',
      PHONEPROOF_ALLOW_UNSAFE: 'provider,store',
    };
    const { url } = await startService(['serve'], { cwd, env });
    const refused = await e2e([], { url, env: { PHONEPROOF_API_KEY: wrong } });
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(start_refused: unauthorized)') });
    const taken = await e2e([], { url, env: { PHONEPROOF_API_KEY: right } });
    expect(taken.exitCode).toBe(0);
    const outputs = [refused, taken].map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(outputs).not.toMatch(new RegExp(`${right}|${wrong}`));
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '130: %s came, and the number was given back first',
    async (signal) => {
      const env = { PHONEPROOF_URL: dev.url, PHONEPROOF_INBOX_URL: elsewhere.url };
      const command = startCommand(['e2e', '--repeat', '3', '--json'], { cwd, env });
      await eventually(() => leases(elsewhere)).toHaveLength(1);
      command.signal(signal);
      expect(await command.ended).toBe(130);
      const [ended, summary] = objects(command.output().stdout);
      expect(ended).toMatchObject({ outcome: 'aborted', step: expect.any(String) });
      expect(summary).toMatchObject({ type: 'summary', runs: 1, exit_code: 130 });
      expect(await leases(elsewhere)).toEqual([]);
    },
  );
});

describe('the canary', () => {
  test('tells what became of its runs as metrics, and gives its number back at the end', async () => {
    const env = { PHONEPROOF_URL: dev.url };
    const args = ['canary', '--every', '1s', '--countries', 'US,GB', '--metrics-port', '0'];
    const canary = startCommand(args, { cwd, env });
    const url = new URL(await said(canary, /"metrics":"([^"]+)"/));
    const metrics = async (): Promise<string> => (await fetch(url)).text();
    await eventually(metrics).toContain('phoneproof_canary_up{country="GB",provider="inbox"} 1');
    const exposition = await metrics();
    const value = (series: string): number => {
      const line = exposition.split('\n').find((each) => each.startsWith(`${series} `));
      return Number(line?.slice(series.length));
    };
    expect(value('phoneproof_canary_runs_total{country="US",provider="inbox",outcome="approved"}')).toBeGreaterThan(0);
    expect(value('phoneproof_canary_rents_total{country="US",provider="inbox"}')).toBeGreaterThan(0);
    expect(value('phoneproof_canary_delivery_seconds_count{country="US",provider="inbox"}')).toBeGreaterThan(0);
    expect(value('phoneproof_canary_step_seconds_count{step="check"}')).toBeGreaterThan(1);
    const at = value('phoneproof_canary_last_success_timestamp_seconds{country="US",provider="inbox"}');
    expect(Math.abs(Date.now() / 1_000 - at)).toBeLessThan(60);
    expect((await fetch(new URL('/elsewhere', url))).status).toBe(404);
    expect(url.hostname).toBe('127.0.0.1');
    canary.signal('SIGTERM');
    expect(await canary.ended).toBe(0);
    const { stdout, stderr } = canary.output();
    expect(stderr).toBe('');
    expect(objects(stdout)).toContainEqual(expect.objectContaining({ msg: 'run', country: 'US', outcome: 'approved' }));
    await expectMasked(stdout, exposition);
    expect(await leases(dev)).toEqual([]);
  });

  test('tells failures, and is ended in the middle of a run in good order', async () => {
    const env = { PHONEPROOF_URL: dev.url, PHONEPROOF_INBOX_URL: elsewhere.url };
    const args = ['canary', '--every', '1s', '--timeout', '1s', '--metrics-port', '0', '--max-rents-per-day', '2'];
    const canary = startCommand(args, { cwd, env });
    const url = await said(canary, /"metrics":"([^"]+)"/);
    await eventually(async () => (await fetch(url)).text()).toMatch(/runs_total\{[^}]*outcome="cost_guard"\} [1-9]/);
    const exposition = await (await fetch(url)).text();
    expect(exposition).toContain('phoneproof_canary_runs_total{country="US",provider="inbox",outcome="no_code"} 2');
    expect(exposition).toContain('phoneproof_canary_rents_total{country="US",provider="inbox"} 2');
    expect(exposition).toContain('phoneproof_canary_up{country="US",provider="inbox"} 0');
    expect(exposition).not.toContain('phoneproof_canary_last_success_timestamp_seconds{');
    canary.signal('SIGTERM');
    expect(await canary.ended).toBe(0);
    const waiting = startCommand(['canary', '--timeout', '60s'], { cwd, env });
    await eventually(() => leases(elsewhere)).toHaveLength(1);
    waiting.signal('SIGTERM');
    expect(await waiting.ended).toBe(0);
    expect(await leases(elsewhere)).toEqual([]);
    await expectMasked(canary.output().stdout, waiting.output().stdout, exposition);
  });
});
