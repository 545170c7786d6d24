import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ports } from './boundaries.ts';

interface Locked {
  dependencies?: Record<string, string>;
  dev?: boolean;
  hasInstallScript?: boolean;
  link?: boolean;
  optionalDependencies?: Record<string, string>;
  resolved?: string;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson('package.json') as {
  version: string;
  bin: Record<string, string>;
  exports: Record<string, string | { types: string; default: string }>;
};
const locked = Object.entries((readJson('package-lock.json') as { packages: Record<string, Locked> }).packages);

/** The source that becomes a file of `dist`. */
const sourceOf = (target: string): string => target.replace(/^(?:\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts');

test('every export is one named module, and the types beside it', () => {
  const { './package.json': own, ...modules } = manifest.exports;
  expect(own).toBe('./package.json');
  for (const [name, target] of Object.entries(modules)) {
    if (typeof target === 'string') throw new Error(`${name} names no types`);
    expect(name).not.toContain('*');
    expect(Object.keys(target)).toEqual(['types', 'default']);
    expect(target.types.replace(/\.d\.ts$/, '.js')).toBe(target.default);
    expect(existsSync(sourceOf(target.default)), `${name}: ${sourceOf(target.default)}`).toBe(true);
    const stem = `./src${name.slice(1)}`;
    const expected = ['.ts', '/index.ts'].map((end) => stem + end);
    expect(expected, name).toContain(`./${sourceOf(target.default)}`);
  }
});

test('every store and provider can be imported by its name', () => {
  const adapters = globSync(['src/{stores,providers}/*.ts', 'src/{stores,providers}/*/index.ts'])
    .filter((path) => !ports.includes(path))
    .map((path) => path.replace('src', '.').replace(/(?:\/index)?\.ts$/, ''));
  expect(adapters.length).toBeGreaterThan(2);
  for (const adapter of adapters) expect(Object.keys(manifest.exports)).toContain(adapter);
});

test('the command is a program', () => {
  for (const target of Object.values(manifest.bin)) {
    expect(readFileSync(sourceOf(target), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  }
});

test('the changelog tells of this version', () => {
  expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`\n## [${manifest.version}]`);
});

test('nothing that users install runs a script of its own', () => {
  const installed = locked.filter(([path, { dev }]) => path !== '' && !dev);
  expect(installed.length).toBeGreaterThan(8);
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

test('the lockfile holds what other platforms install', () => {
  const paths = new Set(locked.map(([path]) => path));
  const isLocked = (name: string, from: string): boolean =>
    paths.has(`${from}/node_modules/${name}`.replace(/^\//, '')) ||
    (from !== '' && isLocked(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))));
  const missing = locked.flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isLocked(name, path)),
  );
  expect(missing).toEqual([]);
});

test('the lockfile names no registry', () => {
  expect(locked.filter(([, { resolved, link }]) => resolved !== undefined && !link)).toEqual([]);
});
