import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

const folders = globSync('{src,test,bench,docs,examples,scripts}/**', {
  withFileTypes: true,
  exclude: ['**/node_modules'],
})
  .filter((entry) => entry.isDirectory())
  .map(({ parentPath, name }) => `${parentPath}/${name}`);

test('folders are named after concepts, never after kinds', () => {
  const kinds = [
    'classes',
    'common',
    'constants',
    'core',
    'helpers',
    'interfaces',
    'lib',
    'misc',
    'shared',
    'types',
    'utils',
  ];
  expect(folders.length).toBeGreaterThan(10);
  expect(folders.filter((path) => kinds.includes(basename(path)))).toEqual([]);
});
