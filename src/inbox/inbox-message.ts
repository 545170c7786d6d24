/** A text that a phone would have received. */
export interface InboxMessage {
  /** Also a cursor: unique, and greater than that of every message before it. */
  readonly id: string;
  /** E.164. */
  readonly to: string;
  /** What the phone shows as the sender. */
  readonly from: string;
  readonly body: string;
  /** As found in the body; null where there is none. */
  readonly code: string | null;
  /** Name of the provider that delivered it. */
  readonly provider: string;
  /** What the sender was told became of it, the latest: `failed` where someone had the inbox say so. */
  readonly status: 'delivered' | 'failed';
  readonly receivedAt: Date;
  /** How many SMS the body takes, and in which alphabet (3GPP TS 23.038). */
  readonly segments: number;
  readonly encoding: 'GSM-7' | 'UCS-2';
  /** The test run that had the number when the text came; null: nobody had it, or gave no name. */
  readonly run: string | null;
  /** The request by which it came; null where it did not come by HTTP. Without credentials. */
  readonly request: RawRequest | null;
  /** What can be done about it by hand: have its sender told a receipt, or a reply of the person. */
  readonly byHand: readonly ByHand[];
}

export type ByHand = 'receipt' | 'reply';

/** A request as it came in, its credentials masked. */
export interface RawRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type NewMessage = Pick<InboxMessage, 'to' | 'from' | 'body' | 'provider'> &
  Partial<Pick<InboxMessage, 'request' | 'byHand'>>;
