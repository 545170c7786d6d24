import fc from 'fast-check';
import library, { type CountryCode, getCountries, getCountryCallingCode, PhoneNumber } from 'libphonenumber-js/max';
import metadata from 'libphonenumber-js/max/metadata';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, test } from 'vitest';
import { formatPhoneNumber, isSupportedCountry, maskPhoneNumber, parsePhoneNumber } from '../../src/phone-number.ts';

const read = (input: string, country?: string): string | null => {
  const parsed = parsePhoneNumber(input, country);
  return parsed.valid ? parsed.number.e164 : null;
};

const detailOf = (input: string, country?: string): string => {
  const parsed = parsePhoneNumber(input, country);
  if (parsed.valid) throw new Error('read as valid');
  return parsed.detail;
};

const seed = 20_260_901;
const runs = { seed, numRuns: 200 };

/** What stands in the eleventh place of a plan: a pattern for each line type. */
type PlanLines = readonly (readonly [pattern: string] | 0 | undefined)[];

/** Numbers that match each pattern of each plan in the world, so that every line type of every country is there. */
const realNumbers: readonly string[] = Object.values({ ...metadata.countries, ...metadata.nonGeographic }).flatMap(
  (plan) =>
    (plan[11] as PlanLines).flatMap((line) =>
      line && line[0]
        ? fc
            .sample(fc.stringMatching(new RegExp(`^(?:${line[0]})$`)), { seed, numRuns: 8 })
            .map((national) => `+${plan[0]}${national}`)
        : [],
    ),
);

const callingCodes = [...Object.keys(metadata.country_calling_codes), ...Object.keys(metadata.nonGeographic)];

/** A calling code and anything after it: mostly no numbers. */
const madeUpNumber = fc
  .tuple(fc.constantFrom(...callingCodes), fc.stringMatching(/^\d{4,12}$/))
  .map(([callingCode, national]) => `+${callingCode}${national}`)
  .filter((e164) => /^\+[1-9]\d{6,14}$/.test(e164));

const mobiles = Object.entries(examples).map(([country, national]) => ({
  country: country as CountryCode,
  e164: `+${getCountryCallingCode(country as CountryCode)}${national}`,
}));

