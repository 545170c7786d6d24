import { ProviderError, type ProviderErrorKind } from '../../errors.ts';
import { retryAfterSeconds, type VendorAnswer } from '../exchange.ts';
import type { Message } from '../provider.ts';

/** One of the two ways in which Vonage takes messages. */
export interface VonageApi {
  /** Where Vonage itself is, without a slash at the end. */
  readonly address: string;
  readonly path: string;
  /** What is posted, as JSON. `receiptUrl`: where Vonage may tell what became of the message; null: nowhere. */
  request(message: Message, from: string, receiptUrl: string | null): Readonly<Record<string, unknown>>;
  /** The id of the message that was taken. Throws a `ProviderError` for every other answer. `name`: of the provider. */
  messageId(name: string, answer: VendorAnswer): string;
}

/** Numbers go out in E.164 without the plus. */
export function withoutPlus(number: string): string {
  return number.replace(/^\+/, '');
}

/** Both APIs refuse a message with a longer one. Undefined: it goes out without. */
export function clientReference({ reference }: Message): string | undefined {
  return reference.length <= 100 ? reference : undefined;
}

/** For how long delivery is tried: between 20 seconds and 7 days, the bounds of the vendor. */
export function deliverySeconds({ lifetimeSeconds }: Message): number {
  return Math.min(Math.max(Math.ceil(lifetimeSeconds), 20), 604_800);
}

/** `code`: the vendor's own, from its list. */
export function answered(name: string, kind: ProviderErrorKind, code: string, answer: VendorAnswer): ProviderError {
  return new ProviderError(kind, `${name}: ${kind} (${code})`, { retryAfterSeconds: retryAfterSeconds(answer) });
}
