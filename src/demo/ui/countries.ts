/** Countries (ISO 3166-1 alpha-2) of each calling code, its main one first. The build puts it here. */
declare const __CALLING_CODES__: Record<string, string[]>;

export interface Country {
  /** ISO 3166-1 alpha-2. */
  id: string;
  name: string;
  callingCode: string;
}

const names = new Intl.DisplayNames(document.documentElement.lang, { type: 'region' });

/** Every country that has a calling code, by name. */
export const countries: readonly Country[] = Object.entries(__CALLING_CODES__)
  .flatMap(([callingCode, ids]) => ids.map((id) => ({ id, name: names.of(id) ?? id, callingCode })))
  .toSorted((a, b) => a.name.localeCompare(b.name, document.documentElement.lang));

/** The country that a person's languages (BCP 47, the preferred one first) suggest: one that is named, else where the first is spoken most. */
export function guessCountry(languages: readonly string[]): string {
  const locales = languages.flatMap(localeOf);
  const region = locales.find((locale) => locale.region)?.region ?? locales[0]?.maximize().region;
  return countries.find(({ id }) => id === region)?.id ?? 'US';
}

/** None where the system's name for a language is no BCP 47 tag (`en-US@posix`). */
function localeOf(language: string): Intl.Locale[] {
  try {
    return [new Intl.Locale(language)];
  } catch {
    return [];
  }
}

/** The country of a number that is typed with its calling code; else, or where several share it, the one that is chosen already. */
export function countryOfNumber(typed: string, chosen: string): string {
  if (!typed.trim().startsWith('+')) return chosen;
  const digits = typed.replace(/\D/g, '');
  for (let length = 3; length > 0; length--) {
    const sharing = __CALLING_CODES__[digits.slice(0, length)];
    if (sharing !== undefined && digits.length >= length) return sharing.includes(chosen) ? chosen : sharing[0]!;
  }
  return chosen;
}
