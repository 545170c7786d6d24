import { ConfigurationError } from './errors.ts';
import { isFictional } from './fictional-numbers.ts';
import { subjectOf, type Keyring } from './keyring.ts';
import { anyPhoneNumber, maskPhoneNumber, possibleNumbers, type PhoneNumber } from './phone-number.ts';
import { resolvePolicy, type Policy, type PolicyContext } from './policy.ts';

/** Numbers whose code is fixed, for reviewers of an app, tests of a staging system and demos. No text is sent to them. */
export interface TestNumbersOptions {
  /** The code of each number: at most ten numbers, in E.164. A code has `policy.codeLength` digits; where the policy is a function, 4 to 10. */
  readonly codes: Readonly<Record<string, string>>;
  /** From then on they are numbers like any other: at most 400 days ahead. May have passed. */
  readonly until: Date;
  /** Also numbers that people have. Unset: only those that their country keeps free for fiction. Whoever knows the code of a person's number is taken for that person. */
  readonly anyNumber?: boolean;
  /** Milliseconds since the Unix epoch; unset: the process clock. */
  readonly clock?: () => number;
}

/** A number whose code is fixed. */
export interface TestNumber {
  readonly number: PhoneNumber;
  readonly code: string;
}

/** The configured test numbers. */
export interface TestNumbers {
  /** The test number that is meant, if its end has not come. `plain`: what the numbering plans make of what was typed; null: nothing. */
  find(plain: PhoneNumber | null, typed: string, country: string | undefined): TestNumber | undefined;
  /** Whether a number is one of them, also after their end. */
  has(e164: string): boolean;
  /** How long they still are test numbers. */
  leftMs(): number;
  /** Under what a store keeps what concerns a test number: apart from what it keeps of the same number when it is none. */
  subject(tenant: string, e164: string): string;
  /** Whether it is the subject of one of them, also after their end. */
  isSubject(tenant: string, subject: string): boolean;
}

/** Stands in deliveries in place of a provider. No provider has this name: theirs have no underscore. */
export const testProvider = 'test_number';

const systemClock: () => number = Date.now;
const dayMs = 86_400_000;
const most = 10;
const mostDaysAhead = 400;
const mostTenantsKept = 1_000;

/** Throws a `ConfigurationError` that names every fault at once. No code and no whole number is in it. */
export function createTestNumbers(
  options: TestNumbersOptions,
  {
    keyring,
    policy,
  }: { keyring: Keyring; policy: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>) | undefined },
): TestNumbers {
  const clock = options.clock ?? systemClock;
  const untilMs = untilOf(options);
  const byNumber = readTestNumbers(options, typeof policy === 'function' ? null : resolvePolicy(policy).codeLength);
  const subjects = new Map<string, ReadonlySet<string>>();

  // No E.164 number begins so: it is told from the subject of the number itself.
  const subject = (tenant: string, e164: string): string => subjectOf(keyring, tenant, `test ${e164}`);

  return {
    find(plain, typed, country) {
      if (clock() >= untilMs) return undefined;
      if (plain) return byNumber.get(plain.e164);
      for (const e164 of possibleNumbers(typed, country)) {
        const found = byNumber.get(e164);
        if (found) return found;
      }
      return undefined;
    },
    has: (e164) => byNumber.has(e164),
    leftMs: () => untilMs - clock(),
    subject,
    isSubject(tenant, asked) {
      let known = subjects.get(tenant);
      if (!known) {
        if (subjects.size >= mostTenantsKept) subjects.clear();
        known = new Set([...byNumber.keys()].map((e164) => subject(tenant, e164)));
        subjects.set(tenant, known);
      }
      return known.has(asked);
    },
  };
}

function untilOf({ until }: TestNumbersOptions): number {
  return until instanceof Date ? until.getTime() : Number.NaN;
}

/** What the options say, by E.164 number. `codeLength`: of every code; null: each may have its own. Throws a `ConfigurationError` that names every fault at once. */
export function readTestNumbers(
  options: TestNumbersOptions,
  codeLength: number | null,
): ReadonlyMap<string, TestNumber> {
  const { codes, anyNumber = false, clock = systemClock } = options;
  const untilMs = untilOf(options);
  const faults: string[] = [];
  const byNumber = new Map<string, TestNumber>();
  const entries = Object.entries<unknown>(codes ?? {});
  if (entries.length === 0) faults.push('testNumbers.codes names no number: name one, or leave testNumbers out');
  if (entries.length > most) faults.push(`testNumbers.codes names ${entries.length} numbers: at most ${most} can be`);
  for (const [place, [e164, code]] of entries.entries()) {
    const number = anyPhoneNumber(e164);
    const which = `testNumbers.codes ${number ? `of ${maskPhoneNumber(number.e164)}` : `(number ${place + 1})`}`;
    if (!number) {
      faults.push(`${which} is not a number in E.164, such as +12025550143`);
      continue;
    }
    if (byNumber.has(number.e164)) faults.push(`${which} is given twice`);
    if (!anyNumber && !isFictional(number.e164)) {
      faults.push(
        `${which} is a number that someone may have: take one that is kept for fiction, such as +12025550143, or set testNumbers.anyNumber`,
      );
    }
    if (typeof code !== 'string' || !/^[0-9]{4,10}$/.test(code)) {
      faults.push(`${which} has a code that is not 4 to 10 digits`);
    } else if (codeLength !== null && code.length !== codeLength) {
      faults.push(`${which} has a code of ${code.length} digits: codes have ${codeLength} (policy.codeLength)`);
    } else byNumber.set(number.e164, { number, code });
  }
  if (Number.isNaN(untilMs)) faults.push('testNumbers.until must be a date: test numbers have an end');
  else if (untilMs - clock() > mostDaysAhead * dayMs) {
    faults.push(`testNumbers.until must be at most ${mostDaysAhead} days ahead`);
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return byNumber;
}
