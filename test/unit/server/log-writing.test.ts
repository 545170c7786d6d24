import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const logModule = new URL('../../../src/server/log.ts', import.meta.url).href;

/**
 * Runs a program with a `log` to standard output, and returns the messages that came there, and those of each write. A write that a full pipe takes in parts has none that could be read.
 */
async function messagesOf(program: string): Promise<{ written(): string[][]; stdout: string[] }> {
  // The library writes through this very object.
  const source = `
    import fs from 'node:fs';
    const { writeSync } = fs;
    const written = [];
    fs.writeSync = (fd, text, ...rest) => { if (fd === 1) written.push(String(text)); return writeSync(fd, text, ...rest); };
    const { createLog } = await import(${JSON.stringify(logModule)});
    const log = createLog({ level: 'info', format: 'json' });
    process.on('exit', () => writeSync(2, JSON.stringify(written)));
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  await once(child, 'close');
  const messages = (lines: string): string[] =>
    lines
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  const told = /^\[.*\]$/m.exec(text.stderr)?.[0] ?? '[]';
  return { written: () => (JSON.parse(told) as string[]).map(messages), stdout: messages(text.stdout) };
}

test('the lines of one turn are one write, in their order', async () => {
  const { written, stdout } = await messagesOf(`
    log.info('a'); log.warn('b'); Promise.resolve().then(() => log.info('c'));
    await turn(); await turn();
    log.info('d');
    await turn(); await turn();`);
  expect(written()).toEqual([['a', 'b', 'c'], ['d']]);
  expect(stdout).toEqual(['a', 'b', 'c', 'd']);
});

test.each([
  ['a process that just ends', `log.info('a');`],
  ['a process that exits in the same turn', `log.info('a'); process.exit(0);`],
  ['a process that dies of what nobody caught', `log.info('a'); throw new Error('bug');`],
  [
    'a handler of what nobody caught',
    `process.on('uncaughtException', () => { log.info('a'); process.exit(1); }); setTimeout(() => { throw new Error('bug'); });`,
  ],
  ['a listener of the exit', `process.on('exit', () => {}); log.info('a'); process.exit(3);`],
  [
    'a process that is killed in the next turn',
    `log.info('a'); await turn(); await turn(); log.info('b'); process.kill(process.pid, 'SIGKILL');`,
  ],
])('%s has written its lines', async (_, program) => {
  expect((await messagesOf(program)).stdout).toEqual(['a']);
});

test('many lines of one turn, more than a pipe takes at once, are all there', async () => {
  const { stdout } = await messagesOf(`for (let i = 0; i < 5_000; i++) log.info(String(i)); process.exit(0);`);
  expect(stdout).toEqual(Array.from({ length: 5_000 }, (_, i) => String(i)));
});

test('a reader that is gone ends nothing', async () => {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { createLog } = await import(${JSON.stringify(logModule)});
       const log = createLog({ level: 'info', format: 'json' });
       for (let i = 0; i < 50; i++) { log.info('a'); await new Promise((resolve) => setTimeout(resolve, 2)); }
       process.exitCode = 7;`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
  );
  child.stdout.destroy();
  expect((await once(child, 'close'))[0]).toBe(7);
});
