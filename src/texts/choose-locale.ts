/** The languages to choose from, by their tags in lower case. */
export type LocaleSet = ReadonlyMap<string, string>;

export function localeSet(tags: Iterable<string>): LocaleSet {
  return new Map(Array.from(tags, (tag) => [tag.toLowerCase(), tag]));
}

/**
 * The nearest of some languages to a tag: RFC 4647 section 3.4, after CLDR has brought the tag into its canonical form (`iw` is `he`), and with Chinese told apart by its script. Null: none.
 * Takes anything for a tag and throws at nothing.
 */
export function lookUp(tag: string, among: LocaleSet): string | null {
  for (const range of rangesOf(tag)) {
    const found = among.get(range.toLowerCase());
    if (found !== undefined) return found;
  }
  return null;
}

/** What people who read the one read too. */
const alsoRead: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb', yue: 'zh' };

/** From the whole tag to its language alone. */
function rangesOf(tag: string): string[] {
  const whole = canonical(tag.replaceAll('_', '-'));
  if (whole === null) return [];
  const { language, region } = whole;
  const subtags = whole.baseName.split('-');
  const truncated = subtags.map((_, i) => subtags.slice(0, subtags.length - i).join('-')).slice(0, -1);
  const ranges = [whole.toString(), ...(isWrittenAsIn(whole, region) ? [`${language}-${region}`] : []), ...truncated];
  if (language === 'zh' || language === 'yue') ranges.push(...chinese(whole));
  ranges.push(language);
  const read = alsoRead[language];
  if (read !== undefined) ranges.push(read);
  return ranges;
}

/** Whether the script goes without saying in the region. */
function isWrittenAsIn(locale: Intl.Locale, region: string | undefined): boolean {
  if (region === undefined) return false;
  return (
    locale.script === undefined || new Intl.Locale(locale.language, { region }).maximize().script === locale.script
  );
}

function chinese(locale: Intl.Locale): readonly string[] {
  const { script, region } = locale.maximize();
  if (script !== 'Hant') return ['zh-CN'];
  return region === 'HK' || region === 'MO' ? ['zh-HK', 'zh-TW'] : ['zh-TW', 'zh-HK'];
}

/** Of a tag that is none, what its language may be. */
function canonical(tag: string): Intl.Locale | null {
  for (const attempt of [tag, tag.split('-', 1)[0] ?? '']) {
    try {
      return new Intl.Locale(attempt);
    } catch {
      // Not a tag.
    }
  }
  return null;
}

/** Countries of several languages of which none is most people's, and those where services write in English, whatever people speak. */
const inEnglish = new Set(['BE', 'CH', 'IN', 'KE', 'PH', 'UG']);

/** The language that is likely read in a country (CLDR's likely subtags): English where there is no text in it. Null: English neither. */
export function localeOfCountry(country: string, among: LocaleSet): string | null {
  const english = among.get('en') ?? null;
  const likely = inEnglish.has(country) ? null : canonical(`und-${country}`)?.maximize();
  return likely && likely.language !== 'und' ? (lookUp(`${likely.language}-${country}`, among) ?? english) : english;
}
