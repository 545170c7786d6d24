import { expect, test } from 'vitest';
import { extractCode } from '../../../src/extract-code.ts';
import { lintText } from '../../../src/inbox/lint.ts';
import { previewTexts, type PreviewOptions } from '../../../src/texts/preview.ts';
import { allLocales } from '../../../src/texts/texts.ts';

const appHash = 'FA+9qCX9VSu';

test.each<[string, Partial<PreviewOptions>]>([
  ['browsers', {}],
  ['an app', { appHash, hint: 'android' }],
  ['both', { appHash, appHashWithOrigin: true }],
  ['people alone', { origin: null }],
])('the inbox finds nothing wrong with any text for %s', (_, options) => {
  const previews = previewTexts(allLocales.values(), {
    brand: 'Brandname',
    origin: 'example.com',
    codeLength: 6,
    ...options,
  });
  for (const { locale, sent } of previews) {
    if (!sent) throw new Error(`${locale} does not fit`);
    const wrong = lintText(sent.text, extractCode(sent.text)).filter(({ ok }) => !ok);
    expect(wrong, locale).toEqual([]);
  }
});
