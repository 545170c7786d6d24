import type { HandOver, ProviderErrorKind } from './hand-over.ts';

/** One thing wrong with a request, located by an RFC 6901 JSON pointer (`/code`). */
export interface RequestFault {
  pointer: string;
  detail: string;
}

/** Every `code` that a thrown error can bear. The same words are the problem codes on the wire. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_configuration'
  | 'subject_key_changed'
  | 'store_unavailable'
  | 'provider_unavailable'
  | 'delivery_failed'
  | 'provider_error'
  | 'receipt_refused'
  | 'virtual_number_error'
  | 'code_not_received';

/** Base of everything phoneproof throws. What people cause is returned as a result, never thrown. */
export abstract class PhoneproofError extends Error {
  abstract readonly code: ErrorCode;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The calling program passed something that no person can type: a missing argument, a code that is not a string. */
export class InvalidRequestError extends PhoneproofError {
  readonly code = 'invalid_request';
  readonly errors: readonly RequestFault[];
  constructor(errors: readonly RequestFault[]) {
    super(errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '));
    this.errors = errors;
  }
}

/** Settings that cannot work or are not safe. Names every fault at once. */
export class ConfigurationError extends PhoneproofError {
  readonly code = 'invalid_configuration';
  readonly faults: readonly string[];
  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options);
    this.faults = faults;
  }
}

/** The store belongs to another subject key: going on would lift every lock and budget and forget every verified number. */
export class SubjectKeyError extends PhoneproofError {
  readonly code = 'subject_key_changed';
  constructor() {
    super(
      'This store was filled under another subject secret. With this one, locks, limits and verified numbers would be lost. ' +
        'Set the former subject secret (or keep the last of the secrets), or accept the loss with acceptSubjectKey.',
    );
  }
}

/** The store did not answer. Nothing was sent, nothing was approved. */
export class StoreError extends PhoneproofError {
  readonly code = 'store_unavailable';
}

export type { ProviderErrorKind };

/** A provider did not take a message. `ambiguous` and `unknown`: it may have. Never holds a number, a text or a credential. */
export class ProviderError extends PhoneproofError {
  readonly code = 'provider_error';
  readonly kind: ProviderErrorKind;
  readonly retryAfterSeconds: number | undefined;
  /** What came of each provider that a composition asked, the first first, the one that decided last; empty for a single provider. */
  readonly handOvers: readonly HandOver[];
  constructor(
    kind: ProviderErrorKind,
    message: string,
    options?: ErrorOptions & { retryAfterSeconds?: number | undefined; handOvers?: readonly HandOver[] },
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.handOvers = options?.handOvers ?? [];
  }
}

/** What came as a delivery receipt is not the vendor's: its signature is wrong, it is too old, or it cannot be read. */
export class ReceiptError extends PhoneproofError {
  readonly code = 'receipt_refused';
}

/** What a provider of virtual numbers can fail of: which of them a caller may try again is said beside each. */
export type VirtualNumberErrorKind =
  /** The key is wrong. */
  | 'auth'
  /** The country or the service is not one that the provider knows, or an option is wrong. */
  | 'config'
  /** The account has no money left. */
  | 'funds'
  /** No number is free just now: later there may be one. */
  | 'no_numbers'
  /** Too many calls: to be called again after `retryAfterSeconds`, or 10 s. */
  | 'rate_limited'
  /** It gave no answer, or said that it is out of order: to be tried again. */
  | 'unavailable'
  /** It answered what is not in its documentation. */
  | 'protocol';

/** A provider of virtual numbers did not do what it was asked for. Never holds a whole number, a text or a credential. */
export class VirtualNumberError extends PhoneproofError {
  readonly code = 'virtual_number_error';
  readonly kind: VirtualNumberErrorKind;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    kind: VirtualNumberErrorKind,
    message: string,
    options?: ErrorOptions & { retryAfterSeconds?: number | undefined },
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** No code arrived on a virtual number in time. The message says what was tried, for how long, what the last answer was and what to do next. */
export class CodeNotReceivedError extends PhoneproofError {
  readonly code = 'code_not_received';
  /** The provider's name. */
  readonly provider: string;
  /** The number, masked. */
  readonly to: string;
  readonly waitedMs: number;
  readonly polls: number;
  /** What the provider answered last, in a few words. */
  readonly lastAnswer: string;
  constructor(
    message: string,
    about: { provider: string; to: string; waitedMs: number; polls: number; lastAnswer: string },
  ) {
    super(message);
    this.provider = about.provider;
    this.to = about.to;
    this.waitedMs = about.waitedMs;
    this.polls = about.polls;
    this.lastAnswer = about.lastAnswer;
  }
}

const deliverySentences = {
  delivery_failed: 'The provider refused the message.',
  provider_unavailable: 'No provider can take messages right now.',
} as const;

/** A text was surely not taken, for a reason that is not the person's. A first send leaves the verification `failed`, a repeat leaves it `pending`. */
export class DeliveryError extends PhoneproofError {
  readonly code: keyof typeof deliverySentences;
  readonly kind: ProviderErrorKind;
  /** The verification whose text was not taken. */
  readonly verificationId: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    code: keyof typeof deliverySentences,
    options: {
      kind: ProviderErrorKind;
      verificationId: string;
      retryAfterSeconds?: number | undefined;
      cause: unknown;
    },
  ) {
    super(deliverySentences[code], { cause: options.cause });
    this.code = code;
    this.kind = options.kind;
    this.verificationId = options.verificationId;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
