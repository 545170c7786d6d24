import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { filledOnce } from './cache.ts';
import { fetchDebianPackages, hasDebianPackages, libraryPath, missingLibraries } from './debian-packages.ts';

const run = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));
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

/** A Chromium that is there. */
export interface Installation {
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
  const { executablePath, env } = await findChromium();
  return chromium.launch({
    executablePath,
    env: { ...definedEnvironment(), ...env },
    args: ['--no-sandbox', '--disable-background-networking', '--font-render-hinting=none', ...extraArguments],
  });
}

/** The Chromium that `launchBrowser` starts, for programs that start one themselves. */
export async function findChromium(): Promise<Installation> {
  return installed() ?? unpacked();
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
  return installation(await filledOnce(`chromium-${version}`, fill));
}

async function installation(home: string): Promise<Installation> {
  return {
    executablePath: join(home, 'chromium'),
    env: {
      ...(await libraryPath(join(home, 'debian'))),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
      XDG_CACHE_HOME: home,
    },
  };
}

async function fill(home: string): Promise<void> {
  // The package unpacks into the folder for temporary files, under fixed names and unguarded against a second process: it gets a folder of its own.
  const unpack = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;
  await run(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: project,
    env: { ...process.env, TMPDIR: home },
  });
  await writeFile(join(home, 'fonts.conf'), fontsConf);
  const debian = join(home, 'debian');
  const missing = (): Promise<string[]> => missingLibraries(debian, join(home, 'chromium'));
  const packages = new Set((await missing()).map((library) => libraryPackages[library] ?? library));
  try {
    if (hasDebianPackages) await fetchDebianPackages(debian, [...packages, ...fontPackages]);
  } catch (cause) {
    throw new Error(`Could not fetch the libraries and fonts of Chromium. ${advice}`, { cause });
  }
  const stillMissing = await missing();
  if (stillMissing.length > 0) throw new Error(`Chromium lacks ${stillMissing.join(', ')} on this machine. ${advice}`);
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
