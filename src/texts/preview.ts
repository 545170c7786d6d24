import type { SmsLength } from '../sms-length.ts';
import { sampleCode, type LastLine, type TextForm, type TextHint, type Unfit } from './fit.ts';
import { localeTexts } from './locales.ts';
import { fitLanguage, type TextSurroundings } from './surroundings.ts';

export interface PreviewOptions extends TextSurroundings {
  readonly codeLength: number;
  readonly longTexts?: 'refuse' | 'without_last_line' | undefined;
  readonly hint?: TextHint | undefined;
}

/** One language's text as it would go out. */
export interface TextPreview {
  readonly locale: string;
  /** The language's name, in English. */
  readonly language: string;
  /** Whether someone has read it whose language it is. */
  readonly reviewed: boolean;
  readonly notice: string;
  /** Null: no text fits. */
  readonly sent:
    ({ readonly text: string; readonly form: TextForm; readonly lastLine: LastLine | null } & SmsLength) | null;
  /** By how many characters the shortest is too long; null: one fits. */
  readonly over: number | null;
}

const exampleNumber = '+1 202 555 0143';
const lifetimeMinutes = 5;

/** The texts of some languages, in the order of their tags. Never throws for what does not fit: it says so. */
export function previewTexts(locales: Iterable<string>, options: PreviewOptions): readonly TextPreview[] {
  const names = new Intl.DisplayNames('en', { type: 'language', languageDisplay: 'standard' });
  const code = sampleCode(options.codeLength);
  return [...locales].toSorted().map((locale) => {
    const { notice, reviewed } = localeTexts.get(locale)!;
    const found = fitLanguage(locale, options, options.hint);
    return {
      locale,
      language: names.of(locale) ?? locale,
      reviewed,
      notice: notice.replace('{number}', exampleNumber),
      sent: isUnfit(found)
        ? null
        : { text: found.render(code, lifetimeMinutes), form: found.form, lastLine: found.lastLine, ...found.length },
      over: isUnfit(found) ? found.over : null,
    };
  });
}

function isUnfit(found: object): found is Unfit {
  return 'over' in found;
}
