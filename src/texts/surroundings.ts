import { fitText, type FittedText, type Frame, type LastLine, type TextHint, type Unfit, type Wording } from './fit.ts';
import { localeTexts, type LocaleTexts } from './locales.ts';

/** What every text has to do with. */
export interface TextSurroundings {
  /** Null: none is configured. */
  readonly brand: string | null;
  readonly origin: string | null;
  readonly appHash?: string | undefined;
  readonly appHashWithOrigin?: boolean | undefined;
}

/** What machines are to read, by what they are. Without a hint: a browser, where there is an origin. */
export function lastLineOf(
  { origin, appHash, appHashWithOrigin = false }: TextSurroundings,
  hint: TextHint | undefined,
): LastLine | null {
  if (appHashWithOrigin) return 'web_otp_and_app_hash';
  if (hint === 'android') return 'app_hash';
  if (origin !== null) return 'web_otp';
  return hint === undefined && appHash !== undefined ? 'app_hash' : null;
}

/** Every last line that a text can have. */
export function lastLinesOf(parts: TextSurroundings): readonly (LastLine | null)[] {
  const ofApp = parts.appHash === undefined ? [] : [lastLineOf(parts, 'android')];
  return [...new Set([lastLineOf(parts, undefined), ...ofApp])];
}

export function frameOf(lastLine: LastLine | null, { origin, appHash }: TextSurroundings): Frame {
  return { lastLine, origin: origin ?? '', appHash: appHash ?? '' };
}

/** The wordings of a language, the richest first. */
export function wordingsOf(texts: LocaleTexts, brand: string | null): readonly Wording[] {
  const { standard, plain, compact, bare, unbranded, unbranded_plain: unbrandedPlain } = texts;
  const plainBrand = brand ?? unbrandedPlain ?? unbranded;
  return [
    { form: 'standard', template: standard, brand: brand ?? unbranded, gap: '\n\n' },
    ...(plain === null ? [] : [{ form: 'plain', template: plain, brand: plainBrand, gap: '\n\n' } as const]),
    { form: 'compact', template: compact, brand: plainBrand, gap: '\n' },
    { form: 'bare', template: bare, brand: plainBrand, gap: '\n' },
  ];
}

/** One text of ours as it would go out, for looking at. */
export function fitLanguage(
  locale: string,
  parts: TextSurroundings & { codeLength: number; longTexts?: 'refuse' | 'without_last_line' | undefined },
  hint?: TextHint,
): FittedText | Unfit {
  return fitText({
    wordings: wordingsOf(localeTexts.get(locale)!, parts.brand),
    frame: frameOf(lastLineOf(parts, hint), parts),
    codeLength: parts.codeLength,
    segments: 1,
    lastLineMayGo: parts.longTexts === 'without_last_line',
  });
}
