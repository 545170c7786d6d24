import { InvalidRequestError, type RequestFault } from './errors.ts';
import type { ReceiptRequest } from './providers/provider.ts';
import { parseIpAddress } from './ip-address.ts';
import type { TextHint } from './texts/fit.ts';

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
  /** BCP 47 tag of the person's language. Unset, or without texts: the number's country says it. */
  locale?: string;
  /** What reads the text beside the person: the page where the code is typed, or your Android app (where `appHash` is configured). Unset: the page. */
  hint?: TextHint;
  /** The person's IP address: how many texts it may ask for is limited. Unset: those limits do not hold, the others do. */
  ip?: string;
  /** The caller's own code, where `policy.allowOwnCode` says so. */
  code?: string;
}

/** A number as people type it. */
export interface NumberOptions extends TenantOption {
  to: string;
  country?: string;
}

/** A delivery receipt, as it came in at `{receiptsUrl}/{provider}/{token}`. */
export interface ReceiptOptions {
  provider: string;
  token: string;
  /** What stands after the path, from its question mark on; empty where there is none. */
  search: string;
  request: Pick<ReceiptRequest, 'method' | 'headers' | 'body' | 'nowMs'>;
}

/** By id, or by number and purpose. */
export type TargetOptions = ({ id: string } & TenantOption) | (NumberOptions & { purpose?: string; id?: undefined });

interface TransactionOption {
  /**
   * A transaction of yours on the store's own database, begun on your client: the approval is committed or rolled back with it, what a wrong code costs is
   * committed at once. Only where the store has `within` (PostgreSQL). Events are told before you commit.
   */
  transaction?: unknown;
}

export type CheckOptions = TargetOptions & { code: string } & TransactionOption;

export type ApproveOptions = TargetOptions & TransactionOption;

/** What an idempotency key stands for. */
export interface OnceOptions extends TenantOption {
  /** What kind of work it is. The same key of another tenant or route is another key. */
  route: string;
  /** Chosen by whoever asks: 1 to 255 characters. */
  key: string;
  /** What exactly is asked for, as JSON holds it; the order of fields says nothing. The same key with another request is refused. */
  request: unknown;
}

/** What is done once. `answer` is what JSON can hold; `keep`: asking again gets the same, else the key is free again. */
export type OnceWork<Answer> = () => Promise<{ answer: Answer; keep: boolean }>;

/** A code as it is submitted: ASCII digits only. `typeof` comes first: a pattern alone takes `['493027']` for a code. */
export function isCode(code: string): boolean {
  return /^[0-9]{4,10}$/.test(code);
}

const shapes = {
  tenant: { pattern: /^[A-Za-z0-9._-]{1,64}$/, detail: 'must be 1 to 64 letters, digits, dots, dashes or underscores' },
  purpose: {
    // Not five digits in a row: a purpose stands in logs, and neither a number nor a code must.
    pattern: /^(?!.*[0-9]{5})[a-z0-9][a-z0-9_-]{0,31}$/,
    detail: 'must be 1 to 32 small letters, digits, dashes or underscores, never five digits in a row',
  },
  channel: { pattern: /^[a-z0-9_-]{1,16}$/, detail: 'must be a channel such as sms' },
  locale: { pattern: /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/, detail: 'must be a language tag such as en or pt-BR' },
  hint: { pattern: /^(?:web|android)$/, detail: 'must be web or android' },
  country: { pattern: /^[A-Za-z]{2}$/, detail: 'must be a country as two letters, such as US' },
} as const;

/** The patterns by which arguments are judged, for those who describe them elsewhere. */
export const argumentPatterns = {
  tenant: shapes.tenant.pattern,
  purpose: shapes.purpose.pattern,
  channel: shapes.channel.pattern,
  locale: shapes.locale.pattern,
  country: shapes.country.pattern,
};

const shapesByName = Object.entries(shapes);
const strings = ['to', 'id', 'code'] as const;

/** Throws an `InvalidRequestError` that names every argument of the wrong type or shape. */
export function assertArguments(args: object): void {
  const faults: RequestFault[] = [];
  const given = args as Record<string, unknown>;
  for (const name of strings) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'string')
      faults.push({ pointer: `/${name}`, detail: 'must be a string' });
  }
  for (const [name, { pattern, detail }] of shapesByName) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || !pattern.test(value)) faults.push({ pointer: `/${name}`, detail });
  }
  const { ip } = given;
  if (ip !== undefined && (typeof ip !== 'string' || !parseIpAddress(ip))) {
    faults.push({ pointer: '/ip', detail: 'must be an IP address, without a zone' });
  }
  if (given.to === undefined && given.id === undefined) faults.push({ pointer: '/to', detail: 'is missing' });
  if (given.to !== undefined && given.id !== undefined)
    faults.push({ pointer: '/id', detail: 'cannot be combined with to' });
  if (faults.length > 0) throw new InvalidRequestError(faults);
}
