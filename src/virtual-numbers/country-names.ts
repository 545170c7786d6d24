import { isSupportedCountry } from '../phone-number.ts';

/** Names that providers use and Unicode's English ones do not cover. */
const otherNames: Readonly<Record<string, string>> = {
  usa: 'US',
  america: 'US',
  'united states of america': 'US',
  uk: 'GB',
  england: 'GB',
  'great britain': 'GB',
  uae: 'AE',
  czech: 'CZ',
  'czech republic': 'CZ',
  'hong kong': 'HK',
  macao: 'MO',
  macau: 'MO',
  macedonia: 'MK',
  myanmar: 'MM',
  burma: 'MM',
  turkey: 'TR',
  'ivory coast': 'CI',
  swaziland: 'SZ',
  'viet nam': 'VN',
  'dr congo': 'CD',
  congo: 'CG',
  palestine: 'PS',
  'east timor': 'TL',
  'cabo verde': 'CV',
  'russian federation': 'RU',
  korea: 'KR',
  holland: 'NL',
};

let codes: ReadonlyMap<string, string> | undefined;

/** The ISO 3166-1 alpha-2 code of a country by its English name or its code, however written; undefined where it is not known. */
export function countryNamed(name: string): string | undefined {
  const code = name.trim().toUpperCase();
  if (/^[A-Z]{2}$/.test(code) && isSupportedCountry(code)) return code;
  codes ??= new Map([...englishNames(), ...Object.entries(otherNames)]);
  return codes.get(plain(name));
}

function* englishNames(): Generator<[string, string]> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  for (const code of letters.flatMap((first) => letters.map((second) => first + second))) {
    const name = isSupportedCountry(code) ? names.of(code) : undefined;
    if (name !== undefined) yield [plain(name), code];
  }
}

/** `Côte d’Ivoire` -> `cote d ivoire` */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/[^\p{L}]+/gu, ' ')
    .trim();
}
