import { Command } from 'commander';
import { createCostGuard } from '../../end-to-end/cost-guard.ts';
import type { EndToEndReport } from '../../end-to-end/report.ts';
import { runEndToEnd } from '../../end-to-end/run.ts';
import { readSettings } from '../../server/config/read-config.ts';
import type { CliContext } from '../context.ts';
import { countFlag } from '../durations.ts';
import { addRunFlags, amountFlag, choiceOf, countriesOf, settingFlags, type RunFlags } from '../end-to-end/flags.ts';
import { jsonView } from '../end-to-end/json-view.ts';
import { plainView } from '../end-to-end/plain-view.ts';
import { terminalView } from '../end-to-end/terminal-view.ts';
import type { EndToEndView } from '../end-to-end/view.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';
import { interruption } from '../interruption.ts';

const usualRents = 10;

/** `phoneproof e2e`: the whole way once, or several times: rent a number, send to it, wait for the code, check it, give the number back. */
export function e2eCommand(context: CliContext, finish: Finish): Command {
  const command = addRunFlags(new Command('e2e'))
    .summary('test the whole way: rent a number, send, wait, check')
    .description(
      'Rents a number, starts a verification to it at a running service, waits for the code, checks it, and gives the number back. ' +
        'For your own service alone. The local inbox lends numbers for nothing.',
    )
    .option('--repeat <count>', 'how often for each country', countFlag(1, 1_000), 1)
    .option('--max-rents <count>', 'how many numbers may be rented in all', countFlag(1, 1_000), usualRents)
    .option('--max-cost <amount>', 'how much may be spent in all, where the provider tells its balance', amountFlag)
    .option('--show', 'print whole numbers and codes')
    .option('--json', 'print one JSON object per run, and one at the end; never a code')
    .addHelpText(
      'after',
      `
Examples:
  phoneproof e2e                                                     against \`phoneproof dev\`, by its inbox
  phoneproof e2e --repeat 5 --json
  phoneproof e2e --via smspinverify --app MyApp --country USA --url https://verify.example.com
  PHONEPROOF_PROVIDER=twilio phoneproof e2e --in-process --via twilio-number

Ctrl-C gives the number back first.
Exit codes: 0 all approved, 1 some were not, 2 wrong usage, 3 no service or no provider of numbers answered, 78 settings that are not fit, 130 interrupted.`,
    )
    .action(async (flags: Flags) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'e2e', flags: settingFlags(flags), env, cwd });
      for (const warning of warnings) context.writeError(`${warning}\n`);
      const { via } = settings;
      const wanted = countriesOf(flags, via, command).flatMap((country) => Array<string>(flags.repeat).fill(country));
      const { openEndToEnd } = await import('../../server/end-to-end.ts');
      const parts = openEndToEnd(settings, choiceOf(flags));
      const guard = createCostGuard({ maxRents: flags.maxRents, maxCost: flags.maxCost, clock: parts.clock });
      const view = viewOf(flags, context);
      const { signal, end } = interruption();
      const reports: EndToEndReport[] = [];
      try {
        view.begin({ provider: parts.numbers.name, runs: wanted.length });
        for (const [at, country] of wanted.entries()) {
          view.run(country, at + 1);
          const report = await runEndToEnd({
            ...parts,
            timeoutMs: flags.timeout,
            wanted: { country, maxPrice: flags.maxPrice },
            guard,
            signal,
            show: flags.show,
            on: (event) => view.event(event),
          });
          reports.push(report);
          view.ended(report);
          // The next would come to the same.
          if (report.outcome === 'aborted' || report.outcome === 'cost_guard') break;
        }
      } finally {
        end();
        await parts.close();
      }
      const exitCode = exitCodeOf(reports);
      view.finish(reports, { rents: guard.rents(), exitCode });
      finish(exitCode);
    });
  return addFlags(command, 'e2e');
}

interface Flags extends RunFlags {
  readonly repeat: number;
  readonly maxRents: number;
  readonly maxCost?: number;
  readonly show?: boolean;
  readonly json?: boolean;
}

function viewOf({ json }: Flags, context: CliContext): EndToEndView {
  if (json) return jsonView(context);
  const { NO_COLOR, CI } = context.env;
  return process.stdout.isTTY && !NO_COLOR && !CI ? terminalView(process.stdout) : plainView(context);
}

function exitCodeOf(reports: readonly EndToEndReport[]): number {
  const failures = new Set(reports.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'approved'));
  if (failures.has('aborted')) return exitCodes.interrupted;
  if (failures.size === 0) return exitCodes.done;
  return failures.size === 1 && failures.has('unreachable') ? exitCodes.unreachable : exitCodes.refused;
}
