import { keysOfSeal, openSeal, type CodeScope } from './code.ts';
import { ConfigurationError, InvalidRequestError } from './errors.ts';
import { subjectOf, type Keyring } from './keyring.ts';
import { numberLimits } from './limits.ts';
import { isSupportedCountry, parsePhoneNumber, type PhoneNumber } from './phone-number.ts';
import { resolvePolicy, type Policy, type PolicyContext } from './policy.ts';
import { notFound } from './refusals.ts';
import type { NumberOptions, TargetOptions } from './requests.ts';
import type { InvalidPhoneNumber, VerificationNotFound } from './results.ts';
import type { NumberLimits, StoredVerification, Target } from './stores/store.ts';
import type { TestNumber, TestNumbers } from './test-numbers.ts';
import type { Verification } from './verification.ts';
import { decodeId, encodeId, purposeTagOf } from './verification-id.ts';

/** Whom a call is about, once its arguments are understood: the number or id, what hangs on it, and the numbers that apply. */
export interface Addressee extends CodeScope {
  /** E.164; null where only an id was given. */
  readonly to: string | null;
  /** Null where only an id was given. */
  readonly purpose: string | null;
  /** Null where none was given. */
  readonly id: string | null;
  /** Whether it is about a test number. By id: one that is configured. */
  readonly test: boolean;
  readonly policy: Policy;
  readonly limits: NumberLimits;
  /** As a store takes it. */
  readonly target: Target;
}

/** A number that was understood. */
export interface ParsedNumber {
  readonly number: PhoneNumber;
  /** Where it is a test number now. */
  readonly test?: TestNumber | undefined;
}

export interface Addressees {
  /** What people type, as a number; a refusal when it is none. */
  parse(call: NumberOptions): ParsedNumber | InvalidPhoneNumber;
  ofNumber(parsed: ParsedNumber, tenant: string, purpose: string): Addressee;
  /** By id or by number; a refusal when neither leads anywhere. */
  ofCall(call: TargetOptions): Addressee | InvalidPhoneNumber | VerificationNotFound;
  subject(tenant: string, parsed: ParsedNumber): string;
  /** Everything under which something about a number may be kept. */
  subjects(tenant: string, parsed: ParsedNumber): readonly string[];
  /** A number as it is sealed with a verification: it says whether that is of a test number. Padded, so that the seal does not tell how long the number is. */
  sealed(parsed: ParsedNumber): string;
  /**
   * What a store tells, as callers see it. Null when it is as good as gone: its number was sealed under a secret that is not configured any more.
   */
  present(stored: StoredVerification, addressee: Addressee): Verification | null;
}

