import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVerifier, type VerifierEvent } from '../../../src/index.ts';
import { inspectLocal, inspectServe } from '../../../src/server/config/safety.ts';
import { testNumberRows } from '../../../src/server/config/test-number-options.ts';
import { fieldsOf } from '../../../src/server/event-fields.ts';
import { createLog } from '../../../src/server/log.ts';
import { createMetrics } from '../../../src/server/metrics.ts';
import {
  testNumberFaults,
  testNumbersOf,
  testNumberWarnings,
  type TestNumberSettings,
} from '../../../src/server/test-numbers.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { recordingProvider } from '../../../src/testing/recording-provider.ts';

const to = '+12025550187';
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * dayMs);
const whole: TestNumberSettings = { testNumbers: { [to]: '424242' }, testNumbersUntil: inDays(30) };

const { type: numbers } = testNumberRows.testNumbers;
const { type: end } = testNumberRows.testNumbersUntil;

test.each([
  ['+12025550187=424242', { [to]: '424242' }],
  [' +12025550187 = 424242 ,\n+447700900123=123456,', { [to]: '424242', '+447700900123': '123456' }],
  ['+12025550187=0042', { [to]: '0042' }],
])('%j names test numbers', (given, codes) => {
  expect(numbers.read(given)).toEqual({ value: codes });
});

test.each([
  ['', ['']],
  [',', ['']],
  ['+12025550187', ['(entry 1)']],
  ['+12025550187:424242', ['(entry 1)']],
  ['12025550187=424242', ['(entry 1)']],
  ['+12025550187=', ['(entry 1)']],
  ['+12025550187=42424x,+12025550188=1111,=1', ['(entry 1)', '(entry 3)']],
  ['+12025550187=424242,+12025550187=515151', ['(entry 2)']],
])('%j does not, and what is wrong repeats nothing of it', (given, starts) => {
  const reading = numbers.read(given);
  const faults = 'faults' in reading ? reading.faults : [];
  expect(faults).toHaveLength(starts.length);
  for (const [at, start] of starts.entries()) expect(faults[at]).toContain(start);
  expect(faults.join()).not.toMatch(/2025550187|2025550188|515151|42424x/);
});

test.each([
  ['2027-01-31', '2027-02-01T00:00:00.000Z'],
  ['2028-02-29', '2028-03-01T00:00:00.000Z'],
  ['2027-01-31T18:00Z', '2027-01-31T18:00:00.000Z'],
  ['2027-01-31T18:00:30.5+02:00', '2027-01-31T16:00:30.500Z'],
])('%s ends at %s', (given, at) => {
  expect(end.read(given)).toEqual({ value: new Date(at) });
});

test.each(['', '31.01.2027', '2027-1-31', '2027-02-29', '2027-13-01', '2027-01-31T25:00Z', '2027-01-31T18:00', 'soon'])(
  '%j is no end',
  (given) => {
    expect(end.read(given)).toMatchObject({ faults: [expect.stringContaining('2027-01-31')] });
  },
);

test.each<[string, TestNumberSettings, string]>([
  ['no end', { testNumbersUntil: undefined }, 'PHONEPROOF_TEST_NUMBERS needs an end'],
  ['an end alone', { testNumbers: undefined }, 'PHONEPROOF_TEST_NUMBERS_UNTIL is the end of no test number'],
  ['an end too far ahead', { testNumbersUntil: inDays(401) }, 'PHONEPROOF_TEST_NUMBERS_UNTIL must be'],
  ['a number of a person', { testNumbers: { '+12025551187': '424242' } }, 'PHONEPROOF_TEST_NUMBERS_ANY'],
  ['a code of five digits', { testNumbers: { [to]: '42424' } }, 'PHONEPROOF_POLICY_CODE_LENGTH'],
  ["a code that is not as long as the policy's", { policy: { codeLength: 8 } }, 'PHONEPROOF_POLICY_CODE_LENGTH'],
])('%s is a fault of dev and of serve, under the name of the option', (_, settings, name) => {
  const faults = testNumberFaults({ ...whole, ...settings });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(name);
  expect(faults[0]).not.toMatch(/testNumbers|policy\.|424242/);
  expect(inspectServe({ ...whole, ...settings, provider: undefined })).toContain(faults[0]);
  expect(inspectLocal({ ...whole, ...settings }, {})).toContain(faults[0]);
});

test('all faults are named at once', () => {
  const testNumbers = { '+12025551187': '424242', [to]: '42' };
  expect(testNumberFaults({ testNumbers })).toHaveLength(3);
});

test('what cannot be wrong is not: none at all, an end that has passed, numbers of people where that is said', () => {
  expect(testNumberFaults({})).toEqual([]);
  expect(testNumberFaults({ ...whole, testNumbersUntil: new Date(0) })).toEqual([]);
  expect(testNumberFaults({ ...whole, testNumbers: { '+12025551187': '424242' }, testNumbersAny: true })).toEqual([]);
});

