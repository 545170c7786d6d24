import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { extractCode } from '../../../src/extract-code.ts';
import { brandName, openTexts, webOtpHost, type MessageOptions } from '../../../src/message.ts';
import { readAppHash, readDomainBound } from '../../../src/texts/domain-bound.ts';
import { sampleCode } from '../../../src/texts/fit.ts';
import { localeTexts } from '../../../src/texts/locales.ts';
import type { Reader, Texts } from '../../../src/texts/texts.ts';

const appHash = 'FA+9qCX9VSu';
const code = '493817';
const reader = (about: Partial<Reader> = {}): Reader => ({
  locale: undefined,
  country: null,
  tenant: 'default',
  ...about,
});
const call = (given = code, hint?: 'web' | 'android') => ({ code: given, lifetimeSeconds: 300, hint });
const segmentsOf = (text: string) => new SegmentedMessage(text).segmentsCount;

function faultsOf(options: MessageOptions): readonly string[] {
  try {
    openTexts(options);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

const brands = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('a', 'B', 'z', ' ', '&', '.', "'", '-', '4', '7', '€', '{', '}', '[', '$'),
      fc.constantFrom('é', 'ç', 'Ł', 'К', '码', 'ש', 'ह', '\u{1f511}'),
    ),
    minLength: 1,
    maxLength: 40,
  })
  .filter((brand) => {
    try {
      return brandName(brand) === brand;
    } catch {
      return false;
    }
  });
const plainBrands = fc
  .integer({ min: 1, max: 40 })
  .map((length) => 'Brand and Sons of the Whole Wide World AG'.slice(-length).trim());
const origins = fc
  .oneof(
    fc.domain(),
    fc.integer({ min: 1, max: 60 }).map((length) => `${'abcdefghij'.repeat(6).slice(-length)}.example`),
    fc.constant('login.bücher.example'),
  )
  .filter((origin) => origin.length < 100)
  .map(webOtpHost);
const cases = fc.record({
  brand: fc.option(fc.oneof(brands, plainBrands), { nil: undefined }),
  origin: fc.option(origins, { nil: undefined }),
  appHash: fc.option(fc.constant(appHash), { nil: undefined }),
  codeLength: fc.integer({ min: 4, max: 10 }),
  longTexts: fc.constantFrom('refuse', 'without_last_line'),
} as const);

