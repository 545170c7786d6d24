import { argumentPatterns } from '../../requests.ts';
import { listOf, oneOf, text, yesOrNo } from './option-types.ts';
import type { OptionRow } from './option-row.ts';

const tag = text('<tag>', { pattern: argumentPatterns.locale, rule: 'a language tag such as en or pt-BR' });

const group = 'Destinations and text';
/** Those that make a verifier. */
const verifiers = ['dev', 'serve', 'e2e', 'canary'] as const;
const commands = [...verifiers, 'message'] as const;

/** Options of what texts say. */
export const textRows = {
  locale: {
    type: tag,
    description:
      "The language of texts where neither the call nor the number's country says one; unset: en. See docs/texts.md.",
    group,
    // Where a verification walks the whole way, its own --locale is what the call says.
    commands: ['dev', 'serve'],
  },
  locales: {
    type: listOf('<tags>', tag),
    description: 'The languages that texts can be in, comma-separated; unset: all 50.',
    group,
    commands,
  },
  localeByCountry: {
    // On by default: as a flag it has to take a value.
    type: { ...yesOrNo, placeholder: '<true|false>' },
    default: 'true',
    description: 'Whether the country of the number chooses the language where the call names none.',
    group,
    commands: verifiers,
  },
  longTexts: {
    type: oneOf('refuse', 'without_last_line'),
    default: 'refuse',
    description:
      'Where brand and origin are so long that the shortest text of a language does not fit into one SMS: do not start, or leave out its last line, which browsers and apps read.',
    group,
    commands,
  },
  appHash: {
    type: text('<hash>', {
      pattern: /^[0-9A-Za-z+/]{11}$/,
      rule: 'the 11 characters that Android knows an app by, such as FA+9qCX9VSu',
    }),
    description:
      "By which Android's SMS Retriever hands texts to your app: for calls with the hint `android`, and for all where there is no origin.",
    group,
    commands,
  },
  appHashWithOrigin: {
    type: yesOrNo,
    default: 'false',
    description:
      'Writes the hash behind the WebOTP line, into every text. Browsers and Android should read both; not tried on devices.',
    group,
    commands,
  },
  texts: {
    type: text('<path>'),
    description: 'JSON file with texts of your own, by tenant, country and language. See docs/texts.md.',
    group,
    commands: verifiers,
  },
} as const satisfies Record<string, OptionRow>;
