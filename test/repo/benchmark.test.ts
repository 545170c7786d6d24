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

test('the scaling figures come from a cluster that refuses no command', { timeout: timeoutMs }, async () => {
  const store = 'redis-cluster';
  const flags = ['--scaling', '--quick', '--rounds', '1', '--numbers', '50', '--rate', '2000', '--stores', store];
  const { stdout } = await run(process.execPath, ['bench/run.ts', ...flags], { timeout: timeoutMs });

  const traffic = rowsBelow('| store | requests/s |', stdout);
  expect(traffic.map(([name, rate]) => [name, Number.parseFloat(rate ?? '') > 0])).toEqual(
    Array.from({ length: 4 }, () => [store, true]),
  );
  const kept = rowsBelow('| store | numbers kept |', stdout);
  expect(kept.map(([name, state]) => [name, state])).toEqual([
    [store, '50 pending'],
    [store, '50 verified'],
  ]);
  // A number has a key for its code until that is checked, and from then on one that says so.
  const [pendingKeys = 0, verifiedKeys = 0] = kept.map((row) => Number(row[5]));
  expect(pendingKeys).toBeGreaterThanOrEqual(2);
  expect(pendingKeys - verifiedKeys).toBeCloseTo(0, 1);
  expect(rowsBelow('| store | processes |', stdout).map(([name, processes]) => [name, processes])).toEqual(
    ['1', '2', '4'].map((processes) => [store, processes]),
  );
  const primaries = rowsBelow('| primary of the cluster |', stdout);
  expect(primaries.map(([primary, , , refused]) => [primary, refused])).toEqual(
    ['1', '2', '3'].map((primary) => [primary, 'none']),
  );
  for (const [, share] of primaries) expect(Number.parseFloat(share ?? '')).toBeGreaterThan(0);
});