describe('any brand, origin and length of code', () => {
  test('fits into one SMS in every language, or is refused with the languages and by how much', () => {
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(cases, ({ codeLength, ...options }) => {
        const faults = faultsOf({ ...options, policy: { codeLength } });
        if (faults.length > 0) {
          refused += 1;
          for (const fault of faults)
            expect(fault).toMatch(/do not fit.*by language: (?:[a-zA-Z-]+ (?:\d+|\(phones .*?\))(?:, |\.))+/);
          return;
        }
        taken += 1;
        const texts = openTexts({ ...options, policy: { codeLength } });
        const given = sampleCode(codeLength);
        for (const hint of options.appHash === undefined
          ? ([undefined, 'web'] as const)
          : ([undefined, 'web', 'android'] as const)) {
          for (const locale of localeTexts.keys()) {
            const { text, locale: used, template } = texts.text(reader({ locale }), call(given, hint));
            expect([used, template]).toEqual([locale, null]);
            expect(segmentsOf(text), text).toBe(1);
            expect(extractCode(text)).toBe(given);
            expectLastLine(text, given, hint, options);
          }
        }
      }),
      { numRuns: 40 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(0);
  });

  test('where it is refused, the language that is named does not fit, by so many characters', () => {
    fc.assert(
      fc.property(brands, origins, fc.integer({ min: 4, max: 10 }), (brand, origin, codeLength) => {
        for (const [locale, { bare }] of localeTexts) {
          const [fault] = faultsOf({ brand, origin, locales: [locale], locale, policy: { codeLength } });
          if (fault === undefined) continue;
          const given = sampleCode(codeLength);
          const shortest = `${bare.replace('{code}', given).replace('{brand}', () => brand)}\n@${origin} #${given}`;
          const over = Number(/by language: \S+ (\d+)\./.exec(fault)?.[1]);
          if (Number.isNaN(over)) expect(fault).toContain('phones would not find the code');
          else expect(segmentsOf(shortest.slice(0, shortest.length - over))).toBe(1);
          expect(segmentsOf(shortest) > 1 || fault.includes('phones would not find')).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  function expectLastLine(text: string, given: string, hint: string | undefined, options: MessageOptions): void {
    const forApp = hint === 'android' || (hint === undefined && options.origin === undefined);
    if (forApp && options.appHash !== undefined) {
      if (options.longTexts === 'refuse' || text.startsWith('<#>')) expect(readAppHash(text)).toBe(appHash);
    } else if (options.origin !== undefined) {
      if (options.longTexts === 'refuse' || text.includes('\n')) {
        expect(readDomainBound(text)).toEqual({ host: options.origin, code: given, embeddedHost: null });
      }
    } else expect(text).not.toContain('\n');
  }
});

describe('the wording', () => {
  const textIn = (locale: string, options: MessageOptions) => openTexts(options).text(reader({ locale }), call()).text;
  const only = (locale: string, options: MessageOptions) => textIn(locale, { ...options, locale, locales: [locale] });

  test('is the richest that fits', () => {
    expect(only('ru', { brand: 'Acme' })).toBe('493817 - ваш код Acme. Никому его не сообщайте.');
    expect(only('ru', { brand: 'Brandname', origin: 'example.com' })).toBe(
      '493817 код Brandname. Никому не говорите.\n@example.com #493817',
    );
    expect(only('ru', { brand: 'Brandname', origin: 'verify.accounts.example' })).toBe(
      '493817 код Brandname\n@verify.accounts.example #493817',
    );
    expect(only('es', { brand: 'Acme' })).toBe('493817 es tu código de Acme. No lo compartas.');
    expect(only('es', { brand: 'Brandname', origin: 'example.com' })).toBe(
      '493817 es tu clave de Brandname. No la compartas.\n\n@example.com #493817',
    );
  });

  test('keeps the last line rather than the warning, and loses it only where that is allowed', () => {
    const options = { brand: 'Brandname', origin: 'a-name-that-is-much-too-long.accounts.example' };
    expect(() => only('ru', options)).toThrow(ConfigurationError);
    expect(faultsOf({ ...options, locales: ['ru', 'en'] })[0]).toContain('by language: ru 5. ');
    expect(only('ru', { ...options, longTexts: 'without_last_line' })).toBe(
      '493817 - ваш код Brandname. Никому его не сообщайте.',
    );
    expect(only('en', { ...options, longTexts: 'without_last_line' })).toContain(`@${options.origin} #`);
  });

  test('without a brand is a sentence all the same', () => {
    expect(textIn('en', {})).toBe('493817 is your verification code. Never share it.');
    expect(textIn('fr', {})).toBe('493817 est votre code de vérification. Ne le partagez jamais.');
    expect(textIn('vi', { origin: 'example.com' })).toContain('493817 la ma xac minh cua ban.');
  });

  test('takes a brand as it is, whatever stands in it', () => {
    expect(textIn('en', { brand: '{code} $& {minutes}' })).toBe(
      '493817 is your {code} $& {minutes} code. Never share it.',
    );
  });

  test('never lets a brand in digits be taken for the code', () => {
    for (const locale of localeTexts.keys()) expect(extractCode(textIn(locale, { brand: '4711' }))).toBe(code);
  });
});

describe('the language', () => {
  const chosen = (texts: Texts, about: Partial<Reader>) => texts.text(reader(about), call()).locale;

  test('is that of the call, then of the country, then the default, then English', () => {
    const texts = openTexts({ locale: 'fr' });
    expect(chosen(texts, { locale: 'pt-AO', country: 'AT' })).toBe('pt');
    expect(chosen(texts, { locale: 'is', country: 'AT' })).toBe('de');
    expect(chosen(texts, { country: 'AT' })).toBe('de');
    expect(chosen(texts, { country: 'IS' })).toBe('en');
    expect(chosen(texts, { country: null })).toBe('fr');
    expect(chosen(openTexts({}), {})).toBe('en');
  });

  test('leaves the country out when told to', () => {
    const texts = openTexts({ locale: 'fr', localeByCountry: false });
    expect(chosen(texts, { country: 'AT' })).toBe('fr');
    expect(chosen(texts, { locale: 'de', country: 'US' })).toBe('de');
  });

  test('is one of those that were named', () => {
    const texts = openTexts({ locales: ['de', 'zh-Hant', 'en'] });
    expect(chosen(texts, { locale: 'fr', country: 'FR' })).toBe('en');
    expect(chosen(texts, { locale: 'zh-TW' })).toBe('zh-TW');
    expect(chosen(openTexts({ locales: ['de', 'fr'], locale: 'de-AT' }), { country: 'IS' })).toBe('de');
  });

  test('of a notice is the same, and the number stands in it', () => {
    const texts = openTexts({});
    for (const locale of localeTexts.keys()) {
      expect(texts.notice(reader({ locale, country: 'US' }), '+1 202 $& 0143')).toContain('+1 202 $& 0143');
    }
    expect(texts.notice(reader({ country: 'AT' }), '+43')).toMatch(/^Wir haben einen Code an \+43 gesendet/);
    expect(texts.testNotice(reader({ locale: 'de' }))).toMatch(/^Das ist eine Testnummer/);
  });

  test('is found for more readers than are kept', () => {
    const texts = openTexts({});
    for (let n = 0; n < 10_050; n += 1) expect(chosen(texts, { locale: `de-x-${n.toString(36)}` })).toBe('de');
  });
});

describe('the last line', () => {
  const lines = (options: MessageOptions, hint?: 'web' | 'android') => {
    const { text } = openTexts({ brand: 'Acme', ...options }).text(reader(), call(code, hint));
    return [text.startsWith('<#> '), text.split('\n').at(-1)];
  };

  test('is for browsers, or for the app where the call says so, or there is no origin', () => {
    const both = { origin: 'example.com', appHash };
    expect(lines(both)).toEqual([false, '@example.com #493817']);
    expect(lines(both, 'web')).toEqual([false, '@example.com #493817']);
    expect(lines(both, 'android')).toEqual([true, appHash]);
    expect(lines({ appHash })).toEqual([true, appHash]);
    expect(lines({ appHash }, 'web')[0]).toBe(false);
  });

  test('is for both where that is wanted, and each reads its own', () => {
    const options = { origin: 'example.com', appHash, appHashWithOrigin: true };
    for (const hint of [undefined, 'web', 'android'] as const) {
      expect(lines(options, hint)).toEqual([true, `@example.com #493817 ${appHash}`]);
    }
    const { text } = openTexts({ brand: 'Acme', ...options }).text(reader(), call());
    expect(readDomainBound(text)).toMatchObject({ host: 'example.com', code });
    expect(readAppHash(text)).toBe(appHash);
  });

  test('cannot be for an app that is not configured', () => {
    expect(openTexts({}).refusal('android')).toContain('appHash');
    expect([
      openTexts({}).refusal('web'),
      openTexts({ appHash }).refusal('android'),
      openTexts({}).refusal(undefined),
    ]).toEqual([null, null, null]);
  });
});

test('a code that is longer than those made now goes out without the last line rather than in two SMS', () => {
  const texts = openTexts({
    brand: 'Brandname',
    origin: 'a-quite-long-name.accounts.example',
    locales: ['ru'],
    locale: 'ru',
  });
  expect(texts.text(reader(), call('493817')).text).toContain('@');
  const { text } = texts.text(reader(), call('4938175260'));
  expect(segmentsOf(text)).toBe(1);
  expect(extractCode(text)).toBe('4938175260');
});

test('everything that is wrong is said at once', () => {
  const faults = faultsOf({
    appHash: 'short',
    appHashWithOrigin: true,
    locale: 'xx',
    locales: ['de', 'yy', 'is'],
    longTexts: 'split' as 'refuse',
    templates: [{ text: 'no', locale: 'en' }],
  });
  for (const word of [
    'appHash must',
    'appHashWithOrigin',
    'locale must',
    '"yy"',
    '"is"',
    'longTexts',
    'templates[0]',
  ]) {
    expect(
      faults.filter((fault) => fault.includes(word)),
      word,
    ).not.toEqual([]);
  }
  expect(faultsOf({ locales: ['de'] })).toEqual([expect.stringContaining('locale must be given')]);
});
