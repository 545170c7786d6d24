import type { EndToEndEvent, EndToEndReport, Step, StepResult } from '../../end-to-end/report.ts';
import { summarize } from '../../end-to-end/summary.ts';
import { duration } from '../durations.ts';
import { plain } from '../report.ts';

/** What is planned. */
export interface EndToEndPlan {
  readonly provider: string;
  readonly runs: number;
}

/** Shows runs while they go on. */
export interface EndToEndView {
  begin(plan: EndToEndPlan): void;
  /** The next run, counted from 1. */
  run(country: string, at: number): void;
  event(event: EndToEndEvent): void;
  ended(report: EndToEndReport): void;
  finish(reports: readonly EndToEndReport[], about: { readonly rents: number; readonly exitCode: number }): void;
}

const goesOn: Readonly<Record<Step, string>> = {
  reach: 'Looking for the service',
  acquire: 'Renting a number',
  start: 'Starting a verification',
  delivery: 'Waiting for the text',
  check: 'Checking the code',
  release: 'Giving the number back',
};

/** What goes on. */
export function nowOf(step: Step): string {
  return goesOn[step];
}

const givenBack: Readonly<Record<NonNullable<StepResult['released']>, string>> = {
  released: 'Number given back',
  too_early: 'Number left to its provider, which takes it back later',
  unsupported: 'Number kept by its provider, which takes none back',
};

/** What was done. */
export function doneOf(step: Step, { to = '', code = '', released = 'released' }: StepResult): string {
  switch (step) {
    case 'reach':
      return 'Service is there';
    case 'acquire':
      return `Number ${to}`;
    case 'start':
      return 'Verification started';
    case 'delivery':
      return `Code ${code} arrived`;
    case 'check':
      return 'Code approved';
    case 'release':
      return givenBack[released];
  }
}

/** What a run came to. */
export function endOf({ outcome, reason, detail, timings: { deliveryMs, totalMs } }: EndToEndReport): string {
  if (outcome === 'approved') return `Approved in ${duration(totalMs)}. The text took ${duration(deliveryMs ?? 0)}.`;
  if (outcome === 'aborted') return 'Interrupted.';
  return `${plain(detail)} (${outcome}: ${plain(reason)})`;
}

/** What several runs came to, one line each, and what they are together. */
export function tableOf(reports: readonly EndToEndReport[]): string {
  const rows = [
    ['country', 'outcome', 'text', 'in all'],
    ...reports.map(({ country, outcome, timings: { deliveryMs, totalMs } }) => [
      plain(country),
      outcome,
      deliveryMs === null ? '-' : duration(deliveryMs),
      duration(totalMs),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What runs are together. */
export function sumOf(reports: readonly EndToEndReport[]): string {
  const { runs, approved, delivery } = summarize(reports);
  const counted = `${approved} of ${runs} ${runs === 1 ? 'run' : 'runs'} approved.`;
  if (!delivery) return counted;
  return `${counted} Texts took ${duration(delivery.p50Ms)} (p50), ${duration(delivery.p95Ms)} (p95).`;
}
