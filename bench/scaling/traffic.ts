import type { Bench } from '../bench.ts';
import { spread, tableRow } from '../report.ts';
import type { Round } from '../round.ts';
import type { StoreName } from '../store-home.ts';

/** As parts of the moderate load of the benchmark. */
const shares = [0.5, 1, 2];

/** How the cost of a request changes with the traffic, on one process; what one core carries follows from the last row of each store. */
export async function measureTraffic(bench: Bench, stores: readonly StoreName[]): Promise<void> {
  const { perSecond, numbers } = bench.even;
  console.log("\n| store | requests/s | CPU µs per request | store server's CPU µs per request | p50 ms | p99 ms |");
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const store of stores) {
    await bench.withCandidates({ store, name: 'phoneproof' }, async ([candidate]) => {
      await bench.run(candidate);
      for (const share of shares) {
        const even = { numbers: Math.ceil(2 * numbers * share), perSecond: Math.ceil(perSecond * share) };
        const rounds = await several(bench.rounds, () => bench.run(candidate, even));
        print(store, String(even.perSecond), rounds);
      }
      const rounds = await several(bench.rounds, () => bench.run(candidate));
      const fastest = spread(
        rounds.map(({ requestsPerSecond }) => requestsPerSecond),
        0,
      );
      print(store, `${fastest}, as many as it takes`, rounds);
    });
  }
}

function print(store: StoreName, rate: string, rounds: readonly Round[]): void {
  const cell = (figure: 'requestUs' | 'serverUs' | 'halfMs' | 'mostMs', digits: number): string =>
    spread(
      rounds.map((round) => round[figure]),
      digits,
    );
  console.log(tableRow([store, rate, cell('requestUs', 0), cell('serverUs', 0), cell('halfMs', 2), cell('mostMs', 2)]));
}

async function several<T>(times: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await act());
  return results;
}
