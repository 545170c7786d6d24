import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { cancel, intro, log, outro } from '@clack/prompts';
import { duration } from '../durations.ts';
import { movingLine, type Terminal } from './moving-line.ts';
import { doneOf, endOf, nowOf, sumOf, tableOf, type EndToEndView } from './view.ts';

/** Shows runs to somebody who looks at a terminal. */
export function terminalView(output: Writable & Terminal): EndToEndView {
  const moving = movingLine(output);
  const to = { output };
  const close = { output, spacing: 0 };
  let runs = 0;
  let provider = '';
  const timed = (text: string, ms: number): string => `${text}  ${styleText('dim', duration(ms))}`;
  return {
    begin(plan) {
      ({ runs, provider } = plan);
      intro(`phoneproof e2e, numbers of ${provider}`, to);
    },
    run(country, at) {
      if (runs > 1) log.step(`Run ${at} of ${runs}, ${country}`, to);
    },
    event(event) {
      if (event.type === 'began') return moving.show(nowOf(event.step));
      if (event.type === 'polled') {
        return moving.show(`${nowOf('delivery')}, ${event.polls} ${event.polls === 1 ? 'look' : 'looks'}`);
      }
      moving.clear();
      if (event.type === 'done') log.success(timed(doneOf(event.step, event.about), event.ms), close);
      else log.error(timed(nowOf(event.step), event.ms), close);
    },
    ended(report) {
      moving.clear();
      // Of a single one it is said at the end.
      if (report.outcome === 'approved' && runs > 1) log.message(endOf(report), to);
      if (report.outcome !== 'approved' && report.outcome !== 'aborted') log.error(endOf(report), to);
    },
    finish(reports) {
      const [only] = runs === 1 ? reports : [];
      if (runs > 1) log.message(tableOf(reports), to);
      if (reports.some(({ outcome }) => outcome === 'aborted')) cancel('Interrupted.', to);
      else outro(only?.outcome === 'approved' ? endOf(only) : sumOf(reports), to);
    },
  };
}
