import { ConfigurationError } from './errors.ts';
import { lineTypes, type LineType } from './phone-number.ts';

/** The numbers. Every field has a default (`defaultPolicy`), every one can be set, and all can be resolved anew for each call. */
export interface Policy {
  /** Digits in a code, 4 to 10. */
  codeLength: number;
  /** How long a code is good after its latest send. */
  lifetimeSeconds: number;
  /** No code outlives its verification's creation by more (NIST SP 800-63B-4 section 3.1.3.2: at most 10 minutes). */
  maxLifetimeSeconds: number;
  /** Texts to one number in any `sendWindowSeconds`. */
  maxSends: number;
  sendWindowSeconds: number;
  /** Texts to one number in any `sendWindowSeconds` that the provider may refuse, and that so are not counted, before the next start is refused too. */
  maxRejectedSends: number;
  /** Texts to one number in any 24 hours. */
  maxSendsPerDay: number;
  /** Texts that one address of a person may ask for in any `broadWindowSeconds`; null: any number. As are the four after it. */
  maxSendsPerAddress: number | null;
  /** Of one IPv6 network (/64): what one line or one phone is given. */
  maxSendsPerNetwork: number | null;
  /** To the numbers of one country. */
  maxSendsPerCountry: number | null;
  maxSendsPerTenant: number | null;
  /** Over all tenants. The same for every call. */
  maxSendsInAll: number | null;
  broadWindowSeconds: number;
  /** Least time between two texts to one number; 0: none is enforced. */
  sendGapSeconds: number;
  /** What `resendAt` advises where no gap is enforced. */
  resendAdviceSeconds: number;
  /** Starting again while a verification is pending sends the same code again, or a new code in a new verification. */
  resend: 'same_code' | 'new_code';
  /** How long after its creation a pending verification's code is repeated; null: while a repeated code can still live its whole `lifetimeSeconds`. */
  resendUntilSeconds: number | null;
  /** Wrong checks that end a verification. */
  maxChecks: number;
  /** Wrong checks of one number in any 24 hours, over all its verifications. */
  maxWrongChecksPerDay: number;
  /** Wrong checks in a row that lock a number until `unlock`. */
  lockAfterWrongChecks: number;
  /** The lock ends by itself this long after the last wrong check. */
  lockSeconds: number;
  /** Ended verifications of one number that can still be found by id, and for how long. */
  maxEndedKept: number;
  endedKeptSeconds: number;
  /** How long a number counts as verified; 0: no record is kept. */
  verifiedSeconds: number;
  /** Destination countries (ISO 3166-1 alpha-2), or `*` for all. */
  countries: '*' | readonly string[];
  /** Lines that can take a text. */
  lineTypes: readonly LineType[];
  /** Whether `start` takes the caller's own code. */
  allowOwnCode: boolean;
  /** How long a provider may take before a send counts as ambiguous; a provider's own `timeoutMs` goes first. */
  sendTimeoutSeconds: number;
}

/** What a policy may depend on. */
export interface PolicyContext {
  tenant: string;
  /** `default` unless the call says otherwise; of a check by id, null. */
  purpose: string | null;
  /** ISO 3166-1 alpha-2 of the destination; null where it is not known (a check by id). */
  country: string | null;
}

const day = 86_400;

export const defaultPolicy: Policy = {
  codeLength: 6,
  lifetimeSeconds: 300,
  maxLifetimeSeconds: 600,
  maxSends: 3,
  sendWindowSeconds: 600,
  maxRejectedSends: 10,
  maxSendsPerDay: 10,
  maxSendsPerAddress: 30,
  maxSendsPerNetwork: 60,
  maxSendsPerCountry: 5_000,
  maxSendsPerTenant: 10_000,
  maxSendsInAll: 20_000,
  broadWindowSeconds: 3_600,
  sendGapSeconds: 0,
  resendAdviceSeconds: 30,
  resend: 'same_code',
  resendUntilSeconds: null,
  maxChecks: 5,
  maxWrongChecksPerDay: 10,
  lockAfterWrongChecks: 100,
  lockSeconds: 365 * day,
  maxEndedKept: 4,
  endedKeptSeconds: day,
  verifiedSeconds: 30 * day,
  countries: '*',
  lineTypes: ['mobile', 'fixed_line_or_mobile', 'voip'],
  allowOwnCode: false,
  sendTimeoutSeconds: 10,
};
Object.freeze(defaultPolicy);

