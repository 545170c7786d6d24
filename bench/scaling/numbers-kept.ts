import type { Redis } from 'ioredis';
import type { Bench } from '../bench.ts';
import { tableRow } from '../report.ts';
import type { StoreHome } from '../homes/home.ts';
import type { StoreName } from '../store-home.ts';

/** What numbers take while their code is good and when they are verified, and whether a request costs more when there are many of them. */
export async function measureNumbersKept(bench: Bench, stores: readonly StoreName[]): Promise<void> {
  console.log(
    "\n| store | numbers kept | CPU µs per request | store server's CPU µs per request | bytes per number | keys per number | of them MEMORY USAGE |",
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  const { numbers } = bench.round;
  for (const store of stores) {
    await bench.withCandidates({ store, name: 'phoneproof' }, async ([candidate], home) => {
      const emptyBytes = await home.bytes();
      const print = async (kept: number, what: string, costs: (number | null)[]): Promise<void> => {
        const bytes = await home.bytes();
        const size = bytes === null || emptyBytes === null ? null : (bytes - emptyBytes) / kept;
        const { keys, used } = await keysOf(home);
        const each = [size, keys === 0 ? null : keys / kept, keys === 0 ? null : used / kept];
        console.log(
          tableRow([store, `${kept} ${what}`, ...costs.map(whole), whole(each[0]), tenth(each[1]), whole(each[2])]),
        );
      };
      for (let i = 1; i <= bench.rounds; i++) {
        const { requestUs, serverUs } = await bench.run(candidate, {
          whenStarted: () => (i === 1 ? print(numbers, 'pending', [null, null]) : Promise.resolve()),
        });
        if (i === 1 || i === bench.rounds) await print(i * numbers, 'verified', [requestUs, serverUs]);
      }
    });
  }
}

const whole = (value: number | null | undefined): string => value?.toFixed(0) ?? '–';
const tenth = (value: number | null | undefined): string => value?.toFixed(1) ?? '–';

/** How many keys the servers hold, and what they say those take. */
async function keysOf({ primaries }: StoreHome): Promise<{ keys: number; used: number }> {
  const all = await Promise.all(primaries.map((primary) => keysOn(primary)));
  return all.reduce((sum, { keys, used }) => ({ keys: sum.keys + keys, used: sum.used + used }), { keys: 0, used: 0 });
}

async function keysOn(primary: Redis): Promise<{ keys: number; used: number }> {
  let [keys, used] = [0, 0];
  for await (const some of primary.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    const sizes = await Promise.all(some.map((key) => primary.memory('USAGE', key)));
    keys += some.length;
    used += sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }
  return { keys, used };
}
