import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

const stores = ['memory', 'sqlite', 'redis', 'redis-cluster', 'postgres'];
const programs = ['reference', 'phoneproof'];
const timeoutMs = 150_000;

/** The cells of the table's rows whose columns begin with these. */
function rowsBelow(heading: string, output: string): string[][] {
  const lines = output.split('\n');
  const table = lines.slice(lines.findIndex((line) => line.startsWith(heading)) + 2);
  return table.slice(0, table.indexOf('')).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const figure = /^\d+(?:\.\d+)? \(\d+(?:\.\d+)?-\d+(?:\.\d+)?\)$/;

test(
  'the benchmark drives both programs on every store, and every answer is the one it must be',
  { timeout: timeoutMs },
  async () => {
    const { stdout } = await run(process.execPath, ['bench/run.ts', '--quick', '--rounds', '1'], {
      timeout: timeoutMs,
    });
    const both = stores.flatMap((store) => programs.map((program) => [store, program]));

    const rows = rowsBelow('| store | program | CPU µs per start |', stdout);
    expect(rows.map(([store, program]) => [store, program])).toEqual(both);
    for (const [, program, start, check, request, ratio, rate, rateRatio] of rows) {
      for (const cell of [start, check, request, rate]) expect(cell).toMatch(figure);
      for (const cell of [ratio, rateRatio]) expect(cell).toMatch(program === 'reference' ? /^1$/ : figure);
    }

    const more = rowsBelow("| store | program | store server's CPU µs per request |", stdout);
    expect(more.map(([store, program]) => [store, program])).toEqual(both);
    for (const [store, , server, , half, most] of more) {
      expect(server).toMatch(store === 'memory' || store === 'sqlite' ? /^–$/ : figure);
      for (const cell of [half, most]) expect(cell).toMatch(figure);
    }

    // One script a verb: the reference's requests are one call each.
    for (const store of ['redis', 'redis-cluster']) {
      expect(stdout).toMatch(
        new RegExp(`^${store}, reference, commands per request: .*evalsha (?:1\\.00|0\\.9\\d)`, 'm'),
      );
      expect(stdout).toMatch(new RegExp(`^${store}, phoneproof, commands per request: .*evalsha \\d`, 'm'));
    }
    // A warm-up and a round of 200 numbers, and one of 25 at a moderate load; a start and a check of each.
    expect(stdout).toContain(`\n${both.length * (200 + 200 + 25) * 2} requests, all answered as they must be\n`);
  },
);

test(
  'the scaling figures come from every store, and a cluster refuses no command',
  { timeout: timeoutMs },
  async () => {
    const flags = ['--scaling', '--quick', '--rounds', '1', '--numbers', '50', '--rate', '2000'];
    const { stdout } = await run(process.execPath, ['bench/run.ts', ...flags], { timeout: timeoutMs });

    expect(rowsBelow('| store | requests/s |', stdout).map(([store]) => store)).toEqual(
      stores.flatMap((store) => [store, store, store, store]),
    );
    expect(rowsBelow('| store | numbers kept |', stdout).map(([store, kept]) => [store, kept])).toEqual(
      stores.flatMap((store) => [
        [store, '50 pending'],
        [store, '50 verified'],
      ]),
    );
    expect(rowsBelow('| store | processes |', stdout).map(([store, processes]) => [store, processes])).toEqual(
      stores.slice(1).flatMap((store) => ['1', '2', '4'].map((processes) => [store, processes])),
    );
    const primaries = rowsBelow('| primary of the cluster |', stdout);
    expect(primaries.map(([primary]) => primary)).toEqual(['1', '2', '3']);
    for (const [, share, , refused] of primaries) {
      expect(Number.parseFloat(share ?? '')).toBeGreaterThan(0);
      expect(refused).toBe('none');
    }
  },
);
