/** A number or a word that a fault is scripted with. */
export interface FaultField {
  /** As on the wire. */
  name: 'delay_ms' | 'retry_after_seconds' | 'status' | 'code';
  label: string;
  /** What it is until the person says otherwise; empty: the vendor's usual. */
  usual: string;
  /** Of times: what one unit of the field is on the wire. */
  scale?: number;
  min?: number;
  max?: number;
}

export interface FaultKind {
  kind: string;
  /** In words, short. */
  name: string;
  says: string;
  field?: FaultField;
}

const seconds = (usual: string, max: number): FaultField => ({
  name: 'delay_ms',
  label: 'By how many seconds',
  usual,
  scale: 1_000,
  min: 0,
  max,
});
const code: FaultField = { name: 'code', label: "Vendor's code", usual: '' };

/** What can be scripted to go wrong, by where it does. */
export const faultKinds: readonly { where: string; kinds: readonly FaultKind[] }[] = [
  {
    where: 'On the way to the phone',
    kinds: [
      { kind: 'hold', name: 'Held', says: 'Taken, and lies here until you deliver it or let it fail.' },
      { kind: 'dropped', name: 'Lost', says: 'Taken, and never delivered. No receipt.' },
      {
        kind: 'undelivered',
        name: 'Not delivered',
        says: 'Taken, not delivered, and a receipt says so.',
        field: code,
      },
      { kind: 'duplicate', name: 'Arrives twice', says: 'Taken once, delivered twice, the receipts too.' },
      {
        kind: 'reorder',
        name: 'Arrives out of order',
        says: 'Arrives after the next text to the same number, or after 10 seconds.',
      },
    ],
  },
  {
    where: 'At the call',
    kinds: [
      { kind: 'delay', name: 'Slow', says: 'The call is answered late.', field: seconds('5', 60) },
      { kind: 'refused', name: 'Refused', says: "Refused in the vendor's own way.", field: code },
      {
        kind: 'rate_limited',
        name: 'Too many requests',
        says: 'Refused with 429.',
        field: { name: 'retry_after_seconds', label: 'Retry-After, in seconds', usual: '1', min: 0, max: 86_400 },
      },
      {
        kind: 'server_error',
        name: 'Server error',
        says: 'Refused with an HTTP status of 500 and more.',
        field: { name: 'status', label: 'Status', usual: '503', min: 500, max: 599 },
      },
      { kind: 'cut_before', name: 'Cut before', says: 'The connection breaks before the text is taken.' },
      {
        kind: 'cut_after',
        name: 'Cut after',
        says: 'The text is taken and delivered; the connection breaks before the answer.',
      },
    ],
  },
  {
    where: 'Receipts',
    kinds: [
      {
        kind: 'late_receipts',
        name: 'Late receipts',
        says: 'Delivered; receipts come late.',
        field: seconds('30', 3_600),
      },
      { kind: 'early_receipts', name: 'Early receipts', says: 'Receipts come before the answer to the call.' },
    ],
  },
];

/** What is known of a kind; of one that is not known, its name. */
export function faultKind(kind: string): FaultKind {
  const all = faultKinds.flatMap(({ kinds }) => kinds);
  return all.find((one) => one.kind === kind) ?? { kind, name: kind, says: '' };
}
