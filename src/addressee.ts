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
  readonly policy: Policy;
  readonly limits: NumberLimits;
  /** As a store takes it. */
  readonly target: Target;
}

export interface Addressees {
  /** What people type, as a number; a refusal when it is none. */
  parse(call: NumberOptions): { number: PhoneNumber } | InvalidPhoneNumber;
  ofNumber(number: PhoneNumber, tenant: string, purpose: string): Addressee;
  /** By id or by number; a refusal when neither leads anywhere. */
  ofCall(call: TargetOptions): Addressee | InvalidPhoneNumber | VerificationNotFound;
  subject(tenant: string, e164: string): string;
  /**
   * What a store tells, as callers see it. Null when it is as good as gone: its number was sealed under a secret that is not configured any more.
   */
  present(stored: StoredVerification, addressee: Addressee): Verification | null;
}

export function createAddressees(options: {
  keyring: Keyring;
  policy: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>) | undefined;
  defaultCountry: string | undefined;
}): Addressees {
  const { keyring, defaultCountry } = options;
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) {
    throw new ConfigurationError(['defaultCountry must be a country as two capital letters, such as US']);
  }
  const numbersFor = numbersResolver(options.policy);

  function parse(call: NumberOptions): { number: PhoneNumber } | InvalidPhoneNumber {
    const country = call.country?.toUpperCase();
    if (country !== undefined && !isSupportedCountry(country)) {
      throw new InvalidRequestError([{ pointer: '/country', detail: 'is no country with phone numbers' }]);
    }
    const parsed = parsePhoneNumber(call.to, country ?? defaultCountry);
    return parsed.valid ? parsed : { status: 'invalid_phone_number', detail: parsed.detail };
  }

  function ofNumber(number: PhoneNumber, tenant: string, purpose: string): Addressee {
    const { policy, limits } = numbersFor({ tenant, purpose, country: number.country });
    const subject = subjectOf(keyring, tenant, number.e164);
    const purposeTag = purposeTagOf(purpose);
    const target = { subject, purposeTag, limits };
    return { tenant, subject, purposeTag, to: number.e164, purpose, id: null, policy, limits, target };
  }

  return {
    parse,
    ofNumber,
    ofCall(call) {
      const tenant = call.tenant ?? 'default';
      if (call.id === undefined) {
        const parsed = parse(call);
        return 'number' in parsed ? ofNumber(parsed.number, tenant, call.purpose ?? 'default') : parsed;
      }
      const content = decodeId(keyring, tenant, call.id);
      if (!content) return notFound;
      const { subject, nonce, purposeTag } = content;
      const { policy, limits } = numbersFor({ tenant, purpose: null, country: null });
      const target = { subject, purposeTag, nonce, limits };
      return { tenant, subject, purposeTag, to: null, purpose: null, id: call.id, policy, limits, target };
    },
    subject: (tenant, e164) => subjectOf(keyring, tenant, e164),
    present(stored, { id, to, tenant, subject, purposeTag, policy }) {
      const number = to ?? openSeal(keyring, subject, 'number', stored.number)?.trimEnd();
      if (number === undefined) return null;
      // Of the key that its number was sealed under when it was made: its id stays the same while keys are rotated.
      const keys = keysOfSeal(keyring, stored.number) ?? keyring.current;
      const adviceMs = Math.max(policy.resendAdviceSeconds, policy.sendGapSeconds) * 1_000;
      return {
        id: id ?? encodeId(keys, tenant, { subject, nonce: stored.nonce, purposeTag }),
        to: number,
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
