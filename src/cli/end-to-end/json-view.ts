import type { EndToEndReport } from '../../end-to-end/report.ts';
import { summarize } from '../../end-to-end/summary.ts';
import type { CliContext } from '../context.ts';
import type { EndToEndView } from './view.ts';

/** Writes one JSON object per line: each run when it has ended, and at the end what they are together. No code is in it. */
export function jsonView({ write }: Pick<CliContext, 'write'>): EndToEndView {
  let at = 0;
  const line = (object: object): void => write(`${JSON.stringify(object)}\n`);
  return {
    begin() {},
    run(_country, which) {
      at = which;
    },
    event() {},
    ended: (report) => line({ type: 'run', run: at, ...wireReport(report) }),
    finish(reports, { rents, exitCode }) {
      const { runs, approved, outcomes, delivery } = summarize(reports);
      line({
        type: 'summary',
        runs,
        approved,
        outcomes,
        rents,
        delivery_p50_ms: wholeOrNull(delivery?.p50Ms),
        delivery_p95_ms: wholeOrNull(delivery?.p95Ms),
        exit_code: exitCode,
      });
    },
  };
}

function wireReport({
  provider,
  country,
  outcome,
  step,
  reason,
  detail,
  to,
  timings,
  polls,
  released,
}: EndToEndReport) {
  return {
    provider,
    country,
    outcome,
    step,
    reason,
    detail,
    to,
    acquire_ms: wholeOrNull(timings.acquireMs),
    start_ms: wholeOrNull(timings.startMs),
    delivery_ms: wholeOrNull(timings.deliveryMs),
    check_ms: wholeOrNull(timings.checkMs),
    total_ms: Math.round(timings.totalMs),
    polls,
    released,
  };
}

function wholeOrNull(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms);
}
