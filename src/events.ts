import type { DeliveryStatus } from './verification.ts';

/** Of an event about a test number. */
interface MaybeTest {
  /** True where it is about a test number; else unset. */
  test?: true;
}

/** What every event tells. Numbers are masked, codes are never there. */
interface About extends MaybeTest {
  tenant: string;
  /** Masked: `+1••••••0143`. */
  to: string;
  purpose: string;
}

/** The typed event map: what happened, told after it is so. */
export interface VerifierEventMap {
  /** A verification was made (`repeated: false`) or its code is sent again. Told before the text goes out; to a test number none does. */
  'verification.started': About & { id: string; delivery: number; repeated: boolean; country: string | null };
  /** A start sent nothing. `reason` is the status of its result; `limit` names the limit, if one refused. */
  'start.refused': MaybeTest & {
    tenant: string;
    to: string | null;
    purpose: string;
    reason: string;
    limit: string | null;
  };
  /** What became of a hand-over to a provider: one for each that was asked, none of a test number. `errorKind` is null unless the provider threw. */
  'delivery.settled': About & {
    id: string;
    delivery: number;
    country: string | null;
    provider: string;
    status: DeliveryStatus;
    errorKind: string | null;
    durationMs: number;
  };
  /** What a vendor told of a message later on. Told again each time that the vendor tells it. */
  'delivery.reported': {
    tenant: string;
    id: string;
    delivery: number;
    provider: string;
    status: DeliveryStatus;
    errorKind: string | null;
  };
  /** A receipt that is not the vendor's, or cannot be read. */
  'receipt.refused': { provider: string; reason: string };
  /** A vendor told of so many messages that are not known, or not any more. */
  'receipt.unknown': { provider: string; count: number };
  'verification.approved': About & { id: string };
  /** A check approved nothing. `reason` is the status of its result. */
  'check.refused': MaybeTest & {
    tenant: string;
    to: string | null;
    purpose: string | null;
    id: string | null;
    reason: string;
  };
  'verification.canceled': About & { id: string };
  /** Work after the answer failed: the outcome of a delivery could not be written down. The delivery stays `sending`. */
  'settle.failed': About & { id: string; delivery: number; error: Error };
  /** Work after the answer failed: what came of an idempotency key could not be written down. Once its lease has ended, asking again does it again. */
  'complete.failed': { tenant: string; error: Error };
}

/** One event: its type and what it tells. */
export type VerifierEvent = {
  [Type in keyof VerifierEventMap]: { type: Type } & VerifierEventMap[Type];
}[keyof VerifierEventMap];
