import { VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import { retryAfterSeconds } from '../providers/exchange.ts';
import type { VendorAnswer } from './exchange.ts';

/** An error of a provider that answered. Where the caller may try again: with what the answer says of when. */
export function refusal(
  kind: VirtualNumberErrorKind,
  message: string,
  answer: VendorAnswer,
  nowMs: number,
): VirtualNumberError {
  const mayPass = kind === 'rate_limited' || kind === 'unavailable' || kind === 'no_numbers';
  return new VirtualNumberError(kind, message, mayPass ? { retryAfterSeconds: retryAfterSeconds(answer, nowMs) } : {});
}

/** What an answer says by its status alone, where the vendor's own words say nothing; a page in place of them is a vendor out of order. Holds none of the answer. */
export function refusalOfStatus(name: string, answer: VendorAnswer, nowMs: number): VirtualNumberError {
  const { status, text } = answer;
  const because = (kind: VirtualNumberErrorKind, says: string) =>
    refusal(kind, `${name} ${says} (HTTP ${status}).`, answer, nowMs);
  if (status === 401 || status === 403) return because('auth', 'refused the credentials: check them');
  if (status === 402) return because('funds', 'has no money left on this account');
  if (status === 429) return tooManyCalls(name, answer, nowMs);
  if (status === 408 || status >= 500) return because('unavailable', 'is out of order: try again');
  if (status >= 300 && status < 400) return because('config', 'answers at another address: check baseUrl');
  if (text.trimStart().startsWith('<')) return because('unavailable', 'answers with a page, not as an API');
  if (status === 404 || status === 405 || status === 410) return because('config', 'has no such call: check baseUrl');
  return notUnderstood(name, answer);
}

export function tooManyCalls(name: string, answer: VendorAnswer, nowMs: number): VirtualNumberError {
  return refusal('rate_limited', `${name} takes no more calls just now (HTTP ${answer.status}).`, answer, nowMs);
}

/** An answer that is in no documentation. */
export function notUnderstood(name: string, { status }: Pick<VendorAnswer, 'status'>): VirtualNumberError {
  return new VirtualNumberError(
    'protocol',
    `${name} answered what cannot be understood (HTTP ${status}). Check baseUrl, and whether its API has changed.`,
  );
}
