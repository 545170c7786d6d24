import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

const run = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));
const cache = join(project, '.cache');
const advice =
  'Install Chromium or Chrome (Debian: apt-get install chromium; macOS: brew install --cask chromium) or name one by CHROMIUM_PATH.';

/** What Debian calls the packages of the libraries that the unpacked Chromium asks for. */
const libraryPackages: Record<string, string> = {
  'libnspr4.so': 'libnspr4',
  'libplc4.so': 'libnspr4',
  'libplds4.so': 'libnspr4',
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libsmime3.so': 'libnss3',
  'libexpat.so.1': 'libexpat1',
  'libgcc_s.so.1': 'libgcc-s1',
};

/** Latin, Greek, Cyrillic, Arabic and monospace; Chinese, Japanese and Korean; Indic scripts and Thai. Together 4 MB to fetch. */
const fontPackages = ['fonts-dejavu-core', 'fonts-wqy-microhei', 'fonts-noto-ui-core'];

interface Installation {
  executablePath: string;
  /** What the browser needs on top of this process's environment. */
  env: Record<string, string>;
}

/**
 * Starts a headless Chromium for a test: the one that CHROMIUM_PATH names, else one that is installed, else (Linux x64) the one inside the
 * npm package `@sparticuz/chromium`, unpacked with the libraries and fonts it lacks into `.cache/`, which takes some seconds once. Changes
 * nothing outside the project and needs no root. Any number of processes may call it at once. Rejects, saying what to do, when there is none.
 * The caller closes it.
 */
export async function launchBrowser(extraArguments: readonly string[] = []): Promise<Browser> {
  const { executablePath, env } = installed() ?? (await unpacked());
  return chromium.launch({
    executablePath,
    env: { ...definedEnvironment(), ...env },
    args: ['--no-sandbox', '--disable-background-networking', '--font-render-hinting=none', ...extraArguments],
  });
}

function installed(): Installation | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist. ${advice}`);
    return { executablePath: named, env: {} };
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const executablePath = [
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => existsSync(path));
  return executablePath === undefined ? undefined : { executablePath, env: {} };
}

async function unpacked(): Promise<Installation> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`No Chromium found. ${advice}`);
  const { version } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.resolve('@sparticuz/chromium')), 'utf8'),
  ) as { version: string };
  const home = join(cache, `chromium-${version}`);
  if (!existsSync(home)) await fillOnce(home);
  return installation(home);
}

function installation(home: string): Installation {
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => {
    const path = join(home, 'debian', folder, 'x86_64-linux-gnu');
    return [path, join(path, 'nss')];
  });
  return {
    executablePath: join(home, 'chromium'),
    env: {
      LD_LIBRARY_PATH: [...libraries, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
      XDG_CACHE_HOME: home,
    },
  };
}

/**
 * Has one process fill the folder while the others wait. The folder appears complete or not at all, since it is filled under another name: the
 * lock only spares work, so that breaking one that was left behind does no harm, even when two processes do so at once.
 */
async function fillOnce(home: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const lock = `${home}.lock`;
  while (!existsSync(home)) {
    if (!(await take(lock))) {
      const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
      if (holder > 0 && !isRunning(holder)) await rm(lock, { force: true });
      await delay(200);
      continue;
    }
    const staging = await mkdtemp(`${home}-`);
    try {
      await fill(staging);
      await rename(staging, home).catch((error: unknown) => {
        if (!existsSync(home)) throw error;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
      await rm(lock, { force: true });
    }
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function fill(home: string): Promise<void> {
  // The package unpacks into the folder for temporary files, under fixed names and unguarded against a second process: it gets a folder of its own.
  const unpack = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;
  await run(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: project,
    env: { ...process.env, TMPDIR: home },
  });
  await writeFile(join(home, 'fonts.conf'), fontsConf);
  const missing = await missingLibraries(home);
  const packages = new Set(missing.map((library) => libraryPackages[library] ?? library));
  if (existsSync('/usr/bin/apt-get')) await fetchDebianPackages(home, [...packages, ...fontPackages]);
  const stillMissing = await missingLibraries(home);
  if (stillMissing.length > 0) throw new Error(`Chromium lacks ${stillMissing.join(', ')} on this machine. ${advice}`);
}

async function missingLibraries(home: string): Promise<string[]> {
  const { executablePath, env } = installation(home);
  const { stdout } = await run('ldd', [executablePath], { env: { ...process.env, ...env } });
  return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, library]) => library ?? '');
}

/** Fetches and unpacks packages into `debian/`, with package lists of its own: the system's stay as they are, and a fresh machine may have none. */
async function fetchDebianPackages(home: string, packages: string[]): Promise<void> {
  const apt = join(home, 'apt');
  await mkdir(join(apt, 'lists/partial'), { recursive: true });
  await mkdir(join(apt, 'cache/archives/partial'), { recursive: true });
  const options = [
    ['Dir::State::Lists', join(apt, 'lists')],
    ['Dir::Cache', join(apt, 'cache')],
    // Run by root, apt would fetch as a user who may not write here.
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const limits = { cwd: apt, timeout: 180_000 };
  try {
    await run('apt-get', [...options, 'update'], limits);
    await run('apt-get', [...options, 'download', ...packages], limits);
  } catch (cause) {
    throw new Error(`Could not fetch ${packages.join(', ')} for Chromium. ${advice}`, { cause });
  }
  for (const file of await readdir(apt)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', join(apt, file), join(home, 'debian')]);
  }
  await rm(apt, { recursive: true });
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Only fonts that come along, so that a page looks the same on every machine. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts/fonts</dir>
  <dir prefix="relative">debian/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias binding="same"><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
