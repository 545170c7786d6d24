import { InvalidArgumentError, Option, type Command } from 'commander';
import { InvalidRequestError } from '../../errors.ts';
import { assertArguments } from '../../requests.ts';
import type { ViaName } from '../../server/config/end-to-end-options.ts';
import { separate } from '../../server/config/option-types.ts';
import { durationFlag } from '../durations.ts';

/** The flags of a run that are no settings. */
export interface RunFlags {
  readonly service?: string;
  readonly app?: string;
  readonly country?: string;
  readonly countries?: string;
  readonly timeout: number;
  readonly inProcess?: boolean;
  readonly purpose?: string;
  readonly locale?: string;
  readonly maxPrice?: number;
}

const usualTimeoutMs = 180_000;

/** Adds the flags that every command has which walks the whole way. */
export function addRunFlags(command: Command): Command {
  return command
    .option('--service <name>', 'what the number is booked for, as its provider names it; --app is the same')
    .addOption(new Option('--app <name>').hideHelp())
    .option('--country <country>', 'of the number, as its provider names it: US (inbox), USA, 187, usa')
    .option('--countries <countries>', 'several, comma-separated: one run each')
    .addOption(
      new Option('--timeout <duration>', 'how long the text may take, like 90s')
        .argParser(durationFlag('1s', '1h'))
        .default(usualTimeoutMs, '3m'),
    )
    .option('--max-price <amount>', "the most that one number may cost, in its provider's currency", amountFlag)
    .option('--in-process', 'verify by a verifier of this process that sends by PHONEPROOF_PROVIDER, not by a service')
    .option('--purpose <purpose>', 'what the verification is for, like sign-in', argumentFlag('purpose'))
    .option('--locale <locale>', 'language of the text, like en', argumentFlag('locale'));
}

/** Reads an amount of money. */
export function amountFlag(text: string): number {
  const amount = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (amount > 0) return amount;
  throw new InvalidArgumentError('It must be an amount above 0, like 0.5.');
}

/** Reads an argument of the verifier, by the verifier's own rules. */
function argumentFlag(name: 'purpose' | 'locale'): (text: string) => string {
  return (text) => {
    try {
      assertArguments({ to: '', [name]: text });
      return text;
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      throw new InvalidArgumentError(`It ${error.errors.map(({ detail }) => detail).join(', and ')}.`);
    }
  };
}

/** Numbers that have no country to choose. */
const fixed: ReadonlySet<ViaName> = new Set<ViaName>(['android-gateway', 'twilio-number']);

/** The countries to be run for, each once. Ends the command where there is no telling. */
export function countriesOf(flags: RunFlags, via: ViaName, command: Command): readonly string[] {
  const named = [...new Set(separate([flags.country, flags.countries].filter(Boolean).join(',')))];
  if (named.length > 0) return named;
  if (via === 'inbox') return ['US'];
  if (fixed.has(via)) return ['own'];
  return command.error(`error: --country is missing: a country as ${via} names it. docs/virtual-numbers says how.`);
}

/** How it verifies, and what numbers are booked for. */
export function choiceOf({ service, app, inProcess = false, purpose, locale }: RunFlags) {
  return { service: service ?? app, inProcess, purpose, locale };
}

/** The flags that may be settings. */
export function settingFlags(flags: object): Record<string, string | boolean | undefined> {
  return Object.fromEntries(
    Object.entries(flags).filter((entry): entry is [string, string | boolean] => typeof entry[1] !== 'number'),
  );
}
