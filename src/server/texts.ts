import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors.ts';
import { openTexts } from '../message.ts';
import type { TextTemplate } from '../texts/templates.ts';
import type { TextOptions } from '../texts/texts.ts';
import type { Settings } from './config.ts';
import { systemCode } from './system-code.ts';

/** What says what texts say. */
export type TextSettings = Partial<
  Pick<
    Settings<'serve'>,
    | 'appHash'
    | 'appHashWithOrigin'
    | 'brand'
    | 'locale'
    | 'localeByCountry'
    | 'locales'
    | 'longTexts'
    | 'origin'
    | 'policy'
    | 'texts'
  >
>;

/** As a verifier takes them. Reads the file of texts; throws a `ConfigurationError` where it cannot. */
export function textsOf(settings: TextSettings): TextOptions {
  const { appHash, appHashWithOrigin, locale, localeByCountry, locales, longTexts, texts } = settings;
  const templates = texts === undefined ? undefined : readTextsFile(texts);
  return { appHash, appHashWithOrigin, locale, localeByCountry, locales, longTexts, templates };
}

/** Everything that is wrong with texts, in the names of this service's options. An option that could not be read counts as unset. */
export function textFaults(settings: TextSettings): string[] {
  const { brand, origin, policy } = settings;
  try {
    openTexts({ ...textsOf(settings), brand, origin, policy });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // Those of the policy are told by themselves.
    return error.faults.filter((fault) => !fault.startsWith('policy.')).map((fault) => `${inOptionNames(fault)}.`);
  }
}

const optionNames: readonly (readonly [words: RegExp, variable: string])[] = [
  [/^templates\b/, 'PHONEPROOF_TEXTS: templates'],
  [/^locale\b/, 'PHONEPROOF_LOCALE'],
  [/\blocales\b/g, 'PHONEPROOF_LOCALES'],
  [/\bappHashWithOrigin\b/g, 'PHONEPROOF_APP_HASH_WITH_ORIGIN'],
  [/\bappHash\b/g, 'PHONEPROOF_APP_HASH'],
  [/\(longTexts\)/g, '(PHONEPROOF_LONG_TEXTS=without_last_line)'],
  [/\borigin$/g, 'PHONEPROOF_ORIGIN'],
];

function inOptionNames(fault: string): string {
  // What follows a place in the file says what is wrong there, in the file's own words.
  if (fault.startsWith('templates[')) return `PHONEPROOF_TEXTS: ${fault}`;
  return optionNames.reduce((said, [words, variable]) => said.replace(words, variable), fault);
}

/** `{ "templates": [...] }`. What the templates may be is for the verifier to say. */
function readTextsFile(path: string): readonly TextTemplate[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`PHONEPROOF_TEXTS names a file that cannot be read (${systemCode(error)})`]);
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new ConfigurationError(['PHONEPROOF_TEXTS names a file that is not JSON']);
  }
  const { templates, ...others } = (typeof value === 'object' && value !== null ? value : {}) as {
    templates?: unknown;
  };
  if (!Array.isArray(templates) || Object.keys(others).length > 0) {
    throw new ConfigurationError([
      'PHONEPROOF_TEXTS names a file that is not an object with a list of templates, {"templates": [...]}, and nothing else',
    ]);
  }
  return templates as readonly TextTemplate[];
}