describe('what people type becomes one E.164 number', () => {
  test.each<[input: string, country: string | undefined, e164: string]>([
    ['(202) 555-0143', 'US', '+12025550143'],
    ['202.555.0143', 'US', '+12025550143'],
    ['1-202-555-0143', 'US', '+12025550143'],
    ['+1 202 555 0143', undefined, '+12025550143'],
    ['+1 202 555 0143', 'GB', '+12025550143'],
    ['  +1 (202) 555–0143\n', undefined, '+12025550143'],
    ['+1\u00a0202\u202f555\u20110143', undefined, '+12025550143'],
    ['\uff0b\uff11\uff12\uff10\uff12\uff0d\uff15\uff15\uff15\uff0d\uff10\uff11\uff14\uff13', undefined, '+12025550143'],
    ['tel:+1-202-555-0143', undefined, '+12025550143'],
    ['TEL: (202) 555 0143', 'US', '+12025550143'],
    ['\u202a+1 202\u00ad 555\u200b 0143\u202c\ufeff', undefined, '+12025550143'],
    ['020 7946 0958', 'GB', '+442079460958'],
    ['+44 (0)20 7946 0958', undefined, '+442079460958'],
    ['(+44) 20 7946 0958', undefined, '+442079460958'],
    ['00 44 20 7946 0958', 'FR', '+442079460958'],
    ['0044 20 7946 0958', undefined, '+442079460958'],
    ['0044 20 7946 0958', 'US', '+442079460958'],
    ['011 44 20 7946 0958', 'US', '+442079460958'],
    ['442079460958', 'GB', '+442079460958'],
    ['030/901820', 'DE', '+4930901820'],
    ['06 698 12345', 'IT', '+390669812345'],
    ['٠٧٩١٢ ٣٤٥٦٧٨', 'IQ', '+9647912345678'],
    ['۰۹۱۲ ۳۴۵ ۶۷۸۹', 'IR', '+989123456789'],
    ['7 (912) 345-67-89', 'RU', '+79123456789'],
    ['8 (912) 345-67-89', 'RU', '+79123456789'],
  ])('%j in %s is %s', (input, country, e164) => {
    expect(read(input, country)).toBe(e164);
  });

  test.each<[input: string, country: string | null, lineType: string]>([
    ['+12025550143', 'US', 'fixed_line_or_mobile'],
    ['+14165550143', 'CA', 'fixed_line_or_mobile'],
    ['+447400123456', 'GB', 'mobile'],
    ['+447624312345', 'IM', 'mobile'],
    ['+442079460958', 'GB', 'fixed_line'],
    ['+18002345678', 'US', 'toll_free'],
    ['+19002345678', 'US', 'premium_rate'],
    ['+443312345678', 'GB', 'uan'],
    ['+445631234567', 'GB', 'voip'],
    ['+77710009998', 'KZ', 'mobile'],
    ['+80012345678', null, 'toll_free'],
    ['+979123456789', null, 'premium_rate'],
  ])('%s is of country %s, a %s', (e164, country, lineType) => {
    expect(parsePhoneNumber(e164)).toEqual({ valid: true, number: { e164, country, lineType } });
  });

  test('digits of every script are read', () => {
    const scripts = Intl.supportedValuesOf('numberingSystem')
      .map((numberingSystem) =>
        new Intl.NumberFormat('en', { numberingSystem, useGrouping: false }).format(2_025_550_143),
      )
      .filter((digits) => /^\p{Nd}{10}$/u.test(digits));
    expect(scripts.length).toBeGreaterThan(50);
    expect(new Set(scripts.map((digits) => read(digits, 'US')))).toEqual(new Set(['+12025550143']));
    const inWriting = (digits: string, numberingSystem: string): string => {
      const formatter = new Intl.NumberFormat('en', { numberingSystem });
      return digits.replace(/\d/g, (digit) => formatter.format(Number(digit)));
    };
    for (const system of ['arab', 'arabext', 'deva', 'beng', 'mymr', 'thai', 'mathsanb', 'segment']) {
      expect(read(inWriting('+16467891234', system))).toBe('+16467891234');
    }
  });

  test('the example mobile of every country is read alike in every spelling', () => {
    expect(mobiles.length).toBeGreaterThan(230);
    for (const { country, e164 } of mobiles) {
      const expected = read(e164);
      const number = library(e164);
      expect(expected, country).not.toBeNull();
      expect(read(number?.formatInternational() ?? '', 'US'), country).toBe(expected);
      expect(read(number?.formatNational() ?? '', country), country).toBe(expected);
      expect(read(number?.getURI() ?? ''), country).toBe(expected);
      expect(read(`00${e164.slice(1)}`), country).toBe(expected);
      for (const from of ['US', 'GB', 'JP', 'AU'] as const) {
        expect(read(number?.format('IDD', { fromCountry: from }) ?? '', from), `${country} from ${from}`).toBe(
          expected,
        );
      }
    }
  });

  test('a number that was read, read again, is itself, wherever one is', () => {
    for (const input of [
      ...realNumbers,
      ...mobiles.map(({ e164 }) => e164),
      ...fc.sample(madeUpNumber, { seed, numRuns: 2_000 }),
    ]) {
      const first = parsePhoneNumber(input);
      if (!first.valid) continue;
      expect(first.number.e164).toMatch(/^\+[1-9]\d{6,14}$/);
      for (const country of [undefined, 'US', 'AR', 'RU'])
        expect(parsePhoneNumber(first.number.e164, country)).toEqual(first);
    }
  });
});

test('a valid E.164 number is read as it stands, though it begin like a trunk prefix', () => {
  // In Belarus 8 is the trunk prefix, and +375 810 a range of premium-rate numbers.
  expect(read('+3758101234567')).toBe('+3758101234567');
  expect(read('+375 810 123 45 67', 'BY')).toBe('+3758101234567');
});

