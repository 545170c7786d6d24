import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this machine can fetch packages of Debian or of a system that descends from it. */
export const hasDebianPackages = existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg');

/**
 * Fetches packages and unpacks them into a folder, with package lists of its own: the system's stay as they are, and a fresh machine may have
 * none. Needs no root.
 */
export async function fetchDebianPackages(
  folder: string,
  packages: readonly string[],
  { backports = false }: { backports?: boolean } = {},
): Promise<void> {
  await withPackageLists(folder, backports, (apt) => apt.fetch(packages));
}

/**
 * Fetches packages, and of the libraries that they depend on those that the system lacks, until the program in them finds all of its own.
 * Rejects when it does not.
 */
export async function fetchDebianProgram(
  folder: string,
  packages: readonly string[],
  program: string,
  options: { backports?: boolean } = {},
): Promise<void> {
  await withPackageLists(folder, options.backports ?? false, async (apt) => {
    const fetched = new Set(packages);
    let latest: readonly string[] = packages;
    await apt.fetch(packages);
    for (let depth = 0; (await missingLibraries(folder, program)).length > 0 && depth < 3; depth += 1) {
      latest = (await apt.librariesOf(latest)).filter((name) => !fetched.has(name));
      if (latest.length === 0) break;
      await apt.fetch(latest);
      for (const name of latest) fetched.add(name);
    }
  });
  const missing = await missingLibraries(folder, program);
  if (missing.length > 0) throw new Error(`${program} lacks ${missing.join(', ')}`);
}

/** What a program that was unpacked into the folder needs on top of the environment. */
export async function libraryPath(folder: string): Promise<{ LD_LIBRARY_PATH: string }> {
  const found: string[] = [];
  for (const base of [join(folder, 'usr/lib'), join(folder, 'lib')]) {
    const names = await readdir(base).catch(() => []);
    for (const name of names.filter((each) => each.includes('-linux-'))) found.push(join(base, name));
  }
  found.push(...found.map((path) => join(path, 'nss')));
  return { LD_LIBRARY_PATH: [...found, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter) };
}

/** The libraries that a program asks for and finds neither in the folder nor in the system. */
export async function missingLibraries(folder: string, program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program], { env: { ...process.env, ...(await libraryPath(folder)) } });
  return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, library]) => library ?? '');
}

interface Apt {
  fetch(packages: readonly string[]): Promise<void>;
  librariesOf(packages: readonly string[]): Promise<string[]>;
}

async function withPackageLists(folder: string, backports: boolean, use: (apt: Apt) => Promise<void>): Promise<void> {
  const home = join(folder, 'apt');
  await mkdir(join(home, 'lists/partial'), { recursive: true });
  await mkdir(join(home, 'cache/archives/partial'), { recursive: true });
  const settings = [
    `Dir::State::Lists=${join(home, 'lists')}`,
    `Dir::Cache=${join(home, 'cache')}`,
    // Run by root, apt would fetch as a user who may not write here.
    'APT::Sandbox::User=root',
    ...(backports ? await sourcesWithBackports(join(home, 'sources')) : []),
  ].flatMap((setting) => ['-o', setting]);
  const limits = { cwd: home, timeout: 180_000, env: { ...process.env, LC_ALL: 'C' } };

  // One source of several that does not answer does no harm when the packages are found in the others.
  const complaint = await run('apt-get', [...settings, 'update'], limits).then(({ stderr }) => stderr, messageOf);
  await use({
    async fetch(packages) {
      try {
        await run('apt-get', [...settings, 'download', ...packages], limits);
      } catch (cause) {
        const reasons = [complaint, messageOf(cause)].map((text) => text.trim().split('\n').at(-1));
        throw new Error(`apt-get cannot fetch ${packages.join(', ')} (${reasons.filter(Boolean).join('; ')})`, {
          cause,
        });
      }
      for (const file of (await readdir(home)).filter((name) => name.endsWith('.deb'))) {
        await run('dpkg', ['-x', join(home, file), folder]);
        await rm(join(home, file));
      }
    },
    async librariesOf(packages) {
      const { stdout } = await run('apt-cache', [...settings, 'depends', '--important', ...packages], limits);
      const names = [...stdout.matchAll(/^\s*Depends: (lib[^\s<>]+)$/gm)].map(([, name]) => name ?? '');
      // The C library is the system's own: its loader takes no other.
      return [...new Set(names)].filter((name) => !name.startsWith('libc6'));
    },
  });
  await rm(home, { recursive: true });
}

/** The system's sources with Debian's backports, unless they are among them or this is no Debian. */
async function sourcesWithBackports(folder: string): Promise<string[]> {
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const { stdout } = await run('apt-get', ['indextargets', ...format]);
  const main = /^(\S+\/debian\/?) ([a-z]+) main$/m.exec(stdout);
  if (!main || stdout.includes(`${main[2]}-backports`)) return [];
  await mkdir(folder);
  for (const part of ['/etc/apt/sources.list.d', '/etc/apt/sources.list'].filter((path) => existsSync(path))) {
    await cp(part, part.endsWith('.d') ? folder : join(folder, 'system.list'), { recursive: true });
  }
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  await writeFile(join(folder, 'backports.list'), `deb ${signed}${main[1]} ${main[2]}-backports main\n`);
  return [`Dir::Etc::SourceParts=${folder}`, 'Dir::Etc::SourceList=/dev/null'];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
