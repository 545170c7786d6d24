import { CodeNotReceivedError, VirtualNumberError } from '../errors.ts';
import { CostGuardError } from './cost-guard.ts';
import type { EndToEndOutcome, EndToEndReport, Step } from './report.ts';
import type { Refusal } from './verifying.ts';

/** What verifies did not do what it was asked for. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  readonly outcome: EndToEndOutcome;
  constructor(refusal: Refusal, outcome: EndToEndOutcome) {
    super(refusal.detail);
    this.refusal = refusal;
    this.outcome = refusal.status === 'unreachable' ? 'unreachable' : outcome;
  }
}

/** What a run came to that ended with this error at this step. Throws the error where it is a fault of the program. */
export function endOf(error: unknown, step: Step | null): Pick<EndToEndReport, 'outcome' | 'reason' | 'detail'> {
  if (error instanceof RefusedError) {
    return { outcome: error.outcome, reason: error.refusal.reason, detail: error.refusal.detail };
  }
  if (error instanceof CostGuardError) return { outcome: 'cost_guard', reason: error.reason, detail: error.message };
  if (error instanceof CodeNotReceivedError) return { outcome: 'no_code', reason: 'timeout', detail: error.message };
  if (!(error instanceof VirtualNumberError)) throw error;
  const { kind, message } = error;
  // Nothing else says so while a text is waited for: the provider took the number back.
  if (step === 'delivery')
    return { outcome: 'no_code', reason: kind === 'no_numbers' ? 'lease_lost' : kind, detail: message };
  return { outcome: kind === 'unavailable' ? 'unreachable' : 'no_number', reason: kind, detail: message };
}
