import { execFile, execFileSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from './programs.ts';
import { newServerFolder } from './server-folder.ts';

const run = promisify(execFile);
const copies = new Map<string, Promise<string>>();

export interface Identity {
  uid: number;
  gid: number;
}

/** As whom servers run that refuse to run as root: as `nobody` when this process is root, else as this process. */
export function unprivileged(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Makes the folder and what is in it theirs. */
export function giveTo(identity: Identity | undefined, folder: string): void {
  if (!identity) return;
  const { uid, gid } = identity;
  chownSync(folder, uid, gid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, name), uid, gid);
}

/**
 * The program when the identity can run it, else a copy that lasts as long as this process: a checkout in root's home is closed to all others.
 */
export async function openTo(identity: Identity | undefined, program: Program): Promise<Program> {
  const { command, home } = program;
  if (!identity || home === undefined) return program;
  const canRun = await run('test', ['-x', command], { cwd: '/', ...identity }).then(
    () => true,
    () => false,
  );
  if (canRun) return program;
  const copied = copies.get(home) ?? copy(identity, home);
  copies.set(home, copied);
  return { command: join(await copied, relative(home, command)), home: await copied };
}

async function copy(identity: Identity, folder: string): Promise<string> {
  const { path } = await newServerFolder();
  await cp(folder, path, { recursive: true, verbatimSymlinks: true });
  giveTo(identity, path);
  return path;
}
