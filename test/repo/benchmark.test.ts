import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('the benchmark drives both programs on every store, and every answer is the one it must be', async () => {
  const { stdout } = await run(process.execPath, ['bench/run.ts', '--quick', '--rounds', '1'], { timeout: 50_000 });
  const rows = stdout
    .split('\n')
    .filter((line) => /^\| (?:memory|sqlite) /.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  expect(rows.map(([, store, program]) => [store, program])).toEqual([
    ['memory', 'reference'],
    ['memory', 'phoneproof'],
    ['sqlite', 'reference'],
    ['sqlite', 'phoneproof'],
  ]);
  const figure = /^\d+(?:\.\d+)? \(\d+(?:\.\d+)?-\d+(?:\.\d+)?\)$/;
  for (const [, , program, start, check, request, ratio, rate, rateRatio] of rows) {
    for (const cell of [start, check, request, rate]) expect(cell).toMatch(figure);
    for (const cell of [ratio, rateRatio]) expect(cell).toMatch(program === 'reference' ? /^1$/ : figure);
  }
  // Two stores, two programs, a warm-up and a round, 200 numbers, a start and a check.
  expect(stdout).toContain(`\n${2 * 2 * 2 * 200 * 2} requests, all answered as they must be\n`);
});
