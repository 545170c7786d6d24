import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, test } from 'vitest';
import { extractCode } from '../../../src/extract-code.ts';
import { isGsm7 } from '../../../src/sms-length.ts';
import { localeTexts } from '../../../src/texts/locales.ts';
import { fitLanguage } from '../../../src/texts/surroundings.ts';

const entries = [...localeTexts];
const ordinary = { brand: 'Brandname', origin: 'example.com', codeLength: 6 };

test('every file of texts is loaded, under its canonical tag', () => {
  const files = globSync('src/texts/locales/*.json').map((path) => basename(path, '.json'));
  expect(entries.map(([locale]) => locale).toSorted()).toEqual(files.toSorted());
  expect(entries).toHaveLength(50);
  expect(entries.map(([locale]) => locale)).toEqual(entries.flatMap(([locale]) => Intl.getCanonicalLocales(locale)));
});

describe.each(entries)('%s', (locale, texts) => {
  const { standard, plain, compact, bare, notice, test_notice: testNotice, unbranded, unbranded_plain: other } = texts;
  const wordings = [standard, plain, compact, bare].filter((text) => text !== null);
  const languageIsPlain = isPlain(compact);

  test('has all it needs, and nothing else', () => {
    const shape = 'standard plain compact bare unbranded unbranded_plain notice test_notice reviewed'.split(' ');
    expect(Object.keys(texts).toSorted()).toEqual(shape.toSorted());
    for (const text of wordings) {
      expect(text.split('{code}')).toHaveLength(2);
      expect(text.split('{brand}')).toHaveLength(2);
      expect(text.replaceAll(/\{(?:code|brand)\}/g, '')).not.toMatch(/[{}@#\n]|\d/);
    }
    expect(notice.split('{number}')).toHaveLength(2);
    expect(testNotice).not.toMatch(/[{}]/);
    for (const text of [...wordings, notice, testNotice, unbranded]) expect(text).toBe(text.trim().normalize('NFC'));
  });

  test('is plain where it says so', () => {
    if (plain !== null) expect([isPlain(standard), isPlain(plain)]).toEqual([false, true]);
    expect(isPlain(bare)).toBe(languageIsPlain);
    if (languageIsPlain) expect(isPlain(other ?? unbranded)).toBe(true);
  });

  test.each(wordings)('phones find the code: %s', (wording) => {
    for (const [code, brand] of [
      ['493817', 'Brandname'],
      ['0042', 'Acme & Sons'],
      ['9876543210', 'Beispiel 24'],
      ['493817', unbranded],
    ] as const) {
      const text = wording.replace('{code}', code).replace('{brand}', brand);
      expect(extractCode(text)).toBe(code);
      expect(extractCode(`${text}\n\n@example.com #${code}`)).toBe(code);
      expect(extractCode(`<#> ${text}\nFA+9qCX9VSu`)).toBe(code);
    }
  });

  test('fits into one SMS with brand and origin of ordinary length, the warning included', () => {
    for (const brand of ['Brandname', null]) {
      const found = fitLanguage(locale, { ...ordinary, brand });
      if ('over' in found) throw new Error(`${found.over} too many`);
      expect(found.form).not.toBe('bare');
      expect(found.lastLine).toBe('web_otp');
      expect(new SegmentedMessage(found.render('493817', 5)).segmentsCount).toBe(1);
    }
  });
});

function isPlain(wording: string): boolean {
  return Array.from(wording.replaceAll(/[{}]/g, '')).every(isGsm7);
}
