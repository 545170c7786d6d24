import { setTimeout } from 'node:timers/promises';
import { createAddressees, type Addressee, type ParsedNumber } from './addressee.ts';
import { digestCode } from './code.ts';
import { ConfigurationError, InvalidRequestError, SubjectKeyError } from './errors.ts';
import type { VerifierEvent } from './events.ts';
import { createKeyring, type SecretInput } from './keyring.ts';
import { openTexts } from './message.ts';
import { createOnce } from './once.ts';
import { maskPhoneNumber } from './phone-number.ts';
import { maxSendTimeoutSeconds, resolvePolicy, type Policy, type PolicyContext } from './policy.ts';
import type { Provider } from './providers/provider.ts';
import { createReceipts } from './receipts.ts';
import { endedRefusal, incorrectCode, malformedCode, notFound, tooManyChecks } from './refusals.ts';
import {
  assertArguments,
  isCode,
  type ApproveOptions,
  type CheckOptions,
  type NumberOptions,
  type OnceOptions,
  type OnceWork,
  type ReceiptOptions,
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
  OnceResult,
  ReceiptResult,
  StartResult,
  UnlockResult,
} from './results.ts';
import { createStart } from './start.ts';
import type { EndOutcome, Store, StoredEndedVerification, StoreInTransaction, Target } from './stores/store.ts';
import { createTestNumbers, type TestNumbersOptions } from './test-numbers.ts';
import type { TextOptions } from './texts/texts.ts';
import type { Verification } from './verification.ts';

export interface VerifierOptions extends TextOptions {
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
  /** Stands in the text, so that people know whose code it is. With what follows for texts: `docs/texts.md`. */
  brand?: string;
  /** Host name of the page where the code is typed: adds the WebOTP line `@host #code` to texts. */
  origin?: string;
  /** ISO 3166-1 alpha-2: how a number without a country code is read when the call names no country. */
  defaultCountry?: string;
  /**
   * Where delivery receipts come in from outside, without a slash at its end: `https://verify.example.com/v1/receipts`. What is posted to `{receiptsUrl}/{provider}/{token}`
   * goes to `receive`, which the HTTP handler does by itself. Unset: providers are asked for none.
   */
  receiptsUrl?: string | undefined;
  /** Numbers whose code is fixed and to which no text is sent, until an end: see `docs/test-numbers.md`. Everything that is told of them says `test: true`. */
  testNumbers?: TestNumbersOptions | undefined;
  /** Told of everything that happens, after it is so. What it throws, or rejects with, is swallowed. */
  onEvent?: (event: VerifierEvent) => void | Promise<void>;
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
  approve(options: ApproveOptions): Promise<ApproveResult>;
  /** By id: also for a day after its end. By number and purpose: the pending one. */
  find(options: TargetOptions): Promise<FindResult>;
  /** Whether the number is verified. A moment in time: numbers change hands. */
  lookup(options: NumberOptions): Promise<LookupResult>;
  /** Lifts the lock of too many wrong checks in a row. */
  unlock(options: NumberOptions): Promise<UnlockResult>;
  /** Forgets everything about the number; its counters end with their windows, so erasing refills nothing. */
  erase(options: NumberOptions): Promise<EraseResult>;
  /**
   * Takes a delivery receipt. Checks that the vendor has sent it and writes down what became of the text; in any order and however often. It approves nobody. Of what it does not
   * know it says so, and forgets it. Throws a `StoreError` when it could not be written down: the vendor should tell again.
   */
  receive(options: ReceiptOptions): Promise<ReceiptResult>;
  /** The address under which the vendor behind a provider tells of its messages, for vendors that are told once and for all. Null without `receiptsUrl`, or where it tells nothing. */
  receiptAddress(provider: string): string | null;
  /**
   * Does what an idempotency key stands for once, and tells the same answer for 24 hours; of concurrent calls one does it, the others wait up to a second for
   * what comes of it. `work` says whether its answer is kept; one that is not kept, and work that throws, leaves the key free for another try. An answer is
   * kept sealed, to be opened by the same request alone: under a secret that was dropped since, or by another request, the key counts as used.
   * Without a store nothing is done. Where a process dies at work, or the store when it is to note the answer, the work can be done again once the claim has
   * run out (half a minute or, where sends may take longer than 20 seconds, 10 seconds more than those).
   */
  once<Answer>(options: OnceOptions, work: OnceWork<Answer>): Promise<OnceResult<Answer>>;
  /**
   * Resolves when the store can be used under this subject secret; rejects with a `SubjectKeyError` when it was filled under another. Every verb does
   * this before its first act; a service does it before it listens.
   */
  ready(): Promise<void>;
  /** Resolves when everything that was asked for is done, also what goes on after an answer (writing down what became of deliveries). Call it before closing the store. */
  idle(): Promise<void>;
}

