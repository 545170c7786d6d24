import type { Observation } from './service.ts';

/** A row of the table of faults. */
export interface Observed {
  engine: string;
  fault: string;
  answers: number;
  refused: number;
  slowestMs: number;
  recoveredMs: number;
}

/** What was seen while something was broken. */
export function observe({
  engine,
  fault,
  seen,
  recoveredMs,
}: {
  engine: string;
  fault: string;
  seen: readonly Observation[];
  recoveredMs: number;
}): Observed {
  return {
    engine,
    fault,
    answers: seen.length,
    refused: seen.filter(({ status }) => status === 503).length,
    slowestMs: Math.round(Math.max(...seen.map(({ tookMs }) => tookMs))),
    recoveredMs: Math.round(recoveredMs),
  };
}

/** Prints the rows as a table of Markdown. */
export function printObserved(rows: readonly Observed[]): void {
  const lines = rows.map(
    ({ engine, fault, answers, refused, slowestMs, recoveredMs }) =>
      `| ${engine} | ${fault} | ${answers} | ${refused} | ${slowestMs} ms | ${recoveredMs} ms |`,
  );
  const head = [
    '| store | fault | answers | of them 503 | slowest answer | back after |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  console.log([...head, ...lines].join('\n'));
}
