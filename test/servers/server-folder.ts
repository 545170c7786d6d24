import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder for servers. When this process ends, even by SIGKILL, the servers noted in it end and it is removed. */
export interface ServerFolder {
  readonly path: string;
  /** Has the process, and those it started, end with this one. */
  note(pid: number): void;
  forget(pid: number): void;
  /** To be called when its servers have ended. May be called again. */
  remove(): Promise<void>;
}

/** Waits for a line (all is well) or for the end of its input (the process at the other end is gone). */
const guard = `
read -r farewell && exit
for note in "$1"/*.pid; do
  [ -e "$note" ] || continue
  pid=$(basename "$note" .pid)
  kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null || pgrep -P "$pid") 2>/dev/null
done
until rm -rf -- "$1" 2>/dev/null; do sleep 0.1; done
`;

export async function newServerFolder(): Promise<ServerFolder> {
  const path = await mkdtemp(join(tmpdir(), 'phoneproof-servers-'));
  // Detached, so that Ctrl-C in a terminal does not reach it.
  const watch = spawn('sh', ['-c', guard, 'guard', path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  await once(watch, 'spawn');
  const left = once(watch, 'exit');
  watch.unref();
  (watch.stdin as unknown as { unref(): void }).unref();

  let removed: Promise<void> | undefined;
  const note = (pid: number): string => join(path, `${pid}.pid`);
  return {
    path,
    note: (pid) => writeFileSync(note(pid), ''),
    forget: (pid) => rmSync(note(pid), { force: true }),
    remove: () =>
      (removed ??= (async () => {
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
        watch.ref();
        watch.stdin.end('farewell\n');
        await left;
      })()),
  };
}
