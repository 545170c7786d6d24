import { ConfigurationError } from '../errors.ts';
import { maskPhoneNumber } from '../phone-number.ts';
import { defaultPolicy } from '../policy.ts';
import { readTestNumbers, type TestNumbersOptions } from '../test-numbers.ts';
import type { Settings } from './config.ts';

/** What says which test numbers there are. */
export type TestNumberSettings = Partial<
  Pick<Settings<'serve'>, 'policy' | 'testNumbers' | 'testNumbersAny' | 'testNumbersUntil'>
>;

/** As a verifier takes them; undefined: there are none. */
export function testNumbersOf({
  testNumbers: codes,
  testNumbersAny: anyNumber = false,
  testNumbersUntil: until,
}: TestNumberSettings): TestNumbersOptions | undefined {
  return codes && until && { codes, until, anyNumber };
}

const optionNames: readonly (readonly [path: string, variable: string])[] = [
  ['testNumbers.anyNumber', 'PHONEPROOF_TEST_NUMBERS_ANY'],
  ['testNumbers.codes', 'PHONEPROOF_TEST_NUMBERS'],
  ['testNumbers.until', 'PHONEPROOF_TEST_NUMBERS_UNTIL'],
  ['policy.codeLength', 'PHONEPROOF_POLICY_CODE_LENGTH'],
];

/** Everything that is wrong with test numbers, in the names of this service's options. An option that could not be read counts as unset. */
export function testNumberFaults(settings: TestNumberSettings): string[] {
  const { policy = {}, testNumbers, testNumbersUntil } = settings;
  if (testNumbers === undefined) {
    if (testNumbersUntil === undefined) return [];
    return [
      'PHONEPROOF_TEST_NUMBERS_UNTIL is the end of no test number. Give PHONEPROOF_TEST_NUMBERS too, or neither.',
    ];
  }
  const faults: string[] = [];
  if (testNumbersUntil === undefined) {
    faults.push('PHONEPROOF_TEST_NUMBERS needs an end. Give its last day as PHONEPROOF_TEST_NUMBERS_UNTIL=2027-01-31.');
  }
  const { codeLength = defaultPolicy.codeLength } = policy;
  try {
    const until = testNumbersUntil ?? new Date(0);
    readTestNumbers({ codes: testNumbers, until, anyNumber: settings.testNumbersAny ?? false }, codeLength);
    return faults;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const inOptionNames = (fault: string): string =>
      optionNames.reduce((said, [path, variable]) => said.replaceAll(path, variable), fault);
    return [...faults, ...error.faults.map((fault) => `${inOptionNames(fault)}.`)];
  }
}

const dayMs = 86_400_000;
const soonMs = 7 * dayMs;

/** What whoever runs the service should know of its test numbers: sentences. No code and no whole number is in them. */
export function testNumberWarnings(options: TestNumbersOptions | undefined, nowMs: number): string[] {
  if (!options) return [];
  const { codes, until, anyNumber } = options;
  const numbers = Object.keys(codes).map(maskPhoneNumber);
  const which = `${numbers.length === 1 ? 'one test number' : `${numbers.length} test numbers`} (${numbers.join(', ')})`;
  const leftMs = until.getTime() - nowMs;
  if (leftMs <= 0) {
    return [
      `PHONEPROOF_TEST_NUMBERS has ended (${until.toISOString()}): ${which} counts for nothing any more. Remove it, or give a later PHONEPROOF_TEST_NUMBERS_UNTIL.`,
    ];
  }
  const warnings = [
    `Whoever knows its fixed code is taken for who has the number: PHONEPROOF_TEST_NUMBERS has ${which}, until ${until.toISOString()}.`,
  ];
  if (anyNumber) {
    warnings.push(
      'PHONEPROOF_TEST_NUMBERS_ANY is on: a test number can be one that someone has, and others who know its code are taken for them.',
    );
  }
  if (leftMs <= soonMs) {
    const days = Math.ceil(leftMs / dayMs);
    warnings.push(`PHONEPROOF_TEST_NUMBERS ends in ${days === 1 ? 'a day' : `${days} days`}, ${until.toISOString()}.`);
  }
  return warnings;
}
