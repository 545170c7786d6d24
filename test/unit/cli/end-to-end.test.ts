import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { duration } from '../../../src/cli/durations.ts';
import { plainView } from '../../../src/cli/end-to-end/plain-view.ts';
import { terminalView } from '../../../src/cli/end-to-end/terminal-view.ts';
import type { EndToEndView } from '../../../src/cli/end-to-end/view.ts';
import { interruption } from '../../../src/cli/interruption.ts';
import { runCli } from '../../../src/cli/program.ts';
import type { EndToEndReport } from '../../../src/end-to-end/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoneproof-e2e-flags-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function phoneproof(args: readonly string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const exitCode = await runCli(args, {
    env,
    cwd: folder,
    write: (text) => void (stdout += text),
    writeError: (text) => void (stderr += text),
  });
  return { exitCode, stdout, stderr };
}

describe.each(['e2e', 'canary'])('%s', (command) => {
  test.each([
    [['--timeout', 'soon']],
    [['--timeout', '2h']],
    [['--max-price', '0']],
    [['--purpose', 'for 493817']],
    [['--locale', '#']],
    [['--via', 'smspinverify']],
    [['--countries', 'US', 'GB']],
    [command === 'e2e' ? ['--repeat', '0'] : ['--every', '1ms']],
    [command === 'e2e' ? ['--max-rents', 'many'] : ['--max-rents-per-day', '0']],
  ])('%j is wrong usage, and says so in a line', async (args) => {
    const env = { PHONEPROOF_SMSPINVERIFY_CUSTOMER: 'x', PHONEPROOF_SMSPINVERIFY_SERVICE: 'y' };
    const { exitCode, stdout, stderr } = await phoneproof([command, ...args], env);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).not.toContain('493817');
  });

  test.each([
    [
      ['--via', 'smspinverify', '--country', 'USA'],
      ['SMSPINVERIFY_CUSTOMER', 'SMSPINVERIFY_SERVICE'],
    ],
    [['--via', 'smspinverify', '--country', 'USA', '--app', 'x'], ['SMSPINVERIFY_CUSTOMER']],
    [
      ['--via', 'handler-api', '--country', '187', '--service', 'x'],
      ['HANDLER_API_API_KEY', 'HANDLER_API_BASE_URL'],
    ],
    [
      ['--via', '5sim', '--country', 'usa'],
      ['5SIM_TOKEN', '5SIM_SERVICE'],
    ],
    [
      ['--via', 'android-gateway'],
      ['BASE_URL', 'USERNAME', 'PASSWORD', 'NUMBER'].map((name) => `ANDROID_GATEWAY_NUMBER_${name}`),
    ],
    [
      ['--via', 'twilio-number', '--in-process'],
      ['TWILIO_NUMBER_ACCOUNT_SID', 'TWILIO_NUMBER_AUTH_TOKEN', 'TWILIO_NUMBER_NUMBERS', 'PROVIDER'],
    ],
    [['--via', 'inbox', '--in-process', '--provider', 'console'], ['PROVIDER']],
    [
      ['--via', 'inbox', '--in-process', '--provider', 'inbox,vonage'],
      ['VONAGE_API_KEY', 'VONAGE_API_SECRET', 'VONAGE_FROM', 'PROVIDER'],
    ],
    [['--inbox-url', 'ftp://127.0.0.1'], []],
    [['--via', 'carrier-pigeon'], []],
  ])('%j lacks settings, which are named all at once', async (args, names) => {
    const { exitCode, stdout, stderr } = await phoneproof([command, ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' });
    const faults = stderr.split('\n').filter((line) => line.startsWith('  - '));
    expect(faults).toHaveLength(Math.max(1, names.length));
    for (const name of names) expect(stderr).toContain(`  - PHONEPROOF_${name} `);
  });

  test('a wrong address of the webhook is a fault that names the option', async () => {
    const env = {
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_BASE_URL: 'http://192.168.1.7:8080',
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_USERNAME: 'sms',
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_PASSWORD: 'password-of-the-phone',
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_NUMBER: '+12025550143',
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_SIGNING_KEY: 'key-of-the-phone',
      PHONEPROOF_ANDROID_GATEWAY_NUMBER_LISTEN_URL: 'http://sms.example.com',
    };
    const { exitCode, stderr } = await phoneproof([command, '--via', 'android-gateway'], env);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('PHONEPROOF_ANDROID_GATEWAY_NUMBER_LISTEN_PORT ');
    expect(stderr).toContain('PHONEPROOF_ANDROID_GATEWAY_NUMBER_LISTEN_URL ');
    expect(stderr).not.toMatch(/(?:password|key)-of-the-phone/);
  });

  test('a credential is no flag, and may stand in a file', async () => {
    const flag = await phoneproof([command, '--5sim-token', 'token-of-5sim']);
    expect(flag.exitCode).toBe(2);
    expect(flag.stderr).toContain('PHONEPROOF_5SIM_TOKEN');
    expect(flag.stderr).not.toContain('token-of-5sim');
    writeFileSync(join(folder, 'token'), 'token-of-5sim\n');
    const file = [command, '--via', '5sim', '--country', 'usa', '--5sim-token-file', 'token'];
    expect((await phoneproof(file)).stderr).toMatch(/^This cannot start:\n {2}- PHONEPROOF_5SIM_SERVICE .*\n$/);
  });
});

const reports: EndToEndReport[] = [
  {
    outcome: 'approved',
    step: null,
    reason: null,
    detail: null,
    provider: 'inbox',
    country: 'US',
    to: '+1••••••0143',
    timings: { acquireMs: 3, startMs: 20, deliveryMs: 2_100, checkMs: 4, totalMs: 2_130 },
    polls: 2,
    released: 'too_early',
  },
  {
    outcome: 'start_refused',
    step: 'start',
    reason: 'rate_limited',
    detail: 'Too many.\u001B[2J',
    provider: 'inbox',
    country: 'GB',
    to: '+44••••••0143',
    timings: { acquireMs: 3, startMs: null, deliveryMs: null, checkMs: null, totalMs: 30 },
    polls: 0,
    released: 'failed',
  },
];

/** Shows the two runs. */
function show(view: EndToEndView): void {
  view.begin({ provider: 'inbox', runs: 2 });
  view.run('US', 1);
  view.event({ type: 'began', step: 'acquire' });
  view.event({ type: 'done', step: 'acquire', ms: 3, about: { to: '+1••••••0143' } });
  view.event({ type: 'began', step: 'delivery' });
  view.event({ type: 'polled', polls: 2, waitedMs: 2_100 });
  view.event({ type: 'done', step: 'delivery', ms: 2_100, about: { code: '••••••' } });
  view.event({ type: 'began', step: 'release' });
  view.event({ type: 'done', step: 'release', ms: 1, about: { released: 'too_early' } });
  view.ended(reports[0]!);
  view.run('GB', 2);
  view.event({ type: 'began', step: 'start' });
  view.event({ type: 'failed', step: 'start', ms: 27 });
  view.ended(reports[1]!);
  view.finish(reports, { rents: 2, exitCode: 1 });
}

const inOrder = [
  'Number +1••••••0143',
  'Code •••••• arrived',
  'Number left to its provider',
  'Approved in 2.1 s',
  'Starting a verification',
  '(start_refused: rate_limited)',
  'country',
  '1 of 2 runs approved. Texts took 2.1 s (p50), 2.1 s (p95).',
];

function expectInOrder(shown: string): void {
  const places = inOrder.map((words) => shown.indexOf(words));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}

test('lines for files tell each step in order, and nothing that a service sends reaches the terminal raw', () => {
  let lines = '';
  const write = (text: string): void => void (lines += text);
  show(plainView({ write, writeError: write }));
  expectInOrder(lines);
  expect(lines).not.toContain('\u001B');
});

test('a terminal is shown the same, with a line that moves meanwhile, and is left to itself', () => {
  vi.useFakeTimers();
  const rawMode = vi.spyOn(process.stdin, 'resume');
  let text = '';
  const output = new Writable({ write: (chunk, _encoding, done) => ((text += String(chunk)), done()) });
  const handlers = process.listenerCount('SIGINT');
  show(terminalView(output));
  vi.advanceTimersByTime(1_000);
  const ended = text;
  vi.advanceTimersByTime(60_000);
  expect(text).toBe(ended);
  expect(vi.getTimerCount()).toBe(0);
  // Ctrl-C has to come as a signal, so that the number is given back.
  expect(rawMode).not.toHaveBeenCalled();
  expect(process.listenerCount('SIGINT')).toBe(handlers);
  vi.useRealTimers();
  expectInOrder(stripVTControlCharacters(text));
  expect(stripVTControlCharacters(text)).toContain('Waiting for the text, 2 looks');
  expect(text).not.toContain('\u001B[2J');
});

test('a reader of the output who goes away interrupts, as Ctrl-C does, and ends nothing at once', () => {
  const { signal, end } = interruption();
  process.stdout.emit('error', new Error('write EPIPE'));
  expect(signal.aborted).toBe(true);
  end();
  process.stdout.emit('error', new Error('write EPIPE'));
});

test('what interrupts a command is the process’s own again once it has ended', () => {
  const counts = (): number[] => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
  const before = counts();
  const { signal, end } = interruption();
  expect(counts()).toEqual(before.map((count) => count + 1));
  end();
  expect(counts()).toEqual(before);
  expect(signal.aborted).toBe(false);
});

test('how long something took is said as people would', () => {
  expect([0, 12.4, 999, 1_000, 59_900, 61_000, 125_400].map(duration)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1 min 1 s',
    '2 min 5 s',
  ]);
});