describe('spellings of one handset are one number', () => {
  test.each<[canonical: string, lineType: string, spellings: readonly (readonly [input: string, country?: string])[]]>([
    [
      '+5491123456789',
      'mobile',
      [
        ['+54 9 11 2345-6789'],
        ['+54 11 2345 6789'],
        ['+54 11 15 2345 6789'],
        ['+54 9 11 15 2345-6789'],
        ['+54 (0)11 2345-6789'],
        ['0054 9 11 2345 6789'],
        ['011 15 2345-6789', 'AR'],
        ['011 2345-6789', 'AR'],
        ['11 2345 6789', 'AR'],
        ['9 11 2345 6789', 'AR'],
        ['54 9 11 2345 6789', 'AR'],
        ['011 54 9 11 2345 6789', 'US'],
      ],
    ],
    ['+5492234567890', 'mobile', [['+54 223 456 7890'], ['0223 15 456 7890', 'AR'], ['+54 9 223 15 456 7890']]],
    [
      '+525512345678',
      'fixed_line_or_mobile',
      [
        ['+52 55 1234 5678'],
        ['+52 1 55 1234 5678'],
        ['+5215512345678'],
        ['55 1234 5678', 'MX'],
        ['1 55 1234 5678', 'MX'],
        ['01 55 1234 5678', 'MX'],
        ['044 55 1234 5678', 'MX'],
        ['045 55 1234 5678', 'MX'],
        ['52 1 55 1234 5678', 'MX'],
      ],
    ],
    [
      '+5511987654321',
      'mobile',
      [
        ['+55 11 98765-4321'],
        ['+55 11 8765-4321'],
        ['+551187654321'],
        ['(11) 98765-4321', 'BR'],
        ['(11) 8765-4321', 'BR'],
        ['011 8765-4321', 'BR'],
        ['0 15 11 98765-4321', 'BR'],
        ['55 11 8765 4321', 'BR'],
      ],
    ],
    ['+5511976543210', 'mobile', [['+55 11 7654-3210'], ['+55 11 97654-3210']]],
    ['+220877012345', 'mobile', [['+220 701 2345'], ['+220 87 701 2345'], ['701 2345', 'GM']]],
    ['+220833012345', 'mobile', [['+220 301 2345'], ['+220 83 301 2345']]],
    ['+220866012345', 'mobile', [['+220 601 2345'], ['+220 86 601 2345']]],
  ])('%s', (canonical, lineType, spellings) => {
    for (const [input, country] of spellings) {
      const parsed = parsePhoneNumber(input, country);
      expect(parsed, `${input} in ${country}`).toMatchObject({ valid: true, number: { e164: canonical, lineType } });
    }
  });

  test.each([
    ['+551123456789', 'fixed_line', 'a landline of São Paulo has eight digits'],
    ['+558001234567', 'toll_free', 'no area code, so no ninth digit'],
    ['+548001234567', 'toll_free', 'neither landline nor mobile, so no 9'],
    ['+546751234567', 'mobile', 'an Argentine mobile that has no 9'],
    ['+2209012345', 'mobile', 'Gamcel keeps its seven digits'],
    ['+2204230123', 'fixed_line', 'a Gambian landline'],
  ])('%s, a %s, stays as it is: %s', (e164, lineType) => {
    expect(parsePhoneNumber(e164)).toMatchObject({ valid: true, number: { e164, lineType } });
  });

  const subscriber = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));

  test('every Argentine mobile is the same with and without the 9', () => {
    const area = fc.constantFrom('11', '223', '351', '2284');
    const mobile = area.chain((code) => fc.tuple(fc.constant(code), subscriber(10 - code.length)));
    fc.assert(
      fc.property(mobile, ([code, rest]) => {
        const canonical = read(`+549${code}${rest}`);
        fc.pre(canonical !== null);
        expect(canonical).toBe(`+549${code}${rest}`);
        for (const national of [`${code}${rest}`, `0${code}${rest}`, `0${code}15${rest}`, `${code}15${rest}`]) {
          expect(read(national, 'AR')).toBe(canonical);
          expect(read(`+54${national}`)).toBe(canonical);
        }
      }),
      runs,
    );
  });

  test('every old Brazilian mobile is the one with the ninth digit', () => {
    const old = fc.tuple(fc.constantFrom('11', '21', '47', '99'), fc.constantFrom('6', '7', '8', '9'), subscriber(7));
    fc.assert(
      fc.property(old, ([area, first, rest]) => {
        expect(read(`+55${area}${first}${rest}`)).toBe(`+55${area}9${first}${rest}`);
        expect(read(`+55${area}9${first}${rest}`)).toBe(`+55${area}9${first}${rest}`);
      }),
      runs,
    );
  });

  test('every Mexican number is the same with and without the 1', () => {
    fc.assert(
      fc.property(subscriber(8), (rest) => {
        const canonical = read(`+5255${rest}`);
        expect(canonical).toBe(`+5255${rest}`);
        expect(read(`+52155${rest}`)).toBe(canonical);
      }),
      runs,
    );
  });
});

