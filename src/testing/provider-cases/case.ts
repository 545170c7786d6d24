import assert from 'node:assert/strict';
import { setTimeout as passed } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ProviderError, type ProviderErrorKind } from '../../errors.ts';
import type { Accepted, Message, Provider, ReceiptRequest } from '../../providers/provider.ts';

/** How a vendor answers, for the cases to answer in its place. */
export interface VendorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a receipt tells, when it came, and where to. */
export interface ReceiptAbout {
  readonly messageId: string;
  readonly reference: string;
  readonly status: 'sent' | 'delivered' | 'failed';
  /** Where the vendor calls: with the reference in it. */
  readonly url: string;
  readonly nowMs: number;
}

/** Receipts as a vendor signs them. */
export interface ReceiptsUnderTest {
  /** A receipt of each status, signed now. */
  signed(about: ReceiptAbout): ReceiptRequest | Promise<ReceiptRequest>;
  /** The same around any body, rightly signed, so that what reads it is tried too; unset: only bodies that are not signed are tried. */
  sign?(body: Uint8Array, about: Pick<ReceiptAbout, 'url' | 'nowMs'>): ReceiptRequest | Promise<ReceiptRequest>;
  /** How old a receipt may be, and how far ahead of our clock, in milliseconds; null: the vendor signs no time. */
  readonly oldestMs: number | null;
  /** Whether the vendor signs the address that it calls. */
  readonly signsUrl: boolean;
  /** The headers that hold the signature; unset: those with `signature` in their names, and `authorization`. Empty where it is in the body. */
  readonly signatureHeaders?: readonly string[];
}

/** A provider, and what its vendor says. */
export interface ProviderUnderTest {
  /** Makes the provider, whose vendor is at this address (`http://127.0.0.1:PORT`), with the credentials below. Does nothing else. */
  open(baseUrl: string): Provider;
  /** Every credential that it was given, as it was given: none may be in an error. */
  readonly credentials: readonly string[];
  /** What the vendor answers when it takes a message, under this id. */
  accepted(messageId: string): VendorReply;
  /** True: a 2xx status alone says that a message was taken, whatever the answer holds. Unset: the answer must be read. */
  readonly takenByStatus?: boolean;
  /** Every failure that the vendor documents, in its own words, and the kind that it is. Those within a 2xx answer too. */
  readonly failures: readonly {
    readonly name: string;
    readonly reply: VendorReply;
    readonly kind: ProviderErrorKind;
  }[];
  /** Where the number (E.164) and the text stand in a request that the vendor got. `text` null: the vendor keeps the text and was given the code alone. */
  readRequest(request: { readonly url: string; readonly headers: Headers; readonly body: string }): {
    readonly to: string;
    readonly text: string | null;
  };
  /** Unset: it has none. */
  readonly receipts?: ReceiptsUnderTest;
}

/** One promise of the `Provider` port. */
export interface ProviderCase {
  /** A sentence, unique in the suite. */
  readonly name: string;
  /** Set where the case is about receipts: for a provider without them it only looks that there are none. */
  readonly about?: 'receipts';
  /** Rejects with an `AssertionError` when the provider does not keep the promise. */
  run(provider: ProviderUnderTest): Promise<void>;
}

export const exampleCode = '49381726';
/** As long as references are. */
export const exampleReference = `v1${'Ab3_-'.repeat(11)}9.1`;

/** Where receipts of a provider come in, in the cases. */
export function receiptUrlOf(provider: string): string {
  return `https://verify.example.com/v1/receipts/${provider}/0123456789abcdefghijkl?ref=${exampleReference}`;
}

/** A message as a verifier makes it. */
export function messageWith(over: Partial<Message> = {}): Message {
  return {
    to: '+12025550143',
    country: 'US',
    text: `${exampleCode} is your Example code. Never share it.\n\n@example.com #${exampleCode}`,
    code: exampleCode,
    channel: 'sms',
    locale: 'en',
    lifetimeSeconds: 300,
    reference: exampleReference,
    receiptUrl: receiptUrlOf,
    earlier: [],
    ...over,
  };
}

/** What the promise comes to, or an `AssertionError` when it has not come to anything by then. */
export async function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  const settled = new AbortController();
  const late = passed(ms, undefined, { signal: settled.signal }).then(() =>
    assert.fail(`${what}: not within ${ms} ms`),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}

interface SendOptions {
  message?: Message;
  signal?: AbortSignal;
  withinMs?: number;
}

/** What a send comes to: its answer, or the `ProviderError` that it must reject with for all else. */
export async function send(
  provider: Provider,
  { message = messageWith(), signal = new AbortController().signal, withinMs = 10_000 }: SendOptions = {},
): Promise<Accepted | ProviderError> {
  const sending = (async () => provider.send(message, { signal }))().catch((error: unknown) =>
    error instanceof ProviderError
      ? error
      : assert.fail(`a send rejects with a ProviderError, not with ${inspect(error)}`),
  );
  return within(withinMs, 'a send comes to an end', sending);
}

/** The error of a send that must not be accepted. */
export async function refusal(provider: Provider, options?: SendOptions): Promise<ProviderError> {
  const came = await send(provider, options);
  return came instanceof ProviderError ? came : assert.fail('the message counts as accepted');
}

/** Whether an error of that kind leaves open that the message was taken. */
export function mayBeTaken(kind: ProviderErrorKind | 'accepted'): boolean {
  return kind === 'ambiguous' || kind === 'unknown';
}
