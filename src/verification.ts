/** What becomes of a verification in the end. Stores keep places in this list (record.lua has them as numbers): it only grows, at its end. */
export const endedStatuses = ['approved', 'expired', 'canceled', 'superseded', 'max_checks_reached', 'failed'] as const;
export type EndedStatus = (typeof endedStatuses)[number];

/** `pending` is the only status that can become another. */
export type VerificationStatus = 'pending' | EndedStatus;

/**
 * What became of one delivery, from least to most known. A later word never takes back an earlier one: the higher of the two stands.
 * `rejected`: surely not taken, so its send is not counted. `unknown`: may have been taken.
 */
export const deliveryStatuses = ['sending', 'rejected', 'unknown', 'accepted', 'sent', 'failed', 'delivered'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** The higher of two words on one delivery. Commutative, associative, idempotent: the order of arrival does not matter. */
export function laterStatus(a: DeliveryStatus, b: DeliveryStatus): DeliveryStatus {
  return deliveryStatuses.indexOf(a) >= deliveryStatuses.indexOf(b) ? a : b;
}

/** One hand-over of a text to a provider. */
export interface Delivery {
  /** Name of the provider; null until one was asked. */
  provider: string | null;
  status: DeliveryStatus;
  /** When the hand-over began. */
  at: Date;
}

/** One attempt to prove control of one number. */
export interface Verification {
  /** Opaque. */
  id: string;
  /** E.164. */
  to: string;
  /** Its number was a test number when it was started: no text was sent, and its code stands in the configuration. It proves nothing about a phone. */
  test: boolean;
  channel: string;
  purpose: string;
  status: VerificationStatus;
  createdAt: Date;
  /** The code is good while the store's clock is strictly before this. */
  expiresAt: Date;
  /** When it left `pending`; null while it is. */
  endedAt: Date | null;
  /** When asking again is advised, or possible where the policy enforces a gap. */
  resendAt: Date;
  /** How many texts this number may still be sent now: the least over all its own limits. Those that it shares with others are not in it. */
  sendsLeft: number;
  /** How many wrong codes are left: the least over all budgets. */
  checksLeft: number;
  /** Of a pending verification; empty once it has ended. */
  deliveries: Delivery[];
}
