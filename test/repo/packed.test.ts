import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The package as users get it: packed from `dist`, unpacked beside its runtime dependencies and nothing else. */
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
};
const modules = Object.keys(manifest.exports).filter((name) => name !== './package.json');

let app: string;
let command: string;
let files: string[];

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'phoneproof-packed-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', app]);
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error('npm packed nothing');
  files = packed.files.map(({ path }) => path);
  const installed = join(app, 'node_modules', 'phoneproof');
  command = join(installed, 'dist', 'cli', 'main.js');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', join(app, packed.filename), '-C', installed, '--strip-components=1']);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(app, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(process.cwd(), 'node_modules', name), link, 'dir');
  }
});

afterAll(() => rm(app, { recursive: true, force: true }));

test('it holds what runs, its types, its pages, its texts, its SQL and its Lua, and nothing else', () => {
  const built = globSync('src/**/*.ts', { exclude: ['src/**/ui/**'] }).map((path) =>
    path.replace(/^src/, 'dist').replace(/\.ts$/, ''),
  );
  const pages = globSync('src/**/ui/*.html').map((path) => path.replace(/^.*\//, 'dist/ui/'));
  const assets = globSync('src/**/*.{sql,lua,json}', { exclude: ['src/**/ui/**'] }).map((path) =>
    path.replace(/^src/, 'dist'),
  );
  expect(pages.length).toBeGreaterThan(0);
  expect(assets.length).toBeGreaterThan(0);
  const own = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  const expected = [...own, ...built.flatMap((path) => [`${path}.d.ts`, `${path}.js`]), ...pages, ...assets];
  expect(files.toSorted()).toEqual(expected.toSorted());
});

test.each(modules)('%s can be imported with nothing but the runtime dependencies', async (name) => {
  const specifier = name.replace(/^\./, 'phoneproof');
  const script = `const loaded = await import('${specifier}'); console.log(Object.keys(loaded).length)`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: app });
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(stderr.replaceAll(/^.*ExperimentalWarning.*\n.*--trace-warnings.*\n/gm, '')).toBe('');
});

test('its types stand on their own', async () => {
  const source = modules
    .map((name, index) => `export * as m${index} from '${name.replace(/^\./, 'phoneproof')}';`)
    .join('\n');
  await writeFile(join(app, 'app.ts'), source);
  const types = ['--types', 'node', '--typeRoots', join(process.cwd(), 'node_modules/@types')];
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', ...types];
  const faults = await run('tsc', [...options, 'app.ts'], { cwd: app }).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  expect(faults).toBe('');
});

test('importing the core loads no server', async () => {
  const script =
    "import { registerHooks } from 'node:module'; registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); console.log(found.url); return found; } }); await import('phoneproof')";
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: app });
  const packages = [...stdout.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map(([, name]) => name);
  expect(new Set(packages)).toEqual(new Set(['phoneproof', 'libphonenumber-js']));
});

test('the command tells its version and what it can do', async () => {
  const version = await run(process.execPath, [command, '--version'], { cwd: app });
  expect(version.stdout.trim()).toBe(manifest.version);
  const help = await run(process.execPath, [command, '--help'], { cwd: app });
  for (const word of ['dev', 'serve', 'inbox']) expect(help.stdout).toContain(word);
});

test('the command serves the API and the pages', async () => {
  const service = spawn(process.execPath, [command, 'dev', '--port', '0', '--log-format', 'json'], { cwd: app });
  const ended = once(service, 'exit');
  try {
    const [line] = (await once(service.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    for (const path of ['/', '/inbox', '/docs', '/openapi.json', '/livez']) {
      expect((await fetch(url + path)).status, path).toBe(200);
    }
  } finally {
    service.kill();
  }
  expect(await ended).toEqual([0, null]);
});
