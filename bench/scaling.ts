import type { Bench } from './bench.ts';
import { measureCluster } from './scaling/cluster.ts';
import { measureNumbersKept } from './scaling/numbers-kept.ts';
import { measureProcesses } from './scaling/processes.ts';
import { measureTraffic } from './scaling/traffic.ts';
import type { StoreName } from './store-home.ts';

/** Prints the tables of docs/scaling.md, of phoneproof alone. */
export async function measureScaling(bench: Bench, stores: readonly StoreName[]): Promise<void> {
  await measureTraffic(bench, stores);
  await measureNumbersKept(bench, stores);
  await measureProcesses(
    bench,
    stores.filter((store) => store !== 'memory'),
  );
  if (stores.includes('redis-cluster')) await measureCluster(bench);
}
