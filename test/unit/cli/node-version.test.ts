import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tooOld } from '../../../src/cli/node-version.ts';

test.each(['22.13.0', '22.13.1', '22.20.0', '23.0.0', '24.21.0', '26.10.0'])('Node.js %s will do', (version) => {
  expect(tooOld(version)).toBeNull();
});

test.each(['18.19.0', '20.20.2', '22.9.0', '22.12.0'])('Node.js %s is too old, and people are told', (version) => {
  expect(tooOld(version)).toContain(version);
});

test('what is asked for is what the package says', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  const [least = ''] = /[\d.]+$/.exec(engines.node) ?? [];
  expect(tooOld(`${least}.0`)).toBeNull();
  expect(tooOld('20.0.0')).toContain(least);
});
