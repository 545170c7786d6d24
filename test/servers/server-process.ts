import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { libraryPath } from '../debian-packages.ts';
import { childrenOf, send, stateOf } from './process-tree.ts';
import type { Program } from './programs.ts';
import type { ServerFolder } from './server-folder.ts';

/** A server of a test's own. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** The ids of the processes that it runs in now: none when it is down. */
  processIds(): number[];
  /** Ends it in order and removes what it wrote. May be called again. */
  stop(): Promise<void>;
  /** Ends all of its processes at once (SIGKILL). What it wrote stays, and so does its port, for `restart`. */
  kill(): Promise<void>;
  /** Halts all of its processes (SIGSTOP): it takes connections and does not answer. */
  pause(): Promise<void>;
  /** Lets it go on after `pause`. */
  resume(): void;
  /** Starts it on the same port with the same data, after ending it in order when it runs. */
  restart(): Promise<void>;
}

export type ServerProcess = Pick<Server, 'processIds' | 'kill' | 'pause' | 'resume' | 'restart'> & {
  /** Ends it in order, if it runs. */
  end(): Promise<void>;
};

export interface ServerSpec {
  name: string;
  program: Program;
  args: readonly string[];
  folder: ServerFolder;
  /** Where it runs and writes. */
  home: string;
  /** What it writes when it listens and answers. */
  ready: RegExp;
  /** Asks it to end in order. */
  endSignal: NodeJS.Signals;
  /** As whom it runs, when not as this process. */
  identity?: { uid: number; gid: number } | undefined;
}

/** Thrown when a server finds that its port was taken in the meantime. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

const startMs = 30_000;
const endMs = 10_000;

/** Starts a server and resolves when it answers. Rejects with the end of its log when it ends before that. */
export async function startProcess(spec: ServerSpec): Promise<ServerProcess> {
  let running = await launch(spec);

  const end = async (): Promise<void> => {
    if (running.hasEnded()) return;
    resume();
    running.signal(spec.endSignal);
    await until(() => running.hasEnded(), endMs);
    await kill();
  };
  /** Halts it, and then what it has started: it starts no more while they are looked for. */
  const pause = async (): Promise<void> => {
    running.signal('SIGSTOP');
    await until(() => running.hasEnded() || stateOf(running.id) !== 'running');
    const ids = running.processIds();
    for (const id of ids) send(id, 'SIGSTOP');
    await until(() => ids.every((id) => stateOf(id) !== 'running'));
  };
  const kill = async (): Promise<void> => {
    if (running.hasEnded()) return;
    await pause();
    const ids = running.processIds();
    for (const id of ids) send(id, 'SIGKILL');
    await until(() => running.hasEnded() && ids.every((id) => stateOf(id) === 'gone'));
  };
  const resume = (): void => {
    for (const id of running.processIds()) send(id, 'SIGCONT');
  };

  return {
    processIds: () => running.processIds(),
    end,
    kill,
    pause,
    resume,
    async restart() {
      await end();
      running = await launch(spec);
    },
  };
}

interface RunningProcess {
  id: number;
  processIds(): number[];
  hasEnded(): boolean;
  signal(name: NodeJS.Signals): void;
}

async function launch({ name, program, args, folder, home, ready, identity }: ServerSpec): Promise<RunningProcess> {
  const libraries = program.home === undefined ? {} : await libraryPath(program.home);
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'w');
  const child = spawn(program.command, args, {
    cwd: home,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', ...libraries },
    // A group of its own, so that Ctrl-C in a terminal does not reach it before the tests have ended.
    detached: true,
    stdio: ['ignore', log, log],
    ...identity,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw (await once(child, 'error'))[0];
  folder.note(pid);
  child.unref();

  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
    folder.forget(pid);
  });

  const deadline = performance.now() + startMs;
  for (;;) {
    const written = readFileSync(logFile, 'utf8');
    if (ready.test(written)) break;
    if (hasEnded && /address already in use/i.test(written)) throw new PortTaken(`${name}: ${written}`);
    if (hasEnded) throw new Error(`${name} ended instead of starting (${program.command}): ${written.slice(-2_000)}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      await until(() => hasEnded);
      throw new Error(`${name} does not answer after ${startMs} ms: ${written.slice(-2_000)}`);
    }
    await delay(10);
  }
  return {
    id: pid,
    hasEnded: () => hasEnded,
    processIds: () => (hasEnded ? [] : [pid, ...childrenOf(pid)].filter((id) => stateOf(id) !== 'gone')),
    signal: (signal) => void child.kill(signal),
  };
}

async function until(isSo: () => boolean, atMostMs = Infinity): Promise<void> {
  const deadline = performance.now() + atMostMs;
  while (!isSo() && performance.now() < deadline) await delay(2);
}
