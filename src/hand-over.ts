/** What went wrong at a provider, one word for every vendor's own list. */
export type ProviderErrorKind =
  | 'invalid_number'
  | 'not_sms_capable'
  | 'opted_out'
  | 'blocked_destination'
  | 'filtered'
  | 'rate_limited'
  | 'temporary'
  | 'ambiguous'
  | 'auth'
  | 'config'
  | 'funds'
  | 'unknown';

/** Any other kind, also one that an adapter made up, leaves open whether the message was taken. */
const surelyNotTaken: ReadonlySet<ProviderErrorKind> = new Set<ProviderErrorKind>([
  'invalid_number',
  'not_sms_capable',
  'opted_out',
  'blocked_destination',
  'filtered',
  'rate_limited',
  'temporary',
  'auth',
  'config',
  'funds',
]);

/** Whether a failure of this kind says that the message was surely not taken. */
export function isSurelyNotTaken(kind: ProviderErrorKind): boolean {
  return surelyNotTaken.has(kind);
}

/** What came of asking one provider. `rejected`: the message was surely not taken. `unknown`: it may have been. */
export interface HandOver {
  readonly provider: string;
  readonly status: 'accepted' | 'rejected' | 'unknown';
  /** Null unless the provider failed. */
  readonly errorKind: ProviderErrorKind | null;
  readonly durationMs: number;
}
