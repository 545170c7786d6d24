import {
  type CountryCode,
  isSupportedCountry as hasMetadata,
  Metadata,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/max';
import exampleMobiles from 'libphonenumber-js/mobile/examples';

/** Lines that are no landlines, in the order in which a number is held against them. */
const otherLineTypes = [
  'mobile',
  'premium_rate',
  'toll_free',
  'shared_cost',
  'voip',
  'personal_number',
  'pager',
  'uan',
  'voicemail',
] as const;

/**
 * What a number can be for, by the numbering plans that libphonenumber collects. North America's and Mexico's do not tell mobiles from landlines
 * (`fixed_line_or_mobile`).
 */
export const lineTypes = ['fixed_line', 'fixed_line_or_mobile', ...otherLineTypes] as const;
export type LineType = (typeof lineTypes)[number];

/** A number that a numbering plan knows. All of it follows from `e164` alone, however the number was typed. */
export interface PhoneNumber {
  /** Canonical: every spelling of one handset has the same. Matches `^\+[1-9]\d{6,14}$`. */
  e164: string;
  /** ISO 3166-1 alpha-2; null for codes that belong to no country (+800, +882). */
  country: string | null;
  lineType: LineType;
}

/** `detail` is a sentence for the person: what is wrong and what to do. It never repeats what they typed. */
export type ParsedPhoneNumber = { valid: true; number: PhoneNumber } | { valid: false; detail: string };

const longestInput = 60;
const e164Shape = /^\+[1-9]\d{6,14}$/;

/**
 * Reads a number as people type it: with a country code after `+` or `00`, or as dialled within `country` (ISO 3166-1 alpha-2; one that
 * is not supported counts as none), its own international prefix included. Never throws.
 *
 * - Accepted: spaces, dashes, dots, slashes and brackets, digits of any script, full-width forms, a leading `tel:`. Marks that nobody
 *   sees (zero-width, writing direction: they come along when a number is copied) are dropped.
 * - Refused: letters, extensions, control characters, more than 60 characters, whatever no numbering plan knows.
 * - A valid E.164 number is read as it stands. So the result, read again, is itself.
 * - Spellings of one handset become one number: see `respellings`.
 */
export function parsePhoneNumber(input: string, country?: string): ParsedPhoneNumber {
  if (e164Shape.test(input)) {
    const number = recognise(input);
    if (number) return { valid: true, number };
  }
  if (input.length > longestInput) return refused('This is too long to be a phone number. Enter one number.');
  const typed = e164Shape.test(input) ? input : withoutPunctuation(input);
  if (!/^\+?\d+$/.test(typed)) return refused(whyNotDigits(typed));
  const home = country !== undefined && hasMetadata(country) ? country : undefined;
  for (const reading of readings(typed, home)) {
    const number = e164Shape.test(reading) ? recognise(reading) : null;
    if (number) return { valid: true, number };
  }
  return refused(whyNotValid(typed, home));
}

/**
 * Everything that may be meant by what people type, as E.164, the most literal first, whether or not a numbering plan knows it: read as `parsePhoneNumber` reads, which refuses what none
 * knows.
 */
export function possibleNumbers(input: string, country?: string): string[] {
  const typed = input.length > longestInput ? '' : withoutPunctuation(input);
  if (!/^\+?\d+$/.test(typed)) return [];
  const home = country !== undefined && hasMetadata(country) ? country : undefined;
  return [...readings(typed, home)].filter((reading) => e164Shape.test(reading));
}

/** An E.164 number under a calling code that exists. One that no plan knows is held for a mobile of the code's main country. Null for anything else. */
export function anyPhoneNumber(e164: string): PhoneNumber | null {
  const parts = e164Shape.test(e164) ? split(e164) : null;
  if (!parts) return null;
  return recognise(e164) ?? { e164, country: plansOf(parts.callingCode)[0]?.country ?? null, lineType: 'mobile' };
}

/** `+12025550143` -> `+1••••••0143`: the calling code and at most the last four digits, never more than half of the national number. */
export function maskPhoneNumber(e164: string): string {
  const parts = e164Shape.test(e164) ? split(e164) : null;
  if (!parts) return '••••••••';
  const { callingCode, national } = parts;
  const shown = Math.min(4, Math.floor(national.length / 2));
  return `+${callingCode}${'•'.repeat(national.length - shown)}${national.slice(-shown)}`;
}

/** For people: `+12025550143` -> `+1 202 555 0143`. What is no E.164 number comes back unchanged. */
export function formatPhoneNumber(e164: string): string {
  const parts = e164Shape.test(e164) ? split(e164) : null;
  if (!parts) return e164;
  const { callingCode, national } = parts;
  const grouping = groupingsOf(callingCode).find(
    ({ leadingDigits, whole }) => leadingDigits?.test(national) !== false && whole.test(national),
  );
  return `+${callingCode} ${grouping ? national.replace(grouping.whole, grouping.written) : national}`;
}

/** Whether numbers of this country (ISO 3166-1 alpha-2, in capitals) can be read. */
export function isSupportedCountry(country: string): boolean {
  return hasMetadata(country);
}

/**
 * A mobile number of a country as an example, in E.164; null where there is none that can be read. Not of the ranges that nobody can have, which the plans call invalid in most
 * countries: someone may have it, so nothing but an inbox may be sent to it.
 */
export function exampleMobile(country: string): string | null {
  const national = hasMetadata(country) ? exampleMobiles[country] : undefined;
  if (national === undefined) return null;
  const parsed = parsePhoneNumber(national, country);
  return parsed.valid && parsed.number.country === country ? parsed.number.e164 : null;
}

const refused = (detail: string): ParsedPhoneNumber => ({ valid: false, detail });

/** White space, dashes (the minus and Japan's long mark among them), brackets, dots, slashes, tildes; full-width forms too. */
const punctuation = /[\s\p{Pd}\u2212\u30fc\p{Ps}\p{Pe}.\uff0e·•/\uff0f~\uff5e]/gu;

/** Drops what people put between digits and what nobody sees. Leaves digits, `+` and whatever does not belong in a number. */
function withoutPunctuation(input: string): string {
  return input
    .replace(/(?![0-9])\p{Nd}/gu, asciiDigit)
    .replace(/\p{Cf}/gu, '')
    .replace(/\uff0b/g, '+')
    .replace(/^\s*tel:/i, '')
    .replace(punctuation, '');
}

/** A decimal digit of any script: Unicode keeps the ten of each contiguous and ascending (Unicode Standard, section 4.6). */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0) as number;
  let lower = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - lower - 1))) lower++;
  return String(lower % 10);
}

