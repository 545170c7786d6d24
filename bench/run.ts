import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createBench } from './bench.ts';
import { compare, profile, type Comparison } from './compare.ts';
import { circumstances, comparisonLines, heading, rowsOf } from './report.ts';
import { measureScaling } from './scaling.ts';
import { storeNames, type StoreName } from './store-home.ts';

/**
 * `npm run bench`: what a verification costs on each store, as a ratio to a reference that does the least that is needed. With `--scaling`, how that cost grows, and what
 * one core carries. docs/benchmarks.md and docs/scaling.md tell how to read it.
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    scaling: { type: 'boolean', default: false },
    stores: { type: 'string', default: storeNames.join() },
    numbers: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    rate: { type: 'string' },
  },
});
/** A whole number of at least 1. */
function count(name: 'numbers' | 'rounds' | 'connections' | 'rate', otherwise: number): number {
  const value = Number(flags[name] ?? otherwise);
  if (!(Number.isSafeInteger(value) && value > 0)) throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
}

const stores = flags.stores.split(',').map((name): StoreName => {
  const known = storeNames.find((store) => store === name);
  if (!known) throw new Error(`--stores must be one or several of ${storeNames.join()}, comma-separated`);
  return known;
});

// Not the system's folder for such files: it may be kept in memory, where a commit costs nothing.
const cache = fileURLToPath(new URL('../.cache', import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'bench-'));
const bench = createBench({
  folder,
  round: { numbers: count('numbers', flags.quick ? 200 : 10_000), connections: count('connections', 64) },
  rounds: count('rounds', flags.quick ? 3 : 7),
  even: { numbers: flags.quick ? 25 : 500, perSecond: count('rate', 500) },
});
try {
  for (const line of circumstances()) console.log(line);
  console.log(
    `${bench.round.numbers} numbers a round, ${bench.rounds} rounds after one to warm up, ${bench.round.connections} connections\n`,
  );
  if (flags.scaling) await measureScaling(bench, stores);
  else if (flags.profile) for (const store of stores) await profile(bench, store);
  else await compareAll();
  console.log(`\n${bench.answered()} requests, all answered as they must be`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compareAll(): Promise<void> {
  const comparisons: Comparison[] = [];
  for (const line of heading) console.log(line);
  for (const store of stores) {
    const comparison = await compare(bench, store);
    for (const row of rowsOf(comparison)) console.log(row);
    comparisons.push(comparison);
  }
  for (const line of comparisonLines(comparisons, bench.even.perSecond)) console.log(line);
}