export function createAddressees(options: {
  keyring: Keyring;
  policy: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>) | undefined;
  defaultCountry: string | undefined;
  testNumbers: TestNumbers | undefined;
}): Addressees {
  const { keyring, defaultCountry, testNumbers } = options;
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) {
    throw new ConfigurationError(['defaultCountry must be a country as two capital letters, such as US']);
  }
  const numbersFor = numbersResolver(options.policy);

  function parse(call: NumberOptions): ParsedNumber | InvalidPhoneNumber {
    const country = call.country?.toUpperCase();
    if (country !== undefined && !isSupportedCountry(country)) {
      throw new InvalidRequestError([{ pointer: '/country', detail: 'is no country with phone numbers' }]);
    }
    const parsed = parsePhoneNumber(call.to, country ?? defaultCountry);
    const test = testNumbers?.find(parsed.valid ? parsed.number : null, call.to, country ?? defaultCountry);
    if (test) return { number: test.number, test };
    return parsed.valid ? parsed : { status: 'invalid_phone_number', detail: parsed.detail };
  }

  function subjectFor(tenant: string, { number, test }: ParsedNumber): string {
    return test && testNumbers ? testNumbers.subject(tenant, number.e164) : subjectOf(keyring, tenant, number.e164);
  }

  function ofNumber(parsed: ParsedNumber, tenant: string, purpose: string): Addressee {
    const { number, test } = parsed;
    const resolved = numbersFor({ tenant, purpose, country: number.country });
    const { policy } = resolved;
    const limits = test && testNumbers ? endingWith(testNumbers.leftMs(), resolved.limits) : resolved.limits;
    const subject = subjectFor(tenant, parsed);
    const purposeTag = purposeTagOf(purpose);
    const target = { subject, purposeTag, limits };
    return {
      tenant,
      subject,
      purposeTag,
      to: number.e164,
      purpose,
      id: null,
      test: test !== undefined,
      policy,
      limits,
      target,
    };
  }

  return {
    parse,
    ofNumber,
    ofCall(call) {
      const tenant = call.tenant ?? 'default';
      if (call.id === undefined) {
        const parsed = parse(call);
        return 'number' in parsed ? ofNumber(parsed, tenant, call.purpose ?? 'default') : parsed;
      }
      const content = decodeId(keyring, tenant, call.id);
      if (!content) return notFound;
      const { subject, nonce, purposeTag } = content;
      const { policy, limits } = numbersFor({ tenant, purpose: null, country: null });
      const target = { subject, purposeTag, nonce, limits };
      const test = testNumbers?.isSubject(tenant, subject) ?? false;
      return { tenant, subject, purposeTag, to: null, purpose: null, id: call.id, test, policy, limits, target };
    },
    subject: subjectFor,
    subjects(tenant, parsed) {
      const { e164 } = parsed.number;
      return testNumbers?.has(e164)
        ? [subjectOf(keyring, tenant, e164), testNumbers.subject(tenant, e164)]
        : [subjectFor(tenant, parsed)];
    },
    sealed: ({ number: { e164 }, test }) => (test ? e164.replace('+', testMark) : e164).padEnd(16),
    present(stored, { id, to, tenant, subject, purposeTag, policy, test }) {
      const number = to ?? openSeal(keyring, subject, 'number', stored.number)?.trimEnd();
      if (number === undefined) return null;
      const isMarked = number.startsWith(testMark);
      // Of the key that its number was sealed under when it was made: its id stays the same while keys are rotated.
      const keys = keysOfSeal(keyring, stored.number) ?? keyring.current;
      const adviceMs = Math.max(policy.resendAdviceSeconds, policy.sendGapSeconds) * 1_000;
      return {
        id: id ?? encodeId(keys, tenant, { subject, nonce: stored.nonce, purposeTag }),
        to: isMarked ? number.replace(testMark, '+') : number,
        test: test || isMarked,
        channel: stored.channel,
        purpose: stored.purpose,
        status: stored.status,
        createdAt: new Date(stored.createdAtMs),
        expiresAt: new Date(stored.expiresAtMs),
        endedAt: stored.endedAtMs === null ? null : new Date(stored.endedAtMs),
        resendAt: new Date(Math.max(stored.lastSendAtMs + adviceMs, stored.nextSendAtMs)),
        sendsLeft: stored.sendsLeft,
        checksLeft: stored.checksLeft,
        deliveries: stored.deliveries.map(({ provider, status, atMs }) => ({ provider, status, at: new Date(atMs) })),
      };
    },
  };
}

/** Stands before a test number in place of `+`, so that a verification is known as a test for as long as it is kept, whatever is configured then. */
const testMark = 'T';

/** What a test number's code has proved is good for as long as it is a test number and no longer, however late the code is checked. */
function endingWith(leftMs: number, limits: NumberLimits): NumberLimits {
  return { ...limits, verifiedMs: Math.max(0, Math.min(limits.verifiedMs, leftMs - limits.maxLifetimeMs)) };
}

/** A policy and its numbers, resolved once where it is the same for every call. */
function numbersResolver(
  policy: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>) | undefined,
): (context: PolicyContext) => { policy: Policy; limits: NumberLimits } {
  const resolve = (fields: Partial<Policy> | undefined) => {
    const resolved = resolvePolicy(fields);
    return { policy: resolved, limits: numberLimits(resolved) };
  };
  if (typeof policy === 'function') return (context) => resolve(policy(context));
  const always = resolve(policy);
  return () => always;
}
