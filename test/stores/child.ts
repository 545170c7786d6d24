import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A program that runs in a process of its own. */
export interface Child {
  /** Says a line to it. */
  tell(line: string): void;
  /** The next line that it says. Rejects when it ends before. */
  hear(): Promise<string>;
  /** Ends it at once, as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits until it ends by itself. Rejects with what it wrote to stderr unless it ended well. */
  ended(): Promise<void>;
}

/** Starts a program, by its path from this folder. It goes with the test at the latest. */
export function startChild(program: string, args: readonly string[], options: { shell?: string } = {}): Child {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const command = [process.execPath, file, ...args];
  const child: ChildProcessWithoutNullStreams = options.shell
    ? spawn('sh', ['-c', `${options.shell}; exec "$0" "$@"`, ...command])
    : spawn(command[0] as string, command.slice(1));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  return {
    tell: (line) => void child.stdin.write(`${line}\n`),
    async hear() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`The child has ended: ${complaints}`);
      return value;
    },
    kill,
    async ended() {
      const [status] = await exit;
      if (status !== 0) throw new Error(`The child has failed: ${complaints}`);
    },
  };
}
