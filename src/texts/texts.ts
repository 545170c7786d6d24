import { ConfigurationError } from '../errors.ts';
import type { RegisteredText } from '../providers/provider.ts';
import { localeOfCountry, localeSet, lookUp, type LocaleSet } from './choose-locale.ts';
import { fitText, type FittedText, type LastLine, type TextHint, type Unfit, type Wording } from './fit.ts';
import { localeTexts, type LocaleTexts } from './locales.ts';
import { frameOf, lastLineOf, lastLinesOf, wordingsOf, type TextSurroundings } from './surroundings.ts';
import { readTemplates, type ReadTemplate, type TextTemplate } from './templates.ts';

/** What texts say, and in which language. */
export interface TextOptions {
  /** BCP 47 tag of the language where neither the call nor the number's country says one; unset: `en`. */
  readonly locale?: string | undefined;
  /** The languages that texts can be in; unset: every one there is. */
  readonly locales?: readonly string[] | undefined;
  /** Whether the country of a number chooses the language where the call does not; unset: it does. */
  readonly localeByCountry?: boolean | undefined;
  /** What becomes of a language in which the shortest text does not fit into one SMS: `refuse` to start (unset), or send it `without_last_line`. */
  readonly longTexts?: 'refuse' | 'without_last_line' | undefined;
  /** The 11 characters by which Android's SMS Retriever knows your app: for starts with the hint `android`, and where there is no origin. */
  readonly appHash?: string | undefined;
  /** Writes the hash behind the WebOTP line, for browsers and the app at once. As both parsers read it; not tried on devices. */
  readonly appHashWithOrigin?: boolean | undefined;
  /** Texts of your own. */
  readonly templates?: readonly TextTemplate[] | undefined;
}

interface TextParts extends TextOptions, TextSurroundings {
  /** How many digits codes have at most. */
  readonly codeLength: number;
  readonly judgeBrand: (brand: string) => string;
}

/** Who is to read a text. */
export interface Reader {
  /** As the call says it. */
  readonly locale: string | undefined;
  readonly country: string | null;
  readonly tenant: string;
}

/** A text as it goes out. */
export interface ReadyText {
  readonly text: string;
  readonly locale: string;
  /** Null: it is not registered anywhere. */
  readonly template: RegisteredText | null;
}

export interface Texts {
  text(reader: Reader, call: { code: string; lifetimeSeconds: number; hint: TextHint | undefined }): ReadyText;
  /** What to tell the person after a send. `number` as people write it. */
  notice(reader: Reader, number: string): string;
  /** What to tell the person who asked for a code to a test number. */
  testNotice(reader: Reader): string;
  /** Why a hint cannot be followed; null: it can, or there is nothing to follow. */
  refusal(hint: TextHint | undefined): string | null;
}

/** Where a text comes from: a language, or a template. What was made of it is kept for each length of code. */
interface Source {
  readonly locale: string;
  readonly template: ReadTemplate | null;
  readonly fitted: Map<string, FittedText>;
}

/** What was found for a reader. */
interface Choice {
  readonly source: Source;
  readonly notices: LocaleTexts;
}

const mostReadersKept = 10_000;

/** The languages that there are texts in. */
export const allLocales: LocaleSet = localeSet(localeTexts.keys());