describe('refusals', () => {
  const causes: Record<string, readonly (readonly [input: string, country?: string])[]> = {
    'nothing typed': [[''], ['   '], ['+'], ['()-'], ['\u200b\u200e'], ['tel:']],
    letters: [['1-800-FLOWERS', 'US'], ['call me'], ['+1 202 555 014O'], ['+1 202 555 0143 mobile']],
    'an extension': [
      ['+1 202 555 0143 x123'],
      ['+1 202 555 0143x123'],
      ['(202) 555-0143 ext. 5', 'US'],
      ['tel:+1-202-555-0143;ext=5'],
      ['+12025550143,,5#'],
      ['+1 202 555 0143 #5'],
      ['+7 912 345 67 89 доб. 5'],
    ],
    'stray characters': [
      ['+1 202 555 0143\u0000'],
      ['+1 202\u001b 555 0143'],
      ['+1+202 555 0143'],
      ['++1 202 555 0143'],
      ['*31#+12025550143'],
      ['+1 202 555 0143²'],
      ['+1 202 555 0143 \u{1f4de}'],
      ['+1 202 555 0143\ud800'],
    ],
    'too much': [['+1 202 555 0143'.padEnd(61)], ['9'.repeat(61), 'US']],
    'no country': [['2025550143'], ['020 7946 0958'], ['020 7946 0958', 'XX'], ['020 7946 0958', 'constructor']],
    'an unknown country code': [['+999 123 4567'], ['+0 202 555 0143'], ['00 999 123 4567']],
    'too few digits': [['+1 202 555'], ['+33 1']],
    'too many digits': [['+1 202 555 0143 99'], ['+1 202 555 0143 999 999 999']],
    'an impossible length': [['+44 20 7946 09']],
    'a number that nobody has': [['+1 202 155 0143'], ['+44 1 111 111 111']],
    'too few digits, typed without a code': [
      ['555-0143', 'US'],
      ['12', 'US'],
      ['1', 'US'],
    ],
    'too many digits, typed without a code': [['447911123456', 'US']],
    'a number that nobody there has': [['202 155 0143', 'US']],
  };

  test.each(Object.entries(causes))('%s is refused', (_cause, inputs) => {
    const details = inputs.map(([input, country]) => detailOf(input, country));
    expect(new Set(details).size).toBe(1);
    expect(details[0]).toMatch(/^[A-Z][^\d]+\.$/);
  });

  test('each cause is told in its own words', () => {
    const details = Object.values(causes).map(([first]) => detailOf(...(first as [string, string?])));
    expect(new Set(details).size).toBe(details.length);
  });

  test('old spellings that no longer exist are refused, so they key nothing', () => {
    expect(read('+225 07 12 34 56')).toBeNull(); // Côte d'Ivoire before 2021
    expect(read('+229 97 12 34 56')).toBeNull(); // Benin before November 2024
  });

  test('sixty characters are read, the sixty-first is too much', () => {
    expect(read('+1 202 555 0143'.padEnd(60))).toBe('+12025550143');
    expect(read('+1 202 555 0143'.padEnd(61))).toBeNull();
  });

  test('nothing that can be sent throws, is slow, or comes back in the detail', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({
        unit: fc.constantFrom(...'+()-./ 0123456789x;,#et=\u200b\u0661\uff0b\u0000'.split('')),
        maxLength: 70,
      }),
      fc.string({
        unit: fc.constantFrom('1', '+', '(', ' ', 'x', '\ufdfa', '\u{1d7ff}', '\ud800', '٣'),
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(
        hostile,
        fc.option(fc.constantFrom('US', 'AR', 'BR', 'JP', '', '__proto__', '54'), { nil: undefined }),
        (input, country) => {
          const parsed = parsePhoneNumber(input, country);
          if (parsed.valid) expect(parsed.number.e164).toMatch(/^\+[1-9]\d{6,14}$/);
          else expect(parsed.detail).toMatch(/^[^\d]+\.$/);
          expect(typeof maskPhoneNumber(input)).toBe('string');
          expect(typeof formatPhoneNumber(input)).toBe('string');
        },
      ),
      { seed, numRuns: 3_000 },
    );
    const started = performance.now();
    for (const unit of ['1', '+', '(1', ' 1', '1x', ';ext=', '\u202e', '\u{1d7ff}', '\u0000', '\ufdfa']) {
      expect(parsePhoneNumber(unit.repeat(25_000), 'US').valid).toBe(false);
      expect(parsePhoneNumber(`+1${unit.repeat(25_000)}`).valid).toBe(false);
      parsePhoneNumber(unit.repeat(60).slice(0, 60), 'US');
    }
    expect(performance.now() - started).toBeLessThan(250);
  });
});