function whyNotDigits(typed: string): string {
  if (/^\+?$/.test(typed)) return 'Enter a phone number.';
  if (/\d[\p{L}#,;][^\d+]*\d+\D*$/u.test(typed)) {
    return 'A text cannot be sent to an extension. Enter a number without one.';
  }
  if (/\p{L}/u.test(typed)) return 'A phone number has no letters. Enter its digits instead.';
  return 'Some of these characters do not belong in a phone number. Enter digits, with one + before the country code.';
}

function whyNotValid(typed: string, home: CountryCode | undefined): string {
  const international = typed.replace(/^00/, '+');
  const hasCode = international.startsWith('+');
  if (!hasCode && !home) return 'The country is missing. Start with + and the country code.';
  const check = hasCode ? 'Check it.' : 'Check it, or start with + and the country code if it is from another country.';
  switch (validatePhoneNumberLength(hasCode ? international : typed, home)) {
    case 'INVALID_COUNTRY':
      return 'No country has this country code. Check the digits after the +.';
    case 'NOT_A_NUMBER':
    case 'TOO_SHORT':
      return `This phone number has too few digits. ${check}`;
    case 'TOO_LONG':
      return `This phone number has too many digits. ${check}`;
    case 'INVALID_LENGTH':
      return `No phone number there has this many digits. ${check}`;
    default:
      return `No such phone number is in use. ${check}`;
  }
}

/** What may have been meant, as `+` and digits, most literal first. */
function* readings(typed: string, home: CountryCode | undefined): Generator<string> {
  if (home && !typed.startsWith('+')) yield lenientReading(typed, home);
  const international = typed.replace(/^00/, '+');
  if (!international.startsWith('+')) return;
  yield international;
  // Argentina's two marks of a mobile at once: 9 before the area code and 15 after it.
  yield lenientReading(international.replace(/^\+549(?=\d{12}$)/, '+54'));
}

/** The library's: drops trunk and international prefixes, adds a missing area code where a country has only one. */
function lenientReading(typed: string, home?: CountryCode): string {
  return parsePhoneNumberFromString(typed, home)?.number ?? '';
}

/**
 * National numbers, by calling code, that are another spelling of a mobile, and what to put for what they match. The new spelling is taken
 * where it is a valid number.
 *
 * - Argentina: with the 9. No landline shares its digits with a mobile, so 11 2345 6789 without the 9 is one or the other, which no plan
 *   tells; since no text reaches a landline, it is read as the mobile.
 * - Brazil: with the ninth digit, which every mobile of eight digits (6-9 in front) had got by the end of 2016.
 * - Mexico: without 1, 01, 044 and 045, which ended in 2019.
 * - Gambia: with the operator's two digits (Africell 87, QCell 83, Comium 86), given in September 2026. Gamcel stays as it is.
 *
 * Elsewhere an old spelling is either not valid any more, hence refused (Côte d'Ivoire and Benin with eight digits), or another number
 * as far as the plans tell (Gabon, Saint Pierre and Miquelon).
 */
const respellings: Partial<Record<string, readonly (readonly [RegExp, string])[]>> = {
  52: [[/^(?:1|01|04[45])(?=\d{10}$)/, '']],
  54: [[/^0?(?=\d{10}$)/, '9']],
  55: [[/(?<=^\d\d)(?=[6-9]\d{7}$)/, '9']],
  220: [
    [/^(?=(?:[27]\d|4[01])\d{5}$)/, '87'],
    [/^(?=(?:3\d|5[0-389])\d{5}$)/, '83'],
    [/^(?=6\d{6}$)/, '86'],
  ],
};

function recognise(e164: string): PhoneNumber | null {
  const parts = split(e164);
  if (!parts) return null;
  const { callingCode, national } = parts;
  for (const [spelling, canonical] of respellings[callingCode] ?? []) {
    const number = spelling.test(national) ? identify(callingCode, national.replace(spelling, canonical)) : null;
    if (number) return number;
  }
  return identify(callingCode, national);
}

/** No calling code begins with another, so the first that fits is the one. */
function split(e164: string): { callingCode: string; national: string } | null {
  for (let end = 2; end <= 4; end++) {
    const callingCode = e164.slice(1, end);
    if (plansOf(callingCode).length > 0) return { callingCode, national: e164.slice(end) };
  }
  return null;
}

/**
 * The library's `isValid`, `country` and `getType` for a number without prefixes, on the library's own metadata, at a twentieth of the
 * cost: every pattern is compiled once. The tests hold the two equal.
 */
function identify(callingCode: string, national: string): PhoneNumber | null {
  for (const plan of plansOf(callingCode)) {
    if (plan.leadingDigits?.test(national) === false) continue;
    const lineType = lineTypeIn(plan, national);
    if (lineType) return { e164: `+${callingCode}${national}`, country: plan.country, lineType };
  }
  return null;
}

function lineTypeIn(plan: Plan, national: string): LineType | null {
  const fits = (type: LineType): boolean => {
    const line = plan.lines[type];
    return line !== undefined && line.lengths.includes(national.length) && line.pattern.test(national);
  };
  if (!plan.pattern.test(national)) return null;
  if (fits('fixed_line')) return !plan.lines.mobile || fits('mobile') ? 'fixed_line_or_mobile' : 'fixed_line';
  return otherLineTypes.find(fits) ?? null;
}

/** One country's numbering plan. Where its mobiles cannot be told from its landlines, it has no line `mobile`. */
interface Plan {
  country: string | null;
  /** How this country's numbers begin, where that tells it from others of the same calling code: spares the long patterns. */
  leadingDigits: RegExp | null;
  pattern: RegExp;
  lines: Partial<Record<LineType, { pattern: RegExp; lengths: readonly number[] }>>;
}

/** What the library's `Metadata` answers; its published type leaves most of it out. Absent strings are empty or 0. */
interface LibraryMetadata {
  hasCallingCode(callingCode: string): boolean | undefined;
  getCountryCodesForCallingCode(callingCode: string): string[] | undefined;
  selectNumberingPlan(countryOrCallingCode: string): {
    nationalNumberPattern(): string;
    leadingDigits(): string | 0 | undefined;
    type(type: string): { pattern(): string | 0; possibleLengths(): number[] } | undefined;
    formats(): { leadingDigitsPatterns(): string[]; pattern(): string; internationalFormat(): string }[];
  };
}

const metadata = new Metadata() as unknown as LibraryMetadata;
const plans = new Map<string, readonly Plan[]>();

/** The plans under a calling code, the main country's first; none where nobody has the code. Compiled when first asked for. */
function plansOf(callingCode: string): readonly Plan[] {
  let found = plans.get(callingCode);
  if (!found) {
    const countries = metadata.getCountryCodesForCallingCode(callingCode);
    if (countries) found = countries.map((country) => compile(country, country));
    else found = metadata.hasCallingCode(callingCode) ? [compile(callingCode, null)] : [];
    plans.set(callingCode, found);
  }
  return found;
}

function compile(countryOrCallingCode: string, country: string | null): Plan {
  const plan = metadata.selectNumberingPlan(countryOrCallingCode);
  const leadingDigits = plan.leadingDigits();
  const lines: Plan['lines'] = {};
  for (const lineType of ['fixed_line', ...otherLineTypes] as const) {
    const line = plan.type(lineType.toUpperCase());
    const pattern = line?.pattern();
    if (line && pattern) lines[lineType] = { pattern: entire(pattern), lengths: line.possibleLengths() };
  }
  return {
    country,
    leadingDigits: leadingDigits ? new RegExp(`^(?:${leadingDigits})`) : null,
    pattern: entire(plan.nationalNumberPattern()),
    lines,
  };
}

/** One way to write a country's numbers: which are written so, and their groups with spaces between them. */
interface Grouping {
  leadingDigits: RegExp | null;
  whole: RegExp;
  /** `$1 $2 $3` */
  written: string;
}

const groupings = new Map<string, readonly Grouping[]>();

/** How the numbers under a calling code are written, the first that fits. As the library does, on its metadata, with every pattern compiled once. */
function groupingsOf(callingCode: string): readonly Grouping[] {
  let found = groupings.get(callingCode);
  if (!found) {
    found = metadata
      .selectNumberingPlan(callingCode)
      .formats()
      .map((format) => {
        // The last is the most detailed.
        const leadingDigits = format.leadingDigitsPatterns().at(-1);
        return {
          leadingDigits: leadingDigits === undefined ? null : new RegExp(`^(?:${leadingDigits})`),
          whole: entire(format.pattern()),
          written: format
            .internationalFormat()
            .replaceAll(/[^\d$]+/g, ' ')
            .trim(),
        };
      });
    groupings.set(callingCode, found);
  }
  return found;
}

const entire = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
