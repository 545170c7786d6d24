import { availableParallelism } from 'node:os';
import type { Bench } from '../bench.ts';
import { tableRow } from '../report.ts';
import type { StoreName } from '../store-home.ts';

const processCounts = [1, 2, 4];
/** Of a core: above this a single-threaded server has no more to give. */
const saturated = 0.9;

/** What several processes on one store carry together, and what a core of the store's server would. */
export async function measureProcesses(bench: Bench, stores: readonly StoreName[]): Promise<void> {
  console.log(
    `\n${availableParallelism()} cores for the load, the processes and the store's server together\n\n` +
      "| store | processes | requests/s together | CPU µs per request | store server's CPU µs per request | store server's share of a core | what one core of the store's server carries, requests/s |",
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const store of stores) {
    for (const processes of processCounts) {
      await bench.withCandidates({ store, name: 'phoneproof', processes }, async (candidates, home) => {
        // The same load in all: what does not fit on the machine would only wait, and be given up.
        const connections = Math.ceil(bench.round.connections / processes);
        const run = () => Promise.all(candidates.map((candidate) => bench.run(candidate, { connections })));
        await run();
        const before = await home.cpuUs();
        const rounds = await run();
        const after = await home.cpuUs();
        const requests = 2 * bench.round.numbers * processes;
        const perSecond = rounds.reduce((sum, round) => sum + round.requestsPerSecond, 0);
        const requestUs = rounds.reduce((sum, round) => sum + round.requestUs, 0) / processes;
        const serverUs = before === null || after === null ? null : (after - before) / requests;
        const share = serverUs === null ? null : (serverUs * perSecond) / 1_000_000;
        const carries = serverUs === null || share === null ? '–' : carried(serverUs, share);
        console.log(
          tableRow([
            store,
            String(processes),
            perSecond.toFixed(0),
            requestUs.toFixed(0),
            serverUs?.toFixed(0) ?? '–',
            share?.toFixed(2) ?? '–',
            carries,
          ]),
        );
      });
    }
  }
}

function carried(serverUs: number, share: number): string {
  return `${(1_000_000 / serverUs).toFixed(0)}, ${share >= saturated ? 'measured' : 'extrapolated'}`;
}
