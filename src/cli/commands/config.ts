import { Command, Option as Flag } from 'commander';
import type { CommandName } from '../../server/config/option-row.ts';
import { printedOptions, type PrintedOption } from '../../server/config/print-config.ts';
import { findOptions, settingsOf } from '../../server/config/read-config.ts';
import { inspectLocal, inspectServe } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof config print`: what a command would run with, and where each value comes from. */
export function configCommand(context: CliContext, finish: Finish): Command {
  const print = new Command('print')
    .summary('show every option, its value and where it comes from')
    .description(
      'Shows what a command would run with and where each value comes from, and names what is wrong. Secrets are masked.',
    )
    .addOption(
      new Flag('--for <command>', 'whose options')
        .choices(['serve', 'dev', 'inbox', 'send', 'check', 'e2e', 'canary'])
        .default('serve'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  phoneproof config print
  PHONEPROOF_PORT=9000 phoneproof config print --for dev
  phoneproof config print --json | jq '.options[] | select(.origin != "default")'

Exit codes: 0 fit to start with, 78 not fit.`,
    )
    .action((flags: Flags) => {
      const { env, cwd } = context;
      const { findings, faults: unread, warnings } = findOptions({ command: flags.for, flags, env, cwd });
      const settings = settingsOf(findings);
      const local = flags.for === 'dev' || flags.for === 'inbox';
      const unfit = flags.for === 'serve' ? inspectServe(settings) : local ? inspectLocal(settings, env) : [];
      const faults = [...unread, ...unfit];
      const printed = printedOptions(findings);
      context.write(
        flags.json ? `${JSON.stringify({ options: printed, faults, warnings }, null, 2)}\n` : table(printed),
      );
      if (!flags.json) for (const what of [...faults, ...warnings]) context.writeError(`- ${what}\n`);
      finish(faults.length > 0 ? exitCodes.configuration : exitCodes.done);
    });
  return new Command('config').summary('look at the configuration').addCommand(addFlags(print, 'serve'));
}

interface Flags extends Record<string, string | boolean | undefined> {
  for: CommandName;
  json?: boolean;
}

function table(printed: readonly PrintedOption[]): string {
  const rows = printed.map(({ variable, value, origin, from }) => [
    variable,
    value ?? (origin === 'unset' ? '' : '(faulty)'),
    origin === 'file' || origin === 'flag' ? `${origin} ${from}` : origin,
  ]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), Math.min(width(1), 48)];
  return rows
    .map(
      ([variable = '', value = '', origin = '']) =>
        `${variable.padEnd(widths[0]!)}  ${value.padEnd(widths[1]!)}  ${origin}\n`,
    )
    .join('');
}
