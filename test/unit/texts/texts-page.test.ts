import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textsPage } from '../../../scripts/texts-page.ts';

test('docs/texts.md shows the texts as they are: run scripts/write-texts-docs.ts', () => {
  expect(readFileSync('docs/texts.md', 'utf8')).toBe(textsPage());
});
