import type { CliContext } from '../context.ts';
import { duration } from '../durations.ts';
import { doneOf, endOf, nowOf, sumOf, tableOf, type EndToEndView } from './view.ts';

/** Shows runs as lines that are written once: for files, pipes and build logs. */
export function plainView({ write, writeError }: Pick<CliContext, 'write' | 'writeError'>): EndToEndView {
  let runs = 0;
  let provider = '';
  const line = (text: string, ms: number): void => write(`  ${text.padEnd(32)} ${duration(ms)}\n`);
  return {
    begin(plan) {
      ({ runs, provider } = plan);
    },
    run(country, at) {
      write(`${at > 1 ? '\n' : ''}${runs > 1 ? `Run ${at} of ${runs}: a` : 'A'} number of ${provider}, ${country}\n`);
    },
    event(event) {
      if (event.type === 'done') line(doneOf(event.step, event.about), event.ms);
      if (event.type === 'failed') line(`${nowOf(event.step)}: failed`, event.ms);
    },
    ended(report) {
      if (report.outcome === 'approved') write(`  ${endOf(report)}\n`);
      else writeError(`  ${endOf(report)}\n`);
    },
    finish(reports) {
      if (runs > 1) write(`\n${tableOf(reports)}\n\n${sumOf(reports)}\n`);
    },
  };
}