/** Puts a verifier together. Does no I/O; throws a `ConfigurationError` that names what is wrong with the options. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { store, provider } = options;
  const keyring = createKeyring(options);
  const { policy, defaultCountry } = options;
  const testNumbers = options.testNumbers && createTestNumbers(options.testNumbers, { keyring, policy });
  const addressees = createAddressees({ keyring, policy, defaultCountry, testNumbers });
  /** What callers wait for, and what goes on after their answers. */
  const underWay = new Set<Promise<unknown>>();
  let bound: Promise<void> | undefined;

  /** Once, before the first verb: a store that was filled under another subject key must not be touched. */
  function ready(): Promise<void> {
    bound ??= bindSubjectKey().catch((error: unknown) => {
      bound = undefined;
      throw error;
    });
    return bound;
  }

  async function bindSubjectKey(): Promise<void> {
    const accept = options.acceptSubjectKey ?? false;
    if (!(await store.bindSubjectKey(keyring.subjectFingerprint, { accept }))) throw new SubjectKeyError();
  }

  function tell(event: VerifierEvent): void {
    try {
      const listening = options.onEvent?.(event);
      if (listening) Promise.resolve(listening).catch(() => {});
    } catch {
      // A listener must not change what happens to a person.
    }
  }

  function tellOf(type: 'verification.approved' | 'verification.canceled', verification: Verification, tenant: string) {
    const { to, purpose, id, test } = verification;
    tell({ type, tenant, to: maskPhoneNumber(to), purpose, id, ...(test && { test }) });
  }

  function follow<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    const forget = (): void => void underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  function afterAnswer(work: Promise<void>): void {
    void follow(work);
  }

  async function check(call: CheckOptions): Promise<CheckResult> {
    if (typeof call.code !== 'string') {
      throw new InvalidRequestError([{ pointer: '/code', detail: 'must be a string of 4 to 10 digits' }]);
    }
    assertArguments(call);
    const addressee = addressees.ofCall(call);
    const known = 'status' in addressee ? null : addressee;
    const acting = within(call.transaction);
    const result = 'status' in addressee ? addressee : await judge(addressee, call.code, acting);
    if (result.status !== 'approved') {
      const { tenant = 'default' } = call;
      const to = known?.to ? maskPhoneNumber(known.to) : null;
      // Not the id of the call, which may be anything, a number too: only one that is an id.
      const about = {
        purpose: known?.purpose ?? null,
        id: known?.id ?? null,
        ...(known?.test && { test: known.test }),
      };
      tell({ type: 'check.refused', tenant, to, ...about, reason: result.status });
    }
    return result;
  }

  /** The store, or the store within a transaction of the caller's. */
  function within(transaction: unknown): StoreInTransaction {
    if (transaction === undefined) return store;
    if (store.within) return store.within(transaction);
    const detail = `is not taken by the ${store.name} store: only one whose database can be yours too takes part in a transaction (PostgreSQL)`;
    throw new InvalidRequestError([{ pointer: '/transaction', detail }]);
  }

  async function judge(addressee: Addressee, code: string, acting: StoreInTransaction): Promise<CheckResult> {
    if (!isCode(code)) return malformedCode('A code has 4 to 10 digits and nothing else.');
    await ready();
    const checked = await acting.check({
      ...addressee.target,
      digests: keyring.all.map((keys) => ({ keyId: keys.keyId, digest: digestCode(keys, addressee, code) })),
      codeLength: code.length,
    });
    switch (checked.outcome) {
      case 'approved': {
        const verification = addressees.present(checked.verification, addressee);
        return verification ? approved(verification, addressee, checked.verification) : notFound;
      }
      case 'incorrect':
        return incorrectCode(checked.verification.checksLeft);
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

  function approved(verification: Verification, { tenant }: Addressee, { endedAtMs }: StoredEndedVerification) {
    tellOf('verification.approved', verification, tenant);
    return { status: 'approved', verification, approvedAt: new Date(endedAtMs) } as const;
  }

  function canceled(verification: Verification, { tenant }: Addressee) {
    tellOf('verification.canceled', verification, tenant);
    return { status: 'canceled', verification } as const;
  }

  /** What cancel and approve have in common. */
  async function end<Result>(
    call: TargetOptions,
    verb: (target: Target) => Promise<EndOutcome>,
    done: (verification: Verification, addressee: Addressee, stored: StoredEndedVerification) => Result,
  ) {
    assertArguments(call);
    const addressee = addressees.ofCall(call);
    if ('status' in addressee) return addressee;
    await ready();
    const result = await verb(addressee.target);
    if (result.outcome === 'not_found') return notFound;
    if (result.outcome === 'ended') return endedRefusal(result.status);
    const verification = addressees.present(result.verification, addressee);
    return verification ? done(verification, addressee, result.verification) : notFound;
  }

  async function find(call: TargetOptions): Promise<FindResult> {
    assertArguments(call);
    const addressee = addressees.ofCall(call);
    if ('status' in addressee) return addressee;
    await ready();
    const stored = await store.find(addressee.target);
    const verification = stored && addressees.present(stored, addressee);
    return verification ? { status: 'found', verification } : notFound;
  }

  /** What the verbs on a number have in common. */
  async function onNumber<Result>(
    call: NumberOptions,
    verb: (about: { parsed: ParsedNumber; tenant: string; subject: string; to: string }) => Promise<Result>,
  ): Promise<Result | InvalidPhoneNumber> {
    assertArguments(call);
    const parsed = addressees.parse(call);
    if (!('number' in parsed)) return parsed;
    const { tenant = 'default' } = call;
    await ready();
    return verb({ parsed, tenant, subject: addressees.subject(tenant, parsed), to: parsed.number.e164 });
  }

  const receipts = createReceipts({
    store,
    provider,
    keyring,
    receiptsUrl: receiptsBase(options.receiptsUrl),
    ready,
    wait: setTimeout,
    tell,
    testNumbers,
  });
  const start = createStart({
    store,
    provider,
    keyring,
    addressees,
    receipts,
    texts: openTexts(options),
    ready,
    tell,
    afterAnswer,
  });
  const once = createOnce({ store, keyring, leaseMs: leaseMs(options), ready, tell, afterAnswer });

  return {
    start: (call) => follow(start(call)),
    check: (call) => follow(check(call)),
    cancel: (call): Promise<CancelResult> => end(call, (target) => store.cancel(target), canceled),
    async approve(call): Promise<ApproveResult> {
      const acting = within(call.transaction);
      return end(call, (target) => acting.approve(target), approved);
    },
    find,
    lookup: (call): Promise<LookupResult> =>
      onNumber(call, async ({ parsed, subject, to }) => {
        const test = parsed.test !== undefined;
        const verified = await store.lookup(subject);
        return verified
          ? { status: 'verified', to, test, verifiedAt: new Date(verified.verifiedAtMs) }
          : { status: 'unverified', to, test };
      }),
    unlock: (call): Promise<UnlockResult> =>
      onNumber(call, async ({ subject, to }) => {
        await store.unlock(subject);
        return { status: 'unlocked', to };
      }),
    erase: (call): Promise<EraseResult> =>
      onNumber(call, async ({ parsed, tenant, to }) => {
        for (const subject of addressees.subjects(tenant, parsed)) await store.erase(subject);
        return { status: 'erased', to };
      }),
    receive: (call) => follow(receipts.receive(call)),
    receiptAddress: (name) => receipts.addressOf(name),
    once: (call, work) => follow(once(call, work)),
    ready,
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function receiptsBase(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (/^https?:\/\/[^\s?#@\\]+[^\s?#@\\/]$/.test(url) && URL.canParse(url)) return url;
  throw new ConfigurationError([
    'receiptsUrl must be an address without a slash at its end, such as https://verify.example.com/v1/receipts',
  ]);
}

const leastLeaseMs = 30_000;
/** What a start may take beside its send: two acts of the store, at most, and some. */
const besidesSendMs = 10_000;

/** Longer than any call takes, so that none is done a second time while the first goes on. */
function leaseMs({ provider, policy }: VerifierOptions): number {
  const ofPolicy = typeof policy === 'function' ? maxSendTimeoutSeconds : resolvePolicy(policy).sendTimeoutSeconds;
  return Math.max(leastLeaseMs, (provider.timeoutMs ?? ofPolicy * 1_000) + besidesSendMs);
}