/** Throws a `ConfigurationError` that names everything that is wrong at once: also every language in which the text does not fit into one SMS, and by how much it is too long. */
export function createTexts(parts: TextParts): Texts {
  const faults: string[] = [];
  const { brand, origin, codeLength, longTexts = 'refuse', localeByCountry = true } = parts;
  const chosen = chosenLocales(parts, faults);
  assertHash(parts, faults);
  const templates = readTemplates(parts.templates ?? [], parts, faults);
  const fallback = lookUp(parts.locale ?? 'en', chosen);
  if (fallback === null) {
    faults.push(
      parts.locale === undefined
        ? 'locale must be given, as en is not among locales'
        : 'locale must be a language tag of a language that there are texts in, and that is among locales',
    );
  }
  if (longTexts !== 'refuse' && longTexts !== 'without_last_line') {
    faults.push("longTexts must be 'refuse' or 'without_last_line'");
  }

  const byLocale = new Map([...chosen.values()].map((locale) => [locale, sourceOf(locale, null)]));
  const byTemplate = templates.map((template) => sourceOf(template.locale, template));

  function fit({ locale, template }: Source, lastLine: LastLine | null, length: number, lastLineMayGo: boolean) {
    return fitText({
      wordings: template ? [customWording(template)] : wordingsOf(localeTexts.get(locale)!, brand),
      frame: frameOf(template?.lastLine === false ? null : lastLine, parts),
      codeLength: length,
      segments: template?.segments ?? 1,
      lastLineMayGo,
    });
  }

  if (faults.length === 0) {
    const mayGo = longTexts === 'without_last_line';
    faults.push(
      ...unfitFaults(
        [...byLocale.values(), ...byTemplate].flatMap((source) =>
          lastLinesOf(parts).map((lastLine) => ({ source, lastLine, found: fit(source, lastLine, codeLength, mayGo) })),
        ),
        { brand, origin, codeLength },
      ),
    );
  }
  if (faults.length > 0) throw new ConfigurationError(faults);

  const ours = [...byLocale.values()];
  const choices = new Map<string, Choice>();

  /** Kept, as the same few are asked for again and again; started anew where someone asks for all there are. */
  function choiceFor({ locale, country, tenant }: Reader): Choice {
    const key = `${locale ?? ''} ${country ?? ''} ${templates.length > 0 ? tenant : ''}`;
    let choice = choices.get(key);
    if (!choice) {
      if (choices.size >= mostReadersKept) choices.clear();
      const reader = { locale, country, tenant };
      choice = { source: choose(reader), notices: localeTexts.get(nearest(ours, reader)!.locale)! };
      choices.set(key, choice);
    }
    return choice;
  }

  /** Those for the number's country go first, and are then the only ones: there, texts are registered. */
  function choose(reader: Reader): Source {
    const { tenant, country } = reader;
    const ofTenant = byTemplate.filter(({ template }) => template?.tenant === null || template?.tenant === tenant);
    for (const isOwn of [true, false]) {
      const ofCountry = ofTenant.filter(
        ({ template }) => country !== null && template?.country === country && (template.tenant !== null) === isOwn,
      );
      const [first] = ofCountry;
      if (first) return nearest(ofCountry, reader) ?? first;
    }
    const anywhere = ofTenant.filter(({ template }) => template?.country === null);
    // The tenant's own before those of everyone, those before ours.
    const isOwn = ({ template }: Source): boolean => template?.tenant !== null;
    const known = new Map(
      [...ours, ...anywhere.filter((source) => !isOwn(source)), ...anywhere.filter(isOwn)].map((source) => [
        source.locale.toLowerCase(),
        source,
      ]),
    );
    return nearest([...known.values()], reader)!;
  }

  /** What the call says, then the country, then the default. */
  function nearest(among: readonly Source[], { locale, country }: Reader): Source | null {
    const byTag = new Map(among.map((source) => [source.locale, source]));
    const tags = localeSet(byTag.keys());
    const tag =
      (locale === undefined ? null : lookUp(locale, tags)) ??
      (country === null || !localeByCountry ? null : localeOfCountry(country, tags)) ??
      lookUp(fallback!, tags);
    return tag === null ? null : byTag.get(tag)!;
  }

  const usual = lastLineOf(parts, undefined);

  function fittedFor(source: Source, hint: TextHint | undefined, length: number): FittedText {
    const lastLine = hint === undefined ? usual : lastLineOf(parts, hint);
    const key = `${lastLine} ${length}`;
    let fitted = source.fitted.get(key);
    if (!fitted) {
      // A code that is longer than those made now was sent before the configuration changed: its text loses the last line before it becomes two.
      const found = fit(source, lastLine, length, longTexts === 'without_last_line' || length > codeLength);
      if ('over' in found) throw new ConfigurationError([`a code of ${length} digits does not fit into one SMS`]);
      fitted = found;
      source.fitted.set(key, fitted);
    }
    return fitted;
  }

  return {
    text(reader, { code, lifetimeSeconds, hint }) {
      const { source } = choiceFor(reader);
      const minutes = Math.max(1, Math.floor(lifetimeSeconds / 60));
      const text = fittedFor(source, hint, code.length).render(code, minutes);
      return { text, locale: source.locale, template: registeredOf(source.template, code, minutes) };
    },
    notice: (reader, number) => choiceFor(reader).notices.notice.replace('{number}', () => number),
    testNotice: (reader) => choiceFor(reader).notices.test_notice,
    refusal: (hint) =>
      hint === 'android' && parts.appHash === undefined
        ? 'cannot be android: no hash of an app is configured (appHash)'
        : null,
  };
}

