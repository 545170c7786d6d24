import type { EndToEndEvent, Step, StepResult } from './report.ts';
import type { Clock } from './time.ts';

/** Times the steps of a run, one after the other, and tells of each. */
export interface StepTimer {
  begin(step: Step): void;
  done(about?: StepResult): void;
  /** The step that goes on has failed. Its name; null where none goes on. */
  failed(): Step | null;
  /** How long a step took, in milliseconds; null where it was not done. */
  took(step: Step): number | null;
}

export function createStepTimer(clock: Clock, on: (event: EndToEndEvent) => void): StepTimer {
  const durations = new Map<Step, number>();
  let current: { readonly step: Step; readonly atMs: number } | null = null;

  function end() {
    const ended = current && { step: current.step, ms: clock() - current.atMs };
    current = null;
    return ended;
  }

  return {
    begin(step) {
      current = { step, atMs: clock() };
      on({ type: 'began', step });
    },
    done(about = {}) {
      const ended = end();
      if (!ended) return;
      durations.set(ended.step, ended.ms);
      on({ type: 'done', ...ended, about });
    },
    failed() {
      const ended = end();
      if (ended) on({ type: 'failed', ...ended });
      return ended?.step ?? null;
    },
    took: (step) => durations.get(step) ?? null,
  };
}
