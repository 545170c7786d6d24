import type { EndToEndOutcome, EndToEndReport } from './report.ts';

/** What several runs came to. */
export interface EndToEndSummary {
  readonly runs: number;
  readonly approved: number;
  readonly outcomes: Readonly<Partial<Record<EndToEndOutcome, number>>>;
  /** Of the runs in which a code was seen; null where there was none. */
  readonly delivery: Quantiles | null;
}

/** In milliseconds: how long one in two, and nineteen in twenty, took at most. */
export interface Quantiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export function summarize(reports: readonly EndToEndReport[]): EndToEndSummary {
  const counts = Map.groupBy(reports, ({ outcome }) => outcome);
  const deliveries = reports.flatMap(({ timings: { deliveryMs } }) => deliveryMs ?? []).toSorted((a, b) => a - b);
  return {
    runs: reports.length,
    approved: counts.get('approved')?.length ?? 0,
    outcomes: Object.fromEntries([...counts].map(([outcome, { length }]) => [outcome, length])),
    delivery: deliveries.length === 0 ? null : { p50Ms: quantile(deliveries, 0.5), p95Ms: quantile(deliveries, 0.95) },
  };
}

/** The least value that so much of the sorted values do not exceed (nearest rank). */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}
