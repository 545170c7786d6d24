import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startCandidate, type Candidate, type CandidateName } from './candidate.ts';
import { circumstances, heading, profileLines, rowsOf } from './report.ts';
import { runRound, type Round, type RoundOptions } from './round.ts';

/** `npm run bench`: what a verification costs, as a ratio to a reference that does the least that is needed. docs/benchmarks.md tells how to read it. */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    numbers: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
  },
});
/** A whole number of at least 1. */
function count(name: 'numbers' | 'rounds' | 'connections', otherwise: number): number {
  const value = Number(flags[name] ?? otherwise);
  if (!(Number.isSafeInteger(value) && value > 0)) throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
}

const round: RoundOptions = {
  numbers: count('numbers', flags.quick ? 200 : 10_000),
  connections: count('connections', 64),
};
const rounds = count('rounds', flags.quick ? 3 : 7);
const names: readonly CandidateName[] = ['reference', 'phoneproof'];
const stores = ['memory', 'sqlite'] as const;
let answered = 0;

// Not the system's folder for such files: it may be kept in memory, where a commit costs nothing.
const cache = fileURLToPath(new URL('../.cache', import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'bench-'));
try {
  for (const line of circumstances()) console.log(line);
  console.log(
    `${round.numbers} numbers a round, ${rounds} rounds after one to warm up, ${round.connections} connections\n`,
  );
  if (!flags.profile) for (const line of heading) console.log(line);
  for (const store of stores) await (flags.profile ? profile(store) : compare(store));
  console.log(`\n${answered} requests, all answered as they must be`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(store: (typeof stores)[number]): Promise<void> {
  const results: Round[] = [];
  await withCandidates(store, async (candidates) => {
    for (const candidate of candidates) await run(candidate);
    for (let i = 0; i < rounds; i++) {
      // Each goes first in turn.
      for (const candidate of i % 2 === 0 ? candidates : candidates.toReversed()) results.push(await run(candidate));
    }
  });
  for (const row of rowsOf(store, results)) console.log(row);
}

async function profile(store: (typeof stores)[number]): Promise<void> {
  await withCandidates(store, async (candidates) => {
    for (const candidate of candidates) {
      await run(candidate);
      await candidate.ask('startProfile');
      for (let i = 0; i < rounds; i++) await run(candidate);
      const shares = await candidate.ask('stopProfile');
      console.log(`\n${candidate.name}, ${store} store`);
      for (const line of profileLines(shares)) console.log(line);
    }
  });
}

async function run(candidate: Candidate): Promise<Round> {
  const result = await runRound(candidate, round);
  answered += 2 * round.numbers;
  return result;
}

/** Whatever happens, none of them is left behind. */
async function withCandidates(
  store: (typeof stores)[number],
  use: (candidates: readonly Candidate[]) => Promise<void>,
): Promise<void> {
  const candidates: Candidate[] = [];
  try {
    for (const name of names) {
      const address = store === 'sqlite' ? `sqlite:${join(folder, `${name}.db`)}` : 'memory:';
      candidates.push(await startCandidate(name, { store: address, folder }));
    }
    await use(candidates);
  } finally {
    await Promise.all(candidates.map((candidate) => candidate.stop()));
  }
}
