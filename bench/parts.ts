import { globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** When the newest of some files was written; 0 if there is none. */
function newestMs(pattern: string): number {
  return Math.max(0, ...globSync(pattern, { cwd: root }).map((path) => statSync(root + path).mtimeMs));
}

const builtAtMs = newestMs('dist/server/*.js');

/** What is measured: the build, which is what users run, or the source where there is none. */
export const measuredFrom = builtAtMs > 0 ? 'dist' : 'src';

/** Whether the build is older than the source, so that it may be another program. */
export const buildIsStale = builtAtMs > 0 && builtAtMs < newestMs('src/{*,http/**/*,server/*,stores/**/*}.ts');

/** Imports one module of phoneproof, named by its path without an ending. */
export async function importPart<Module>(path: string): Promise<Module> {
  const file = measuredFrom === 'dist' ? `../dist/${path}.js` : `../src/${path}.ts`;
  return (await import(new URL(file, import.meta.url).href)) as Module;
}
