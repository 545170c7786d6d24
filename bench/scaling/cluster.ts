import type { Bench } from '../bench.ts';
import { commandsPerRequest, countsOf, since } from '../redis-commands.ts';
import { tableRow } from '../report.ts';

/** How the work lies on the primaries of a cluster, and what they have refused. Throws when a command needed keys of several slots. */
export async function measureCluster(bench: Bench): Promise<void> {
  console.log('\n| primary of the cluster | share of the scripts | commands per request | commands refused |');
  console.log('| --- | --- | --- | --- |');
  await bench.withCandidates({ store: 'redis-cluster', name: 'phoneproof' }, async ([candidate], home) => {
    // One client's script cache and map of the slots are warm from here on.
    await bench.run(candidate);
    const before = await Promise.all(home.primaries.map((primary) => countsOf(primary)));
    await bench.run(candidate);
    const counts = await Promise.all(
      home.primaries.map(async (primary, i) => since(before[i]!, await countsOf(primary))),
    );
    const requests = 2 * bench.round.numbers;
    const scripts = counts.map(({ commands }) => scriptsIn(commands));
    const all = scripts.reduce((sum, each) => sum + each, 0);
    for (const [i, each] of counts.entries()) {
      const refused = [...each.errors].map(([error, count]) => `${error} ${count}`).join(', ') || 'none';
      if (each.errors.has('CROSSSLOT')) throw new Error(`A command needed keys of several slots: ${refused}`);
      console.log(
        tableRow([
          String(i + 1),
          `${((100 * scripts[i]!) / all).toFixed(1)} %`,
          commandsPerRequest(each, requests),
          refused,
        ]),
      );
    }
  });
}

function scriptsIn(commands: ReadonlyMap<string, number>): number {
  return ['evalsha', 'eval', 'fcall'].reduce((sum, name) => sum + (commands.get(name) ?? 0), 0);
}
