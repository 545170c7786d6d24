import { globSync, readFileSync } from 'node:fs';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { breaches } from './boundaries.ts';

const sources = new Map(globSync('src/**/*.{ts,tsx}').map((path) => [path, readFileSync(path, 'utf8')]));

test('every module imports only what its part may import', () => {
  expect(sources.size).toBeGreaterThan(20);
  expect(breaches(sources)).toEqual([]);
});

test('the package entry re-exports and does nothing else', () => {
  const { body } = parseSync('src/index.ts', sources.get('src/index.ts') ?? '').program;
  expect(body.length).toBeGreaterThan(5);
  for (const statement of body) {
    const type = expect.stringMatching(/^Export(?:Named|All)Declaration$/) as string;
    expect(statement).toMatchObject({ type, source: { value: expect.stringMatching(/^\.\//) as string } });
  }
});

describe('a breach is found:', () => {
  const cases: [name: string, path: string, source: string][] = [
    ['core imports an adapter', 'src/verifier.ts', "import { memoryStore } from './stores/memory.ts'"],
    ['core names a type of http', 'src/verifier.ts', "import type { App } from './http/app.ts'"],
    ['core names a type of http inside a type', 'src/verifier.ts', "type A = import('./http/app.ts').App"],
    ['core loads the server on demand', 'src/verifier.ts', "export const serve = () => import('./server/serve.ts')"],
    ['core re-exports an adapter', 'src/index.ts', "export { memoryStore } from './stores/memory.ts'"],
    ['core imports a package', 'src/verifier.ts', "import pino from 'pino'"],
    ['a second module imports libphonenumber-js', 'src/policy.ts', "import { parse } from 'libphonenumber-js/max'"],
    ['a store imports another store', 'src/stores/memory.ts', "import { open } from './sqlite/index.ts'"],
    ['a store imports a package', 'src/stores/redis/index.ts', "import { Redis } from 'ioredis'"],
    [
      'a store imports the provider port',
      'src/stores/memory.ts',
      "import type { Message } from '../providers/provider.ts'",
    ],
    ['a store runs core', 'src/stores/memory.ts', "import { generateCode } from '../code.ts'"],
    [
      'a provider imports another provider',
      'src/providers/fallback.ts',
      "import { consoleProvider } from './console.ts'",
    ],
    [
      'a provider imports the store port',
      'src/providers/console.ts',
      "import type { Store } from '../stores/store.ts'",
    ],
    ['http imports a provider', 'src/http/app.ts', "import { consoleProvider } from '../providers/console.ts'"],
    ['http imports the server', 'src/http/routes/start.ts', "import { config } from '../../server/config.ts'"],
    ['the inbox imports http', 'src/inbox/app.ts', "import { problem } from '../http/problem.ts'"],
    ['the server imports the command line', 'src/server/serve.ts', "import { main } from '../cli/main.ts'"],
    ['a page runs what its server runs', 'src/inbox/ui/page.tsx', "import { messages } from '../messages.ts'"],
    ['a server runs a page', 'src/inbox/app.ts', "import { page } from './ui/page.tsx'"],
    ['core asks for the time', 'src/verifier.ts', 'export const now = () => Date.now()'],
    ['core makes a date of now', 'src/verifier.ts', 'export const now = () => new Date()'],
    ['a store asks for chance', 'src/stores/memory.ts', 'export const n = Math.random()'],
    ['a module imports itself', 'src/verifier.ts', "import type { A } from './verifier.ts'"],
  ];
  test.each(cases)('%s', (_name, path, source) => {
    expect(breaches(new Map([[path, source]]))).toHaveLength(1);
  });

  test('three modules in a circle, by types alone', () => {
    const circle = new Map([
      ['src/a.ts', "import type { B } from './b.ts'"],
      ['src/b.ts', "export type { C } from './c.ts'"],
      ['src/c.ts', "import { type A } from './a.ts'"],
    ]);
    expect(breaches(circle)).toEqual(['a circle: src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts']);
  });

  test('an import that is not written out', () => {
    expect(() => breaches(new Map([['src/http/app.ts', 'await import(name)']]))).toThrow('not written out');
  });
});

test('what is allowed is not a breach', () => {
  const allowed = new Map([
    ['src/phone-number.ts', "import { parse } from 'libphonenumber-js/max'"],
    ['src/verifier.ts', "import type { Store } from './stores/store.ts'; import { randomInt } from 'node:crypto'"],
    ['src/stores/sqlite/index.ts', "import { begin } from '../record.ts'; import { open } from './connection.ts'"],
    ['src/stores/memory.ts', "import { StoreError } from '../errors.ts'; const clock = Date.now; new Date(5)"],
    ['src/providers/console.ts', "import type { Provider } from './provider.ts'"],
    ['src/http/app.ts', "import { Hono } from 'hono'; import type { Verifier } from '../verifier.ts'"],
    ['src/inbox/provider.ts', "import type { Provider } from '../providers/provider.ts'"],
    ['src/inbox/ui/page.tsx', "import { render } from 'preact'; import type { InboxMessage } from '../messages.ts'"],
    ['src/cli/main.ts', "import { serve } from '../server/serve.ts'"],
  ]);
  expect(breaches(allowed)).toEqual([]);
});
