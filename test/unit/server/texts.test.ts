import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { inspectLocal, inspectServe } from '../../../src/server/config/safety.ts';
import { textFaults, textsOf } from '../../../src/server/texts.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoneproof-texts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const template = { locale: 'en', text: '{code} is your {brand} code.' };

test('texts of your own are read from a file', () => {
  const texts = file({ templates: [template] });
  expect(textsOf({ texts }).templates).toEqual([template]);
  expect(textFaults({ texts, brand: 'Acme' })).toEqual([]);
});

test.each([
  ['that is not there', join(folder, 'none.json'), /cannot be read \(ENOENT\)/],
  ['that is not JSON', file('{'), /not JSON/],
  ['that is a list', file([template]), /list of templates/],
  ['that is null', file('null'), /list of templates/],
  ['with something else in it', file({ templates: [], others: [] }), /nothing else/],
  [
    'with a fault',
    file({ templates: [{ ...template, text: '{code}' }] }),
    /PHONEPROOF_TEXTS: templates\[0\] \(en\) names no brand/,
  ],
])('a file %s is a fault', (_, texts, fault) => {
  expect(textFaults({ texts, brand: 'Acme' })).toEqual([expect.stringMatching(fault)]);
});

test('faults are told in the names of the options, by serve and dev alike', () => {
  const settings = {
    brand: 'Brandname',
    origin: 'an-origin-that-is-much-too-long-for-it.accounts.example',
    locales: ['de', 'ru'],
    locale: 'xx',
    appHashWithOrigin: true,
  };
  const faults = textFaults(settings);
  expect(faults).toEqual([
    'PHONEPROOF_APP_HASH_WITH_ORIGIN needs both, PHONEPROOF_APP_HASH and PHONEPROOF_ORIGIN.',
    expect.stringMatching(/^PHONEPROOF_LOCALE must be .* among PHONEPROOF_LOCALES\.$/),
  ]);
  const tooLong = textFaults({ ...settings, locale: 'ru', appHashWithOrigin: false });
  expect(tooLong).toEqual([
    expect.stringMatching(/ru \d+\. .*\(PHONEPROOF_LOCALES\).*\(PHONEPROOF_LONG_TEXTS=without_last_line\)\.$/),
  ]);
  expect(inspectServe(settings)).toEqual(expect.arrayContaining(faults));
  expect(inspectLocal(settings, {})).toEqual(expect.arrayContaining(faults));
});

test('a fault of the policy is not told as one of texts', () => {
  expect(textFaults({ policy: { codeLength: 99 } })).toEqual([]);
});