describe('the short way gives the answers of the library', () => {
  const respelled = /^\+(?:52|54|55|220)/;

  function compare(e164: string): 'valid' | 'invalid' {
    const parsed = parsePhoneNumber(e164);
    const theirs = library(parsed.valid ? parsed.number.e164 : e164);
    if (!parsed.valid) {
      expect(theirs?.isValid() && /^\+[1-9]\d{6,14}$/.test(theirs.number), e164).toBeFalsy();
      return 'invalid';
    }
    if (theirs?.number === parsed.number.e164) {
      expect(theirs.isValid(), e164).toBe(true);
      expect(parsed.number.country, e164).toBe(theirs.country ?? null);
      expect(parsed.number.lineType, e164).toBe(theirs.getType()?.toLowerCase());
    } else {
      // The library takes the first digit of a valid number for a trunk prefix and is left with no number.
      expect(theirs?.isValid(), e164).toBe(false);
    }
    if (!respelled.test(e164)) expect([e164, library(e164)?.number]).toContain(parsed.number.e164);
    return 'valid';
  }

  test('for every line type of every country', () => {
    expect(realNumbers.length).toBeGreaterThan(5_000);
    const valid = realNumbers.filter((e164) => /^\+[1-9]\d{6,14}$/.test(e164) && compare(e164) === 'valid');
    expect(valid.length).toBeGreaterThan(5_000);
  });

  test('where the pattern of a line type is wider than that of its country', () => {
    expect(compare('+494930214322106')).toBe('invalid');
  });

  test('for every country’s example mobile', () => {
    for (const { e164 } of mobiles) expect(compare(e164)).toBe('valid');
  });

  test('for random digits under every calling code', () => {
    const kinds = fc.sample(madeUpNumber, { seed, numRuns: 5_000 }).map(compare);
    expect(kinds.filter((kind) => kind === 'invalid').length).toBeGreaterThan(1_000);
    expect(kinds.filter((kind) => kind === 'valid').length).toBeGreaterThan(200);
  });

  test('for real numbers with one digit changed, dropped or added', () => {
    const slip = fc.tuple(fc.constantFrom(...realNumbers), fc.nat(20), fc.nat(9));
    const kinds: string[] = [];
    for (const [e164, at, digit] of fc.sample(slip, { seed, numRuns: 4_000 })) {
      const place = 2 + (at % (e164.length - 2));
      for (const other of [
        e164.slice(0, place) + digit + e164.slice(place + 1),
        e164.slice(0, place) + e164.slice(place + 1),
        e164.slice(0, place) + digit + e164.slice(place),
      ]) {
        if (/^\+[1-9]\d{6,14}$/.test(other)) kinds.push(compare(other));
      }
    }
    expect(kinds.filter((kind) => kind === 'invalid').length).toBeGreaterThan(2_000);
    expect(kinds.filter((kind) => kind === 'valid').length).toBeGreaterThan(2_000);
  });
});

