import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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

/** A command that runs in a process of its own. */
export interface RunningCommand {
  /** Everything written so far. */
  output(): { stdout: string; stderr: string };
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): void;
  /** Resolves with the exit code when the process has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** One that is a service. */
export interface RunningService extends RunningCommand {
  readonly url: string;
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

/** Starts a command that goes on. */
export function startCommand(args: readonly string[], given: Given): RunningCommand {
  const { child, output } = start(args, given);
  const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  return { output, ended, signal: (name) => void child.kill(name) };
}

/** Starts a command that listens, and resolves when it says where. */
export async function startService(args: readonly string[], given: Given): Promise<RunningService> {
  const command = startCommand([...args, '--port', String(given.port ?? 0)], given);
  const url = await said(command, /(?:"url":"|Demo {4}|url=|"inbox":"|inbox=)(http:\/\/[^/"\s]+)["/\s]/);
  return { url, ...command };
}

/** Resolves with what the expression's group finds in the standard output, as soon as it is there; rejects when the command ends before. */
export async function said({ output, ended }: RunningCommand, expression: RegExp): Promise<string> {
  let over: string | null = null;
  void ended.then((exitCode) => (over = `ended with ${exitCode}: ${output().stdout}${output().stderr}`));
  for (;;) {
    const found = expression.exec(output().stdout)?.[1];
    if (found !== undefined) return found;
    if (over !== null) throw new Error(over);
    await setTimeout(20);
  }
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
