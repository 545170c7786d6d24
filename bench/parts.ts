import { globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** When the newest of some files was written; 0 if there is none. */
function newestMs(pattern: string): number {
  return Math.max(0, ...globSync(pattern, { cwd: root }).map((path) => statSync(root + path).mtimeMs));
}

/** What is measured: the build, which is what users run; the source, if the build is missing or older. */
export const measuredFrom = newestMs('dist/**/*.js') > newestMs('src/**/*.{ts,lua,sql}') ? 'dist' : 'src';

/** Imports one module of phoneproof, named by its path without an ending. */
export async function importPart<Module>(path: string): Promise<Module> {
  const file = measuredFrom === 'dist' ? `../dist/${path}.js` : `../src/${path}.ts`;
  return (await import(new URL(file, import.meta.url).href)) as Module;
}
