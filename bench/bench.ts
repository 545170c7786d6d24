import { startCandidate, type Candidate, type CandidateName } from './candidate.ts';
import { runRound, type Round, type RoundOptions } from './round.ts';
import type { StoreHome } from './homes/home.ts';
import { openStoreHome, type StoreName } from './store-home.ts';

/** One run of the benchmark: its folder, and how much was asked. */
export interface Bench {
  /** On the disk. */
  readonly folder: string;
  readonly round: RoundOptions;
  readonly rounds: number;
  /** How many numbers are verified where requests are sent evenly, and how many requests a second. */
  readonly even: { readonly numbers: number; readonly perSecond: number };
  /** Requests that were answered as they must be. */
  answered(): number;
  /** One round of a candidate: `round`, but for what is given. */
  run(candidate: Candidate, options?: Partial<RoundOptions>): Promise<Round>;
  /** Opens a home on the store, starts so many processes of the candidate on it, and ends all of it whatever happens. */
  withCandidates(
    options: { store: StoreName; name: CandidateName; processes?: number },
    use: (candidates: readonly [Candidate, ...Candidate[]], home: StoreHome) => Promise<void>,
  ): Promise<void>;
}

/** Sets up a run. */
export function createBench({
  folder,
  round,
  rounds,
  even,
}: Pick<Bench, 'folder' | 'round' | 'rounds' | 'even'>): Bench {
  let answered = 0;
  return {
    folder,
    round,
    rounds,
    even,
    answered: () => answered,
    async run(candidate, options) {
      const all = { ...round, ...options };
      const result = await runRound(candidate, all);
      answered += 2 * all.numbers;
      return result;
    },
    async withCandidates({ store, name, processes = 1 }, use) {
      const home = await openStoreHome(store, folder);
      const candidates: Candidate[] = [];
      try {
        // One after the other: the first brings the schema up to date.
        for (let i = 0; i < processes; i++) candidates.push(await startCandidate(name, { home, folder }));
        const [first, ...others] = candidates;
        if (first) await use([first, ...others], home);
      } finally {
        await Promise.all(candidates.map((candidate) => candidate.stop()));
        await home.close();
      }
    },
  };
}
