import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../.cache', import.meta.url));
/** Longer than any filling takes. */
const lockLastsMs = 600_000;

/**
 * Where `.cache/<name>` is, filled by the first caller of any process while the others wait. The folder appears complete or not at all, since
 * it is filled under another name: the lock only spares work, so that breaking one that was left behind does no harm, even when two processes
 * do so at once.
 */
export async function filledOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const home = join(cache, name);
  const lock = `${home}.lock`;
  await mkdir(cache, { recursive: true });
  while (!existsSync(home)) {
    if (!(await take(lock))) {
      if (await isLeftBehind(lock)) await rm(lock, { force: true });
      await delay(200);
      continue;
    }
    const staging = await mkdtemp(`${home}-`);
    try {
      await chmod(staging, 0o755);
      await fill(staging);
      await rename(staging, home).catch((error: unknown) => {
        if (!existsSync(home)) throw error;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
      await rm(lock, { force: true });
    }
  }
  return home;
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

async function isLeftBehind(lock: string): Promise<boolean> {
  const [holder, age] = await Promise.all([
    readFile(lock, 'utf8').then(Number, () => 0),
    stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    ),
  ]);
  return age > lockLastsMs || (holder > 0 && !isRunning(holder));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