const nowMs = Date.parse('2030-01-01T00:00:00Z');
const warned = (leftMs: number, more: TestNumberSettings = {}): string[] => {
  const testNumbersUntil = new Date(nowMs + leftMs);
  return testNumberWarnings(testNumbersOf({ ...whole, ...more, testNumbersUntil }), nowMs);
};

test('at the start it is said how many there are, which, and until when', () => {
  const more = { testNumbers: { [to]: '424242', '+447700900123': '105827' } };
  const [warning = '', ...others] = warned(8 * dayMs, more);
  expect(others).toEqual([]);
  expect(warning).toContain('2 test numbers (+1••••••0187, +44••••••0123), until 2030-01-09T00:00:00.000Z');
  expect(warning).not.toMatch(/424242|105827|2025550187/);
});

test('an end within a week is said besides, and so is one that has passed', () => {
  expect(warned(7 * dayMs + 1)).toHaveLength(1);
  expect(warned(7 * dayMs)).toEqual([expect.any(String), expect.stringContaining('7 days')]);
  expect(warned(1)).toEqual([expect.any(String), expect.stringContaining('a day')]);
  expect(warned(0)).toEqual([expect.stringContaining('has ended (2030-01-01T00:00:00.000Z)')]);
  expect(warned(-dayMs)).toHaveLength(1);
});

test('that numbers of people may be among them is said, and of none nothing', () => {
  expect(warned(30 * dayMs, { testNumbersAny: true })).toEqual([expect.any(String), expect.stringContaining('_ANY')]);
  expect(testNumberWarnings(testNumbersOf({}), nowMs)).toEqual([]);
});

/** What a verifier tells of a test number, and of another one. */
async function eventsOf(number: string): Promise<VerifierEvent[]> {
  const events: VerifierEvent[] = [];
  const provider = recordingProvider();
  const verifier = createVerifier({
    secret: randomBytes(32),
    store: memoryStore(),
    provider,
    policy: { maxSends: 2 },
    testNumbers: { codes: { [to]: '424242' }, until: inDays(1) },
    onEvent: (event) => void events.push(event),
  });
  const started = await verifier.start({ to: number });
  const id = started.status === 'pending' ? started.verification.id : '';
  await verifier.start({ to: number });
  await verifier.start({ to: number });
  await verifier.check({ id, code: '000001' });
  await verifier.check({ id, code: provider.messages[0]?.code ?? '424242' });
  await verifier.idle();
  return events;
}

test('starts and checks of test numbers are counted by themselves too, without a number', async () => {
  const metrics = createMetrics();
  for (const event of [...(await eventsOf(to)), ...(await eventsOf('+12025550188'))]) metrics.event(event);
  const lines = (await (await metrics.exposition()).text()).split('\n');
  const counted = lines.filter((line) => /^phoneproof_(starts|checks|test_number_\w+|deliveries)_total\{/.test(line));
  expect(counted.toSorted()).toEqual([
    'phoneproof_checks_total{outcome="approved"} 2',
    'phoneproof_checks_total{outcome="incorrect_code"} 2',
    'phoneproof_deliveries_total{provider="recording",status="accepted",error_kind=""} 2',
    'phoneproof_starts_total{outcome="created",limit=""} 2',
    'phoneproof_starts_total{outcome="rate_limited",limit="sends"} 2',
    'phoneproof_starts_total{outcome="repeated",limit=""} 2',
    'phoneproof_test_number_checks_total{outcome="approved"} 1',
    'phoneproof_test_number_checks_total{outcome="incorrect_code"} 1',
    'phoneproof_test_number_starts_total{outcome="created",limit=""} 1',
    'phoneproof_test_number_starts_total{outcome="rate_limited",limit="sends"} 1',
    'phoneproof_test_number_starts_total{outcome="repeated",limit=""} 1',
  ]);
  expect(lines.join()).not.toMatch(/0187|0188|424242/);
});

test('log lines and posted events of a test number say that it is one; those of others say nothing', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'json', destination: { write: (line) => lines.push(line) } });
  const [tests, others] = [await eventsOf(to), await eventsOf('+12025550188')];
  for (const event of [...tests, ...others]) log.event(event);
  expect(tests.length).toBeGreaterThan(4);
  for (const line of lines.slice(0, tests.length)) expect(JSON.parse(line)).toMatchObject({ test: true });
  for (const line of lines.slice(tests.length)) expect(JSON.parse(line)).not.toHaveProperty('test');
  for (const event of tests) expect(fieldsOf(event)).toContainEqual(['test', true]);
  expect(lines.join()).not.toMatch(/2025550187|424242/);
});