function sourceOf(locale: string, template: ReadTemplate | null): Source {
  return { locale, template, fitted: new Map() };
}

/** Those that were named; those there are where none was. */
function chosenLocales({ locales }: TextOptions, faults: string[]): LocaleSet {
  if (locales === undefined) return allLocales;
  if (locales.length === 0) faults.push('locales must name at least one language');
  return localeSet(
    locales.flatMap((tag) => {
      const found = lookUp(tag, allLocales);
      if (found === null) faults.push(`locales names ${JSON.stringify(tag)}, and there are no texts in it`);
      return found ?? [];
    }),
  );
}

function assertHash({ appHash, appHashWithOrigin = false, origin }: TextParts, faults: string[]): void {
  if (appHash !== undefined && !/^[0-9A-Za-z+/]{11}$/.test(appHash)) {
    faults.push('appHash must be the 11 characters that Android knows the app by, such as FA+9qCX9VSu');
  }
  if (appHashWithOrigin && (appHash === undefined || origin === null)) {
    faults.push('appHashWithOrigin needs both, appHash and origin');
  }
}

function customWording({ text, brand }: ReadTemplate): Wording {
  return { form: 'custom', template: text, brand, gap: '\n' };
}

function unfitFaults(
  tried: readonly { source: Source; lastLine: LastLine | null; found: FittedText | Unfit }[],
  { brand, origin, codeLength }: Pick<TextParts, 'brand' | 'origin' | 'codeLength'>,
): string[] {
  const unfit = tried.flatMap(({ source, lastLine, found }) =>
    'over' in found ? [{ source, lastLine, ...found }] : [],
  );
  const why = (over: number): string => (over > 0 ? String(over) : '(phones would not find the code)');
  const faults = Map.groupBy(
    unfit.filter(({ source }) => source.template === null),
    ({ lastLine }) => lastLine,
  );
  const made = [...faults].map(([lastLine, ones]) => {
    const what = [
      ...(brand === null ? [] : [`brand ${JSON.stringify(brand)}`]),
      ...(origin !== null && lastLine?.startsWith('web_otp') ? [`origin ${JSON.stringify(origin)}`] : []),
      ...(lastLine !== null && lastLine !== 'web_otp' ? ["the app's hash"] : []),
      `${codeLength} digits`,
    ];
    const which = ones.map(({ source, over }) => `${source.locale} ${why(over)}`).join(', ');
    return (
      `texts with ${what.join(', ')} do not fit into one SMS. Characters too many, by language: ${which}. ` +
      `Shorten ${what.length > 2 ? 'one of them' : 'it'}, name the languages you need (locales), or let the last line go (longTexts)`
    );
  });
  const ofTemplates = unfit.flatMap(({ source: { template }, over }) =>
    template === null
      ? []
      : [
          over > 0
            ? `${template.where} takes more than ${template.segments === 1 ? 'one SMS' : `${template.segments} SMS`} with what stands in it: ${over} characters too many`
            : `${template.where} is a text in which phones do not find the code: begin with {code}`,
        ],
  );
  return [...made, ...new Set(ofTemplates)];
}

function registeredOf(template: ReadTemplate | null, code: string, minutes: number): RegisteredText | null {
  if (!template || (template.entityId === null && template.templateId === null)) return null;
  const values = { code, brand: template.brand, minutes: String(minutes) };
  const { entityId, templateId } = template;
  return {
    entityId,
    templateId,
    variables: template.variables.map(({ name, type }) => ({ name, type, value: values[name] })),
  };
}
