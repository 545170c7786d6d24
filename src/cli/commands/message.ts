import { Command, Option as Flag } from 'commander';
import { ConfigurationError } from '../../errors.ts';
import { defaultPolicy } from '../../policy.ts';
import { readSettings } from '../../server/config/read-config.ts';
import { lookUp } from '../../texts/choose-locale.ts';
import { previewTexts, type TextPreview } from '../../texts/preview.ts';
import type { TextHint } from '../../texts/fit.ts';
import { allLocales } from '../../texts/texts.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof message preview [languages...]`: the texts as they would go out, with what they take. */
export function messageCommand(context: CliContext, finish: Finish): Command {
  const preview = new Command('preview')
    .summary('show the text in every language, with its encoding and how many SMS it takes')
    .description(
      'Shows the texts as they go out with this brand and origin, in all languages or those that are named: their encoding, how many SMS they take, and which wording was taken. Connects to nothing.',
    )
    .argument('[languages...]', 'language tags, like de or pt-BR')
    .addOption(new Flag('--hint <reader>', 'what reads the text beside the person').choices(['web', 'android']))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  phoneproof message preview --brand Acme --origin example.com
  phoneproof message preview ru pt-BR --brand Acme --origin example.com --policy-code-length 8
  phoneproof message preview --app-hash FA+9qCX9VSu --hint android de

Exit codes: 0 each text fits into one SMS, 1 one does not, 2 wrong usage, 78 settings that are not fit.`,
    )
    .action((languages: string[], flags: Flags) => {
      const { env, cwd } = context;
      const { settings } = readSettings({ command: 'message', flags, env, cwd });
      const { appHash, appHashWithOrigin, brand, locales, longTexts, origin, policy } = settings;
      if (flags.hint === 'android' && appHash === undefined) {
        throw new ConfigurationError([
          'PHONEPROOF_APP_HASH is missing: Android hands a text to the app with its hash.',
        ]);
      }
      const wanted = languages.length > 0 ? languages : (locales ?? [...allLocales.values()]);
      const previews = previewTexts(
        languagesOf(wanted, (sentence) => preview.error(sentence)),
        {
          brand: brand ?? null,
          origin: origin ?? null,
          appHash,
          appHashWithOrigin,
          codeLength: policy.codeLength ?? defaultPolicy.codeLength,
          longTexts,
          hint: flags.hint,
        },
      );
      context.write(flags.json ? `${JSON.stringify(previews, null, 2)}\n` : previews.map(shown).join('\n'));
      const unfit = previews.filter(({ sent }) => !sent);
      if (!flags.json) context.write(`\n${summary(previews.length, unfit.length)}\n`);
      finish(unfit.length > 0 ? exitCodes.refused : exitCodes.done);
    });
  return new Command('message').summary('look at the texts').addCommand(addFlags(preview, 'message'));
}

interface Flags extends Record<string, string | boolean | undefined> {
  hint?: TextHint;
  json?: boolean;
}

/** The languages that are meant; those that there are no texts in go to `refuse`. */
function languagesOf(tags: readonly string[], refuse: (sentence: string) => never): ReadonlySet<string> {
  const found = tags.map((tag) => lookUp(tag, allLocales));
  const unknown = tags.filter((_, at) => found[at] === null);
  if (unknown.length > 0) {
    refuse(`error: there are no texts in ${unknown.join(', ')}; there are: ${[...allLocales.values()].join(', ')}`);
  }
  return new Set(found.filter((locale) => locale !== null));
}

function shown({ locale, language, over, sent }: TextPreview): string {
  const head = `${locale.padEnd(5)}  ${language}`;
  if (!sent) {
    return `${head}: does not fit into one SMS${over ? `, ${over} characters too many` : ''}\n`;
  }
  const { encoding, form, room, segments, text, units } = sent;
  const body = text.replaceAll(/^(?=.)/gm, '    ');
  return `${head}: ${segments} SMS, ${encoding}, ${units} of ${room}, ${form}\n${body}\n`;
}

function summary(count: number, unfit: number): string {
  const texts = count === 1 ? '1 text' : `${count} texts`;
  return unfit === 0
    ? `${texts}, each in one SMS.`
    : `${texts}, ${unfit} of which ${unfit === 1 ? 'does' : 'do'} not fit: shorten the brand or the origin, or see PHONEPROOF_LOCALES and PHONEPROOF_LONG_TEXTS.`;
}
