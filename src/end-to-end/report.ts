import type { Released } from '../virtual-numbers/virtual-number.ts';

/** What a run does, in this order. */
export const steps = ['reach', 'acquire', 'start', 'delivery', 'check', 'release'] as const;
export type Step = (typeof steps)[number];

/** How a run can end. */
export const outcomes = [
  'approved',
  /** The service, or the provider of numbers, gave no answer. */
  'unreachable',
  /** The provider of numbers has none to give, or gives none to us. */
  'no_number',
  /** Enough numbers were rented. */
  'cost_guard',
  /** The service refused to send, or could not. */
  'start_refused',
  /** The text was sent, and no code came. */
  'no_code',
  /** A code came, and the service did not take it. */
  'check_refused',
  /** It was told to end. */
  'aborted',
] as const;
export type EndToEndOutcome = (typeof outcomes)[number];

/** How long each step took that was done, in milliseconds; null for one that was not. */
export interface Timings {
  readonly acquireMs: number | null;
  readonly startMs: number | null;
  /** From the service's answer until the code was seen: as exact as the provider may be polled. */
  readonly deliveryMs: number | null;
  readonly checkMs: number | null;
  /** The whole run, the release with it. */
  readonly totalMs: number;
}

/** What one run came to. Holds no code; no whole number unless that was asked for. */
export interface EndToEndReport {
  readonly outcome: EndToEndOutcome;
  /** The step at which it ended; null where all were done. */
  readonly step: Step | null;
  /** A stable word: the problem code of the service (`rate_limited`), the kind of the provider's error (`funds`), `timeout`, `max_rents`. Null where it was approved or aborted. */
  readonly reason: string | null;
  /** A sentence for people that says what to do; null where `reason` is. */
  readonly detail: string | null;
  /** Of the number: the provider's name. */
  readonly provider: string;
  /** As it was asked for. */
  readonly country: string;
  /** The number, masked; null where none was rented. */
  readonly to: string | null;
  readonly timings: Timings;
  /** How often the provider was asked for the text. */
  readonly polls: number;
  /** What came of giving the number back; null where there was none. `failed`: the provider did not take it back, and ends the lease by itself. */
  readonly released: Released | 'failed' | null;
}

/** What is told while a run goes on. */
export type EndToEndEvent =
  | { readonly type: 'began'; readonly step: Step }
  /** Another look for the text, without one. */
  | { readonly type: 'polled'; readonly polls: number; readonly waitedMs: number }
  | { readonly type: 'done'; readonly step: Step; readonly ms: number; readonly about: StepResult }
  | { readonly type: 'failed'; readonly step: Step; readonly ms: number };

/** What a step came to: the number, the code and the release, where there is one. Masked unless whole ones were asked for. */
export interface StepResult {
  readonly to?: string;
  readonly code?: string;
  readonly released?: Released;
}
