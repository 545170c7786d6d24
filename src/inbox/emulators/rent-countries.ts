/** Names that vendors use and Unicode does not, as `key` makes them. */
const aliases: Readonly<Record<string, string>> = {
  usa: 'US',
  unitedstatesofamerica: 'US',
  uk: 'GB',
  england: 'GB',
  greatbritain: 'GB',
  uae: 'AE',
  bih: 'BA',
  bosnia: 'BA',
  burma: 'MM',
  caboverde: 'CV',
  congo: 'CG',
  czech: 'CZ',
  czechrepublic: 'CZ',
  dominicana: 'DO',
  drcongo: 'CD',
  easttimor: 'TL',
  holland: 'NL',
  hongkong: 'HK',
  ivorycoast: 'CI',
  korea: 'KR',
  macao: 'MO',
  macau: 'MO',
  macedonia: 'MK',
  myanmar: 'MM',
  palestine: 'PS',
  papua: 'PG',
  russianfederation: 'RU',
  salvador: 'SV',
  swaziland: 'SZ',
  trinidad: 'TT',
  turkey: 'TR',
  vatican: 'VA',
  vietnam: 'VN',
};

const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
/** Without those that were given up for others (`YU`, `SU`): Unicode still has names for them. */
const codes = letters
  .flatMap((first) => letters.map((second) => first + second))
  .filter((code) => new Intl.Locale(`und-${code}`).region === code);

let codeOfName: ReadonlyMap<string, string> | undefined;

/**
 * The country (ISO 3166-1 alpha-2) that has an English name: Unicode's own (`Malaysia`, `Saudi Arabia`), or one that vendors use (`USA`, `england`, `saudiarabia`). Capitals,
 * accents, blanks and punctuation make no difference. Undefined for what is no name of a country, codes included.
 */
export function countryNamed(name: string): string | undefined {
  codeOfName ??= new Map([
    ...codes.flatMap((code) => {
      const known = nameOfCountry(code);
      return known === undefined ? [] : [[key(known), code] as const];
    }),
    ...Object.entries(aliases),
  ]);
  return codeOfName.get(key(name));
}

const displayNames = new Map<string, Intl.DisplayNames>();

/** What a country is called in a language, English when unset; undefined where it has no name. */
export function nameOfCountry(code: string, language = 'en'): string | undefined {
  let names = displayNames.get(language);
  if (!names)
    displayNames.set(language, (names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' })));
  return names.of(code);
}

function key(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll('&', 'and')
    .replace(/\bsaint\b/g, 'st')
    .replaceAll(/[^a-z]/g, '');
}
