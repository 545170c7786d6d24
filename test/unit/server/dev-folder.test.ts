import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { createKeyring } from '../../../src/keyring.ts';
import { prepareDevFolder } from '../../../src/server/dev-folder.ts';

const parent = mkdtempSync(join(tmpdir(), 'phoneproof-dev-'));
afterAll(() => rmSync(parent, { recursive: true }));
const newCwd = (): string => mkdtempSync(join(parent, 'cwd-'));

test('the folder is for this user alone and ignored by git, and so is its secret', () => {
  const cwd = newCwd();
  prepareDevFolder(cwd);
  const mode = (path: string): number => statSync(join(cwd, '.phoneproof', path)).mode & 0o777;
  expect({ folder: mode('.'), secret: mode('secret') }).toEqual({ folder: 0o700, secret: 0o600 });
  expect(readFileSync(join(cwd, '.phoneproof/.gitignore'), 'utf8')).toBe('*\n');
  expect(readdirSync(join(cwd, '.phoneproof')).toSorted()).toEqual(['.gitignore', 'secret']);
});

test('the secret is a good one, made once for each folder', () => {
  const cwd = newCwd();
  const secret = prepareDevFolder(cwd);
  expect(() => createKeyring({ secret })).not.toThrow();
  expect(prepareDevFolder(cwd)).toBe(secret);
  expect(prepareDevFolder(newCwd())).not.toBe(secret);
});

test('what a user has put there stays, if it is good', () => {
  const cwd = newCwd();
  const file = join(cwd, '.phoneproof/secret');
  const other = prepareDevFolder(newCwd());
  prepareDevFolder(cwd);
  writeFileSync(file, ` ${other} \n`);
  expect(prepareDevFolder(cwd)).toBe(other);
  writeFileSync(file, 'mine');
  expect(() => prepareDevFolder(cwd)).toThrow(ConfigurationError);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test('a folder that cannot be written to is said plainly', () => {
  const cwd = newCwd();
  writeFileSync(join(cwd, '.phoneproof'), '');
  expect(() => prepareDevFolder(cwd)).toThrow(ConfigurationError);
});
