/** What texts would cost if they were sent. */
export interface Prices {
  /** ISO 4217: `USD`. */
  readonly currency: string;
  /** Of one segment, by what the number begins with; the longest counts, `*` where no other does: `{ "*": 0.05, "+1": 0.0083 }`. */
  readonly perSegment: Readonly<Record<string, number>>;
}
