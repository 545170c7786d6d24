import type { Bench } from './bench.ts';
import { candidateNames, type Candidate, type CandidateName } from './candidate.ts';
import { commandsPerRequest, countsOf, since, together, type Counts } from './redis-commands.ts';
import { profileLines } from './report.ts';
import type { Round } from './round.ts';
import type { StoreHome } from './homes/home.ts';
import type { StoreName } from './store-home.ts';

/** What came of both candidates on one store. */
export interface Comparison {
  store: StoreName;
  /** What the store's server is; null where there is none. */
  server: string | null;
  /** As fast as it goes: each of the reference has one of phoneproof at the same place. */
  rounds: Round[];
  /** At a moderate load: the same. */
  even: Round[];
  /** Commands that each had Redis run, per request; empty where the store is another. */
  commands: Map<CandidateName, string>;
}

/** Runs both candidates on a store, turn by turn, each on a home of its own. */
export async function compare(bench: Bench, store: StoreName): Promise<Comparison> {
  const rounds: Round[] = [];
  const even: Round[] = [];
  const commands: Comparison['commands'] = new Map();
  const counts = new Map<CandidateName, Counts[]>(candidateNames.map((name) => [name, []]));
  let server: string | null = null;
  await withBoth(bench, store, async (candidates) => {
    server = candidates[0]?.home.server ?? null;
    // To warm up.
    for (const candidate of candidates) await bench.run(candidate);
    for (let i = 0; i < bench.rounds; i++) {
      // Each goes first in turn.
      const turn = i % 2 === 0 ? candidates : candidates.toReversed();
      for (const candidate of turn) {
        const before = await countsOn(candidate.home);
        rounds.push(await bench.run(candidate));
        const after = await countsOn(candidate.home);
        counts.get(candidate.name)?.push(...after.map((each, node) => since(before[node]!, each)));
      }
      for (const candidate of turn) even.push(await bench.run(candidate, bench.even));
    }
    const requests = 2 * bench.rounds * bench.round.numbers;
    if (candidates[0]?.home.primaries.length) {
      for (const [name, each] of counts) commands.set(name, commandsPerRequest(together(each), requests));
    }
  });
  return { store, server, rounds, even, commands };
}

function countsOn(home: StoreHome): Promise<Counts[]> {
  return Promise.all(home.primaries.map((primary) => countsOf(primary)));
}

/** Prints where the time of each candidate goes. */
export async function profile(bench: Bench, store: StoreName): Promise<void> {
  await withBoth(bench, store, async (candidates) => {
    for (const candidate of candidates) {
      await bench.run(candidate);
      await candidate.ask('startProfile');
      for (let i = 0; i < bench.rounds; i++) await bench.run(candidate);
      const shares = await candidate.ask('stopProfile');
      console.log(`\n${candidate.name}, ${store} store`);
      for (const line of profileLines(shares)) console.log(line);
    }
  });
}

async function withBoth(
  bench: Bench,
  store: StoreName,
  use: (candidates: readonly Candidate[]) => Promise<void>,
): Promise<void> {
  const [reference, phoneproof] = candidateNames;
  await bench.withCandidates({ store, name: reference }, ([first]) =>
    bench.withCandidates({ store, name: phoneproof }, ([second]) => use([first, second])),
  );
}
