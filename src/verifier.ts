import { randomBytes } from 'node:crypto';
import { digestCode, generateCode, openSeal, seal, type CodeScope } from './code.ts';
import { handOver, type HandOver } from './delivery.ts';
import { DeliveryError, InvalidRequestError, SubjectKeyError } from './errors.ts';
import type { VerifierEvent } from './events.ts';
import { createKeyring, subjectOf, type SecretInput } from './keyring.ts';
import { numberLimits } from './limits.ts';
import { messageText, otpOrigin, sentNotice } from './message.ts';
import { formatPhoneNumber, maskPhoneNumber, parsePhoneNumber, type PhoneNumber } from './phone-number.ts';
import { resolvePolicy, type Policy } from './policy.ts';
import type { Provider } from './providers/provider.ts';
import {
  destinationRefusal,
  endedRefusal,
  limitRefusal,
  malformedCode,
  notFound,
  providerRefusal,
  tooManyChecks,
} from './refusals.ts';
import {
  assertArguments,
  isCode,
  type CheckOptions,
  type NumberOptions,
  type StartOptions,
  type TargetOptions,
} from './requests.ts';
import type {
  ApproveResult,
  CancelResult,
  CheckResult,
  EraseResult,
  FindResult,
  InvalidPhoneNumber,
  LookupResult,
  StartResult,
  UnlockResult,
} from './results.ts';
import type { EndResult, NumberLimits, Store, StoredVerification, Target } from './stores/store.ts';
import type { Verification } from './verification.ts';
import { decodeId, encodeId, purposeTagOf } from './verification-id.ts';

/** What a policy may depend on. */
export interface PolicyContext {
  tenant: string;
  /** `default` unless the call says otherwise; of a check by id, null. */
  purpose: string | null;
  /** ISO 3166-1 alpha-2 of the destination; null where it is not known (a check by id). */
  country: string | null;
}

export interface VerifierOptions {
  /** One secret, or several: the first makes codes and ids, all are accepted. Code, seal and id keys derive from it. */
  secret: SecretInput | readonly SecretInput[];
  /** Long-lived: locks, limits and verified numbers hang on it. Unset: the last of `secret`. */
  subjectSecret?: SecretInput;
  /** Goes on with a store that was filled under another subject secret, losing its locks, limits and verified numbers. */
  acceptSubjectKey?: boolean;
  store: Store;
  provider: Provider;
  /** Fields that differ from `defaultPolicy`, or a function that says so anew for each call. */
  policy?: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>);
  /** Stands in the text, so that people know whose code it is. */
  brand?: string;
  /** Host name of the page where the code is typed: adds the WebOTP line `@host #code` to texts. */
  origin?: string;
  /** ISO 3166-1 alpha-2: how a number without a country code is read when the call names no country. */
  defaultCountry?: string;
  /** Told of everything that happens, after it is so. What it throws is swallowed. */
  onEvent?: (event: VerifierEvent) => void;
}

/**
 * Proves that people hold phone numbers. What a person or their network can cause comes back as a result whose `status` is one stable
 * word; what the programmer, the configuration or the infrastructure caused is thrown as a `PhoneproofError`.
 */
export interface Verifier {
  /** Sends a code, or sends the pending one again. Throws `DeliveryError` when the text was surely not taken. */
  start(options: StartOptions): Promise<StartResult>;
  /** Judges a code. Of any number of concurrent calls at most one is approved and at most `policy.maxChecks` wrong ones are compared. */
  check(options: CheckOptions): Promise<CheckResult>;
  /** Ends a pending verification; again: the same answer. */
  cancel(options: TargetOptions): Promise<CancelResult>;
  /** Approves a pending verification on the caller's word; again: the same answer. */
  approve(options: TargetOptions): Promise<ApproveResult>;
  /** By id: also for a day after its end. By number and purpose: the pending one. */
  find(options: TargetOptions): Promise<FindResult>;
  /** Whether the number is verified. A moment in time: numbers change hands. */
  lookup(options: NumberOptions): Promise<LookupResult>;
  /** Lifts the lock of too many wrong checks in a row. */
  unlock(options: NumberOptions): Promise<UnlockResult>;
  /** Forgets everything about the number; its counters end with their windows, so erasing refills nothing. */
  erase(options: NumberOptions): Promise<EraseResult>;
  /** Resolves when everything that goes on after an answer (writing down what became of deliveries) is done. Call it before closing the store. */
  idle(): Promise<void>;
}

/** What one call is about, once its arguments are understood. */
interface Recipient extends CodeScope {
  /** E.164; null where only an id was given. */
  to: string | null;
  /** Null where only an id was given. */
  purpose: string | null;
  id: string | null;
  policy: Policy;
  limits: NumberLimits;
  /** As a store takes it. */
  target: Target;
}

