import { defaultPolicy, fieldsThatMayBeNull, type Policy } from '../../policy.ts';
import { listOf, number, oneOf, orNone, text, yesOrNo, type OptionType } from './option-types.ts';

/** The fields of the policy that have an option of their own; `countries` is PHONEPROOF_COUNTRIES. */
export type PolicyField = Exclude<keyof Policy, 'countries'>;

/** What each field means, for help and docs. */
const meanings: Record<PolicyField, string> = {
  codeLength: 'Digits in a code, 4 to 10.',
  lifetimeSeconds: 'How long a code is good after its latest text.',
  maxLifetimeSeconds: "No code outlives its verification's creation by more.",
  maxSends: 'Texts to one number in one send window.',
  sendWindowSeconds: 'The send window: it slides.',
  maxRejectedSends:
    'Texts to one number in one send window that a provider may refuse, which are not counted, before a start is refused.',
  maxSendsPerDay: 'Texts to one number in any 24 hours.',
  maxSendsPerAddress:
    'Texts that one address of a person may ask for in one broad window, within a tenant; none: any number.',
  maxSendsPerNetwork: 'The same for one IPv6 network (/64).',
  maxSendsPerCountry: 'Texts to numbers of one country in one broad window, within a tenant; none: any number.',
  maxSendsPerTenant: 'Texts of one tenant in one broad window; none: any number.',
  maxSendsInAll: 'Texts of the whole service in one broad window; none: any number.',
  broadWindowSeconds: 'The window of the five limits above: it slides.',
  sendGapSeconds: 'Least time between two texts to one number; 0: none.',
  resendAdviceSeconds: 'What `resend_at` advises where no gap is enforced.',
  resend: 'Starting again sends the same code again, or a new one.',
  resendUntilSeconds:
    'How long after its creation a code is repeated; none: while it can still live its whole lifetime.',
  maxChecks: 'Wrong codes that end a verification.',
  maxWrongChecksPerDay: 'Wrong codes for one number in any 24 hours, over all its verifications.',
  lockAfterWrongChecks: 'Wrong codes in a row that lock a number.',
  lockSeconds: 'A lock ends by itself this long after the last wrong code.',
  maxEndedKept: 'Ended verifications of one number that can still be found by id.',
  endedKeptSeconds: 'How long they can be found.',
  verifiedSeconds: 'How long a number counts as verified; 0: no record is kept.',
  lineTypes: 'Lines that can take a text.',
  allowOwnCode: "Whether a start takes the caller's own code.",
  sendTimeoutSeconds:
    'How long a provider may take before it is unknown whether it took a text. With several, each has 4 seconds, or its own TIMEOUT_SECONDS.',
};

/** The type of a field follows from its default, but for the one that is a choice of words. Ranges are the policy's own to check. */
function typeOf(field: PolicyField): OptionType<unknown> {
  const value = defaultPolicy[field];
  const unit = field.endsWith('Seconds') ? '<seconds>' : '<number>';
  const digits = number(unit, {
    least: 0,
    greatest: Number.MAX_SAFE_INTEGER,
    fraction: field === 'sendTimeoutSeconds',
  });
  if (field === 'resend') return oneOf('same_code', 'new_code');
  if (typeof value === 'boolean') return yesOrNo;
  if (Array.isArray(value)) return listOf('<types>', text('<type>'));
  return fieldsThatMayBeNull.has(field) ? orNone(digits) : digits;
}

/** What bounds the bill of a whole service: nothing costs anything in development, and load tests are run there. */
const offInDevelopment: readonly PolicyField[] = ['maxSendsPerCountry', 'maxSendsPerTenant', 'maxSendsInAll'];

/** One row for each field, made from `defaultPolicy`. */
export const policyRows = (Object.keys(meanings) as PolicyField[]).map((field) => {
  const type = typeOf(field);
  const standard = type.show(defaultPolicy[field]);
  const dev = offInDevelopment.includes(field) ? 'none' : standard;
  return { field, type, default: { dev, serve: standard }, description: meanings[field] };
});
