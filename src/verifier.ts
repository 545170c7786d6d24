import type { VerifierEvent } from './events.ts';
import type { Policy } from './policy.ts';
import type { Provider } from './providers/provider.ts';
import type {
  ApproveResult,
  CancelResult,
  CheckResult,
  EraseResult,
  FindResult,
  LookupResult,
  StartResult,
  UnlockResult,
} from './results.ts';
import type { Store } from './stores/store.ts';

/** 32 bytes or more, as base64, base64url or hex, or as bytes. */
export type SecretInput = string | Uint8Array;

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

/** Every call names a tenant or means `default`. One tenant's verifications are unknown to every other. */
interface TenantOption {
  tenant?: string;
}

export interface StartOptions extends TenantOption {
  /** As people type it. */
  to: string;
  /** ISO 3166-1 alpha-2, for numbers typed without a country code. */
  country?: string;
  channel?: string;
  purpose?: string;
  /** BCP 47 tag of the person's language. */
  locale?: string;
  /** The person's IP address, where a backend calls for them: limits per address hang on it. */
  ip?: string;
  /** The caller's own code, where `policy.allowOwnCode` says so. */
  code?: string;
}

/** A number as people type it. */
export interface NumberOptions extends TenantOption {
  to: string;
  country?: string;
}

/** By id, or by number and purpose. */
export type TargetOptions = ({ id: string } & TenantOption) | (NumberOptions & { purpose?: string; id?: undefined });

export type CheckOptions = TargetOptions & { code: string };

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