/** Puts a verifier together. Does no I/O; throws a `ConfigurationError` that names everything that is wrong with the options. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { store, provider } = options;
  const keyring = createKeyring(options);
  const policyFor = policyResolver(options.policy);
  const brand = options.brand ?? 'verification';
  const origin = options.origin === undefined ? null : otpOrigin(options.origin);
  const keyIds = keyring.all.map(({ keyId }) => keyId);
  const afterAnswers = new Set<Promise<void>>();
  let bound: Promise<void> | undefined;

  /** Once, before the first verb: a store that was filled under another subject key must not be touched. */
  function ready(): Promise<void> {
    bound ??= store
      .bindSubjectKey(keyring.subjectFingerprint, { accept: options.acceptSubjectKey ?? false })
      .then((same) => {
        if (!same) throw new SubjectKeyError();
      })
      .catch((error: unknown) => {
        bound = undefined;
        throw error;
      });
    return bound;
  }

  function tell(event: VerifierEvent): void {
    try {
      options.onEvent?.(event);
    } catch {
      // A listener must not change what happens to a person.
    }
  }

  function parse(call: NumberOptions): { number: PhoneNumber } | InvalidPhoneNumber {
    const parsed = parsePhoneNumber(call.to, (call.country ?? options.defaultCountry)?.toUpperCase());
    return parsed.valid ? parsed : { status: 'invalid_phone_number', detail: parsed.detail };
  }

  function recipientOf(number: PhoneNumber, tenant: string, purpose: string): Recipient {
    const { policy, limits } = policyFor({ tenant, purpose, country: number.country });
    const subject = subjectOf(keyring, tenant, number.e164);
    const purposeTag = purposeTagOf(purpose);
    const target = { subject, purpose, limits };
    return { tenant, subject, purposeTag, to: number.e164, purpose, id: null, policy, limits, target };
  }

  /** By id or by number; a refusal when neither leads anywhere. */
  function resolve(call: TargetOptions): Recipient | InvalidPhoneNumber | typeof notFound {
    assertArguments(call);
    const tenant = call.tenant ?? 'default';
    if (call.id === undefined) {
      const parsed = parse(call);
      return 'number' in parsed ? recipientOf(parsed.number, tenant, call.purpose ?? 'default') : parsed;
    }
    const content = decodeId(keyring, tenant, call.id);
    if (!content) return notFound;
    const { policy, limits } = policyFor({ tenant, purpose: null, country: null });
    const { subject, nonce, purposeTag } = content;
    const target = { subject, nonce, limits };
    return { tenant, subject, purposeTag, to: null, purpose: null, id: call.id, policy, limits, target };
  }

  /** Null when the number was sealed under a secret that is not configured any more: then it is as good as gone. */
  function present(stored: StoredVerification, recipient: Recipient): Verification | null {
    const { tenant, subject, policy } = recipient;
    const to = recipient.to ?? openSeal(keyring, subject, 'number', stored.number)?.trimEnd();
    if (to === undefined) return null;
    const adviceMs = Math.max(policy.resendAdviceSeconds, policy.sendGapSeconds) * 1_000;
    const { nonce, purpose } = stored;
    return {
      id: recipient.id ?? encodeId(keyring, tenant, { subject, nonce, purposeTag: recipient.purposeTag }),
      to,
      channel: stored.channel,
      purpose,
      status: stored.status,
      createdAt: new Date(stored.createdAtMs),
      expiresAt: new Date(stored.expiresAtMs),
      endedAt: stored.endedAtMs === null ? null : new Date(stored.endedAtMs),
      resendAt: new Date(Math.max(stored.lastSendAtMs + adviceMs, stored.nextSendAtMs)),
      sendsLeft: stored.sendsLeft,
      checksLeft: stored.checksLeft,
      deliveries: stored.deliveries.map(({ provider: name, status, atMs }) => ({
        provider: name,
        status,
        at: new Date(atMs),
      })),
    };
  }

  async function start(call: StartOptions): Promise<StartResult> {
    assertArguments(call);
    const channel = call.channel ?? 'sms';
    const tenant = call.tenant ?? 'default';
    const purpose = call.purpose ?? 'default';
    if (!provider.channels.includes(channel)) {
      throw new InvalidRequestError([
        { pointer: '/channel', detail: `must be one of: ${provider.channels.join(', ')}` },
      ]);
    }
    const parsed = parse(call);
    if (!('number' in parsed)) {
      tell({ type: 'start.refused', tenant, to: null, purpose, reason: parsed.status, limit: null });
      return parsed;
    }
    const { number } = parsed;
    const masked = maskPhoneNumber(number.e164);
    const recipient = recipientOf(number, tenant, purpose);
    const { policy, limits, subject } = recipient;
    const notAllowed = destinationRefusal(number, policy);
    if (notAllowed) {
      tell({ type: 'start.refused', tenant, to: masked, purpose, reason: notAllowed.status, limit: null });
      return notAllowed;
    }

    const newCode = call.code === undefined ? generateCode(policy.codeLength) : ownCode(call.code, policy);
    const repeats = call.code === undefined && policy.resend === 'same_code';
    await ready();
    const begun = await store.begin({
      subject,
      purpose,
      channel,
      // Padded, so that the seal does not tell how long the number is.
      number: seal(keyring.current, subject, 'number', number.e164.padEnd(16)),
      nonce: randomBytes(16).toString('base64url'),
      secret: {
        keyId: keyring.current.keyId,
        digest: digestCode(keyring.current, recipient, newCode),
        seal: seal(keyring.current, subject, recipient.purposeTag, newCode),
        codeLength: newCode.length,
      },
      repeatKeyIds: repeats ? keyIds : [],
      limits,
    });
    if (begun.outcome === 'refused') {
      const refusal = limitRefusal(begun);
      tell({ type: 'start.refused', tenant, to: masked, purpose, reason: refusal.status, limit: begun.limit });
      return refusal;
    }

    const { delivery } = begun;
    const { nonce } = begun.verification;
    const repeated = begun.outcome === 'repeated';
    const code = repeated ? openSeal(keyring, subject, recipient.purposeTag, begun.secret.seal) : newCode;
    const verification = present(begun.verification, recipient);
    if (code === null || verification === null) throw new Error('The store returned a seal that it was not given.');
    const about = { tenant, to: masked, purpose, id: verification.id, delivery };
    tell({ type: 'verification.started', ...about, repeated, country: number.country });

    const { text, locale } = messageText({ code, brand, origin, locale: call.locale });
    const message = { to: number.e164, text, code, channel, locale, reference: `${verification.id}.${delivery}` };
    const startedAt = performance.now();
    const handed = await handOver(provider, message, provider.timeoutMs ?? policy.sendTimeoutSeconds * 1_000);

    async function settle(outcome: HandOver): Promise<void> {
      const { status, error } = outcome;
      try {
        await store.settle({ subject, nonce, delivery, status, provider: outcome.provider });
      } catch (thrown) {
        // The delivery stays `sending`, which promises nothing; the answer stands.
        tell({ type: 'settle.failed', ...about, error: thrown instanceof Error ? thrown : new Error(String(thrown)) });
      }
      const durationMs = performance.now() - startedAt;
      tell({
        type: 'delivery.settled',
        ...about,
        provider: outcome.provider,
        status,
        errorKind: error?.kind ?? null,
        durationMs,
      });
    }

    if (handed.status === 'rejected') {
      await settle(handed);
      const refusal = providerRefusal(handed.error.kind);
      if (refusal) return refusal;
      const code = handed.error.kind === 'filtered' ? 'delivery_failed' : 'provider_unavailable';
      const { kind, retryAfterSeconds } = handed.error;
      throw new DeliveryError(code, { kind, retryAfterSeconds, verificationId: verification.id, cause: handed.error });
    }
    afterAnswer(settle(handed));
    if (handed.status === 'unknown') void handed.late.then((accepted) => afterAnswer(settle(accepted)));
    const latest = verification.deliveries.at(-1);
    if (latest) Object.assign(latest, { provider: handed.provider, status: handed.status });
    return {
      status: 'pending',
      created: !repeated,
      verification,
      notice: sentNotice(formatPhoneNumber(number.e164), call.locale),
    };
  }

  async function check(call: CheckOptions): Promise<CheckResult> {
    if (typeof call.code !== 'string') {
      throw new InvalidRequestError([{ pointer: '/code', detail: 'must be a string of 4 to 10 digits' }]);
    }
    const recipient = resolve(call);
    const result = 'status' in recipient ? recipient : await judge(recipient, call.code);
    if (result.status !== 'approved') {
      const about =
        'status' in recipient
          ? { tenant: call.tenant ?? 'default', to: null, purpose: null, id: null }
          : told(recipient);
      tell({ type: 'check.refused', ...about, reason: result.status });
    }
    return result;
  }

  async function judge(recipient: Recipient, code: string): Promise<CheckResult> {
    if (!isCode(code)) return malformedCode('A code has 4 to 10 digits and nothing else.');
    await ready();
    const checked = await store.check({
      ...recipient.target,
      digests: keyring.all.map((keys) => ({ keyId: keys.keyId, digest: digestCode(keys, recipient, code) })),
      codeLength: code.length,
    });
    switch (checked.outcome) {
      case 'approved': {
        const verification = present(checked.verification, recipient);
        if (!verification) return notFound;
        tellOf('verification.approved', verification, recipient);
        return { status: 'approved', verification };
      }
      case 'incorrect': {
        const { checksLeft } = checked.verification;
        return {
          status: 'incorrect_code',
          detail: checksLeft > 0 ? 'This code is not right.' : 'This code is not right. Ask for a new one.',
          checksLeft,
        };
      }
      case 'malformed':
        return malformedCode(`The code that was sent has ${checked.codeLength} digits.`);
      case 'blocked':
        return tooManyChecks(checked);
      case 'ended':
        return endedRefusal(checked.status);
      case 'not_found':
        return notFound;
    }
  }

  /** What cancel and approve have in common. */
  async function end<Status extends 'canceled' | 'approved'>(
    call: TargetOptions,
    status: Status,
    verb: (target: Target) => Promise<EndResult>,
  ) {
    const recipient = resolve(call);
    if ('status' in recipient) return recipient;
    await ready();
    const result = await verb(recipient.target);
    if (result.outcome === 'not_found') return notFound;
    if (result.outcome === 'ended') return endedRefusal(result.status);
    const verification = present(result.verification, recipient);
    if (!verification) return notFound;
    tellOf(`verification.${status}`, verification, recipient);
    return { status, verification };
  }

  async function find(call: TargetOptions): Promise<FindResult> {
    const recipient = resolve(call);
    if ('status' in recipient) return recipient;
    await ready();
    const stored = await store.find(recipient.target);
    const verification = stored && present(stored, recipient);
    return verification ? { status: 'found', verification } : notFound;
  }

  /** What the verbs on a number have in common. */
  async function onNumber<Result>(
    call: NumberOptions,
    verb: (subject: string, to: string) => Promise<Result>,
  ): Promise<Result | InvalidPhoneNumber> {
    assertArguments(call);
    const parsed = parse(call);
    if (!('number' in parsed)) return parsed;
    const { e164 } = parsed.number;
    await ready();
    return verb(subjectOf(keyring, call.tenant ?? 'default', e164), e164);
  }

  function tellOf(
    type: 'verification.approved' | 'verification.canceled',
    { id, to, purpose }: Verification,
    { tenant }: Recipient,
  ): void {
    tell({ type, tenant, to: maskPhoneNumber(to), purpose, id });
  }

  function afterAnswer(work: Promise<void>): void {
    afterAnswers.add(work);
    void work.finally(() => afterAnswers.delete(work));
  }

  return {
    start,
    check,
    cancel: (call): Promise<CancelResult> => end(call, 'canceled', (target) => store.cancel(target)),
    approve: (call): Promise<ApproveResult> => end(call, 'approved', (target) => store.approve(target)),
    find,
    lookup: (call): Promise<LookupResult> =>
      onNumber(call, async (subject, to) => {
        const verified = await store.lookup(subject);
        return verified
          ? { status: 'verified', to, verifiedAt: new Date(verified.verifiedAtMs) }
          : { status: 'unverified', to };
      }),
    unlock: (call): Promise<UnlockResult> =>
      onNumber(call, async (subject, to) => {
        await store.unlock(subject);
        return { status: 'unlocked', to };
      }),
    erase: (call): Promise<EraseResult> =>
      onNumber(call, async (subject, to) => {
        await store.erase(subject);
        return { status: 'erased', to };
      }),
    async idle() {
      while (afterAnswers.size > 0) await Promise.all(afterAnswers);
    },
  };
}

/** A policy and its numbers, resolved once where it is the same for every call. */
function policyResolver(
  policy: VerifierOptions['policy'],
): (context: PolicyContext) => { policy: Policy; limits: NumberLimits } {
  if (typeof policy === 'function') {
    return (context) => {
      const resolved = resolvePolicy(policy(context));
      return { policy: resolved, limits: numberLimits(resolved) };
    };
  }
  const resolved = resolvePolicy(policy);
  const both = { policy: resolved, limits: numberLimits(resolved) };
  return () => both;
}

function ownCode(code: string, policy: Policy): string {
  if (!policy.allowOwnCode) {
    throw new InvalidRequestError([{ pointer: '/code', detail: 'is not allowed by the policy (allowOwnCode)' }]);
  }
  if (!isCode(code))
    throw new InvalidRequestError([{ pointer: '/code', detail: 'must be a string of 4 to 10 digits' }]);
  return code;
}

function told({ tenant, to, purpose, id }: Recipient) {
  return { tenant, to: to && maskPhoneNumber(to), purpose, id };
}