type NumberField = { [F in keyof Policy]: number extends Policy[F] ? F : never }[keyof Policy];

/** What `sendTimeoutSeconds` can be at most. */
export const maxSendTimeoutSeconds = 60;

/** What `codeLength` can be at most. */
export const maxCodeLength = 10;

/** Least and greatest value of each number. */
const ranges: Record<NumberField, readonly [number, number]> = {
  codeLength: [4, maxCodeLength],
  lifetimeSeconds: [10, 3_600],
  maxLifetimeSeconds: [10, 3_600],
  maxSends: [1, 100],
  sendWindowSeconds: [1, day],
  maxRejectedSends: [0, 100],
  maxSendsPerDay: [1, 100],
  maxSendsPerAddress: [1, 1_000_000],
  maxSendsPerNetwork: [1, 1_000_000],
  maxSendsPerCountry: [1, 100_000_000],
  maxSendsPerTenant: [1, 100_000_000],
  maxSendsInAll: [1, 100_000_000],
  broadWindowSeconds: [60, day],
  sendGapSeconds: [0, 3_600],
  resendAdviceSeconds: [0, 3_600],
  resendUntilSeconds: [0, 3_600],
  maxChecks: [1, 20],
  maxWrongChecksPerDay: [1, 100],
  lockAfterWrongChecks: [1, 1_000],
  lockSeconds: [60, 10 * 365 * day],
  maxEndedKept: [0, 20],
  endedKeptSeconds: [0, 7 * day],
  verifiedSeconds: [0, 10 * 365 * day],
  sendTimeoutSeconds: [0.1, maxSendTimeoutSeconds],
};

/** The numbers that null switches off. */
export const fieldsThatMayBeNull: ReadonlySet<keyof Policy> = new Set<NumberField>([
  'maxSendsPerAddress',
  'maxSendsPerNetwork',
  'maxSendsPerCountry',
  'maxSendsPerTenant',
  'maxSendsInAll',
  'resendUntilSeconds',
]);

/** Fills in the defaults. Throws a `ConfigurationError` that names every field that is out of range or does not fit the others. */
export function resolvePolicy(input: Partial<Policy> = {}): Policy {
  const policy = { ...defaultPolicy };
  const faults: string[] = [];
  for (const [field, value] of Object.entries(input)) {
    if (!(field in defaultPolicy)) faults.push(`policy.${field} is not a field of the policy`);
    else if (value !== undefined) Object.assign(policy, { [field]: value });
  }
  for (const field of Object.keys(ranges) as NumberField[]) {
    const [least, greatest] = ranges[field];
    const value = policy[field];
    if (value === null && fieldsThatMayBeNull.has(field)) continue;
    const whole = Number.isInteger(value) || field === 'sendTimeoutSeconds';
    if (typeof value !== 'number' || !whole || !(value >= least && value <= greatest)) {
      faults.push(`policy.${field} must be ${whole ? 'a' : 'a whole'} number from ${least} to ${greatest}`);
    }
  }
  if (policy.maxLifetimeSeconds < policy.lifetimeSeconds) {
    faults.push('policy.maxLifetimeSeconds must not be less than policy.lifetimeSeconds');
  }
  if (policy.resend !== 'same_code' && policy.resend !== 'new_code') {
    faults.push("policy.resend must be 'same_code' or 'new_code'");
  }
  if (policy.countries !== '*' && !isListOf(policy.countries, (country) => /^[A-Z]{2}$/.test(country))) {
    faults.push("policy.countries must be '*' or a list of two-letter country codes in capitals, at least one");
  }
  if (!isListOf(policy.lineTypes, (lineType) => lineTypes.some((known) => known === lineType))) {
    faults.push(`policy.lineTypes must be a list, at least one, of: ${lineTypes.join(', ')}`);
  }
  if (typeof policy.allowOwnCode !== 'boolean') faults.push('policy.allowOwnCode must be true or false');
  if (faults.length > 0) throw new ConfigurationError(faults);
  return policy;
}

/** At least one item, all of them strings that fit. */
function isListOf(list: unknown, fits: (item: string) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string' && fits(item));
}
