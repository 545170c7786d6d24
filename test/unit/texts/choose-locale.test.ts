import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localeOfCountry, localeSet, lookUp } from '../../../src/texts/choose-locale.ts';
import { allLocales } from '../../../src/texts/texts.ts';

test.each([
  ['en', 'en'],
  ['en-GB', 'en'],
  ['EN_us', 'en'],
  ['de-AT', 'de'],
  ['de-Latn-DE-1996', 'de'],
  ['pt', 'pt'],
  ['pt-AO', 'pt'],
  ['pt-PT', 'pt'],
  ['pt-BR', 'pt-BR'],
  ['pt-br', 'pt-BR'],
  ['pt-Latn-BR', 'pt-BR'],
  ['es-419', 'es'],
  ['zh', 'zh-CN'],
  ['zh-SG', 'zh-CN'],
  ['zh-Hans-HK', 'zh-CN'],
  ['zh-Hant', 'zh-TW'],
  ['zh-Hant-HK', 'zh-HK'],
  ['zh-HK', 'zh-HK'],
  ['zh-MO', 'zh-HK'],
  ['zh-TW', 'zh-TW'],
  ['zh-Hant-US', 'zh-TW'],
  ['cmn', 'zh-CN'],
  ['yue', 'zh-HK'],
  ['sr-Latn', 'sr'],
  ['sr-Cyrl-RS', 'sr'],
  ['sh', 'sr'],
  ['no', 'nb'],
  ['nn-NO', 'nb'],
  ['nb', 'nb'],
  ['tl', 'fil'],
  ['in', 'id'],
  ['iw-IL', 'he'],
  ['mo', 'ro'],
  ['arb', 'ar'],
  ['de-u-co-phonebk', 'de'],
  ['de-12', 'de'],
  ['is', null],
  ['xx-YY', null],
  ['constructor', null],
  ['', null],
  ['??', null],
])('%s is read as %s', (tag, locale) => {
  expect(lookUp(tag, allLocales)).toBe(locale);
});

test('nothing that anyone gives for a tag is an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}$/)), (tag) => {
      const found = lookUp(tag, allLocales);
      expect(found === null || allLocales.get(found.toLowerCase()) === found).toBe(true);
    }),
  );
});

test('a tag is looked for among those there are, never above them', () => {
  const some = localeSet(['pt-BR', 'zh-Hant']);
  expect(lookUp('pt', some)).toBeNull();
  expect(lookUp('zh-Hant-HK', some)).toBe('zh-Hant');
  expect(lookUp('zh-HK', some)).toBeNull();
});

test.each([
  ['AT', 'de'],
  ['BR', 'pt-BR'],
  ['AO', 'pt'],
  ['MX', 'es'],
  ['HK', 'zh-HK'],
  ['MO', 'zh-HK'],
  ['TW', 'zh-TW'],
  ['CN', 'zh-CN'],
  ['SG', 'en'],
  ['RS', 'sr'],
  ['NO', 'nb'],
  ['IL', 'he'],
  ['US', 'en'],
  // No texts in its language.
  ['IS', 'en'],
  ['AM', 'en'],
  // Of several languages, or served in English.
  ['CH', 'en'],
  ['IN', 'en'],
  ['PH', 'en'],
  // No country that CLDR knows.
  ['ZZ', 'en'],
])('in %s people are likely to read %s', (country, locale) => {
  expect(localeOfCountry(country, allLocales)).toBe(locale);
});

test('where English is not among the languages, a country whose language is not either chooses none', () => {
  expect(localeOfCountry('IS', localeSet(['de', 'fr']))).toBeNull();
  expect(localeOfCountry('AT', localeSet(['de', 'fr']))).toBe('de');
});