describe('masks', () => {
  test.each([
    ['+12025550143', '+1••••••0143'],
    ['+442079460958', '+44••••••0958'],
    ['+4512345678', '+45••••5678'],
    ['+35312345', '+353•••45'],
    ['+2908123', '+290••23'],
    ['+999123456789', '••••••••'],
    ['2025550143', '••••••••'],
    ['', '••••••••'],
    ['+1202555014312025550143', '••••••••'],
  ])('%s is shown as %s', (e164, mask) => {
    expect(maskPhoneNumber(e164)).toBe(mask);
  });

  test('never show more than four digits or half of the national number, nor any digit of what is no number', () => {
    for (const e164 of [...realNumbers, ...fc.sample(madeUpNumber, { seed, numRuns: 500 })]) {
      const number = library(e164);
      const mask = maskPhoneNumber(e164);
      const shape = /^\+(\d{1,3})(•+)(\d*)$/.exec(mask);
      if (!shape) expect(mask).toBe('••••••••');
      else {
        const [, callingCode = '', hidden = '', shown = ''] = shape;
        expect(callingCodes).toContain(callingCode);
        expect(e164.startsWith(`+${callingCode}`) && e164.endsWith(shown)).toBe(true);
        expect(shown.length).toBeLessThanOrEqual(Math.min(4, hidden.length));
        expect(1 + callingCode.length + hidden.length + shown.length).toBe(e164.length);
        if (number) expect(callingCode).toBe(number.countryCallingCode);
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (input) => {
        fc.pre(!/^\+[1-9]\d{6,14}$/.test(input));
        expect(maskPhoneNumber(input)).toBe('••••••••');
      }),
      runs,
    );
  });
});

describe('formats', () => {
  test('numbers are grouped as their country does', () => {
    expect(formatPhoneNumber('+12025550143')).toBe('+1 202 555 0143');
    expect(formatPhoneNumber('+442079460958')).toBe('+44 20 7946 0958');
    expect(formatPhoneNumber('+5491123456789')).toBe('+54 9 11 2345 6789');
    expect(formatPhoneNumber('+80012345678')).toBe('+800 1234 5678');
    for (const e164 of realNumbers) {
      const number = library(e164);
      if (number?.number === e164 && /^\+[1-9]\d{6,14}$/.test(e164))
        expect(formatPhoneNumber(e164)).toBe(number.formatInternational());
    }
  });

  test('what only looks like a number is grouped as the library does', () => {
    for (const e164 of fc.sample(madeUpNumber, { seed, numRuns: 3_000 }))
      expect(formatPhoneNumber(e164)).toBe(new PhoneNumber(e164).formatInternational());
  });

  test('what is no number comes back unchanged', () => {
    for (const input of ['', '+', 'hello', '+999123456789', '+1', '2025550143'])
      expect(formatPhoneNumber(input)).toBe(input);
  });
});

test('countries with a numbering plan are supported, nothing else is', () => {
  for (const country of getCountries()) expect(isSupportedCountry(country)).toBe(true);
  for (const country of ['', 'us', 'USA', 'XX', 'AQ', '001', '54', 'constructor', '__proto__', 'toString', 'US ']) {
    expect(isSupportedCountry(country)).toBe(false);
  }
});
