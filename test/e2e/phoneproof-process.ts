import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Given {
  cwd: string;
  /** Nothing of this process's environment but PATH gets in. */
  env?: Readonly<Record<string, string>>;
  /** Where a service listens; unset: on any port that is free. */
  port?: number;
}

/** What a finished command came to. */
export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A service that runs in a process of its own. */
export interface RunningService {
  readonly url: string;
  /** Everything written so far. */
  output(): { stdout: string; stderr: string };
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
  /** Resolves with the exit code when the process has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

/** Makes an empty directory that `cleanUp` removes. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phoneproof-e2e-'));
  folders.push(folder);
  return folder;
}

/** Ends what still runs and removes the directories. */
export async function cleanUp(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Runs a command to its end. `program`: what Node runs in place of the command line. */
export async function run(args: readonly string[], given: Given, program = [main]): Promise<Outcome> {
  const { child, output } = start(args, given, program);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...output() };
}

/** Starts a command that listens, and resolves when it says where. */
export async function startService(args: readonly string[], given: Given): Promise<RunningService> {
  const { child, output } = start([...args, '--port', String(given.port ?? 0)], given);
  const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /(?:"url":"|Demo {4}|url=|"inbox":"|inbox=)(http:\/\/[^/"\s]+)["/\s]/.exec(output().stdout);
      if (found?.[1]) resolve(found[1]);
    };
    child.stdout?.on('data', look);
    void ended.then((exitCode) => reject(new Error(`ended with ${exitCode}: ${output().stdout}${output().stderr}`)));
  });
  return { url, output, ended, signal: (name) => void child.kill(name) };
}

function start(args: readonly string[], { cwd, env = {} }: Given, program = [main]) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [...program, ...args], {
    cwd,
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { child, output: () => ({ stdout, stderr }) };
}
