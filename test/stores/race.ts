import type { CheckCall } from './check-history.ts';

/** What a process is to do, so many times at once. */
export type RaceJob =
  | { verb: 'begin'; name: string; times: number }
  /** By id, or by number where `nonce` is null. */
  | { verb: 'check'; name: string; nonce: string | null; codes: readonly CheckCall['code'][] }
  /** Each of another number, under one limit. */
  | { verb: 'send'; name: string; max: number; times: number }
  | { verb: 'claim'; name: string; times: number };

/** What became of one of them. */
export interface RaceCall extends Omit<CheckCall, 'code'> {
  readonly nonce?: string | undefined;
}

/** On the machine's monotonic clock, which all processes share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
