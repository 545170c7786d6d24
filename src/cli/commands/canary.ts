import { Command, Option } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import type { CliContext } from '../context.ts';
import { countFlag, durationFlag } from '../durations.ts';
import { addRunFlags, choiceOf, countriesOf, settingFlags, type RunFlags } from '../end-to-end/flags.ts';
import { addFlags } from '../flags.ts';

const usualEveryMs = 15 * 60_000;
const usualRentsPerDay = 96;

/** `phoneproof canary`: the whole way again and again, told as logs and metrics. */
export function canaryCommand(context: CliContext): Command {
  const command = addRunFlags(new Command('canary'))
    .summary('test the whole way on a schedule, with metrics')
    .description(
      'Does what `phoneproof e2e` does on a schedule, one run at a time, logs what came of each, and exposes how long texts take, and whether they arrive, as Prometheus metrics.',
    )
    .addOption(
      new Option('--every <duration>', 'how often, give or take a tenth')
        .argParser(durationFlag('1s', '24h'))
        .default(usualEveryMs, '15m'),
    )
    .option(
      '--max-rents-per-day <count>',
      'how many numbers may be rented within any 24 h',
      countFlag(1, 100_000),
      usualRentsPerDay,
    )
    .addHelpText(
      'after',
      `
Examples:
  phoneproof canary --every 1m --metrics-port 9464                   against \`phoneproof dev\`, by its inbox
  PHONEPROOF_SMSPINVERIFY_CUSTOMER_FILE=key phoneproof canary --via smspinverify --app MyApp --countries USA,UK \\
    --url https://verify.example.com --api-key-file api-key --metrics-port 9464

SIGTERM: gives the number back, then it exits. A second signal ends it at once.

Exit codes: 0 stopped, 2 wrong usage, 78 settings that are not fit.`,
    )
    .action(async (flags: Flags) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'canary', flags: settingFlags(flags), env, cwd });
      const countries = countriesOf(flags, settings.via, command);
      const { every: everyMs, timeout: timeoutMs, maxRentsPerDay, maxPrice } = flags;
      const { startCanary } = await import('../../server/canary.ts');
      const options = { ...choiceOf(flags), countries, everyMs, timeoutMs, maxRentsPerDay, maxPrice };
      await startCanary(settings, options, warnings);
    });
  return addFlags(command, 'canary');
}

interface Flags extends RunFlags {
  readonly every: number;
  readonly maxRentsPerDay: number;
}
