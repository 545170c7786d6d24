import type { Redis } from 'ioredis';

/** How often a Redis server has run each command, those within scripts too, and how often it has refused one for which reason. */
export interface Counts {
  readonly commands: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
}

/** What those who measure ask themselves, and what a client asks to connect. */
const notCounted =
  /^(?:info|config|client|cluster|hello|ping|script|select|memory|dbsize|scan|replconf|psync|auth|command|function)\b/;

/** All that a server has counted since it was started. */
export async function countsOf(primary: Redis): Promise<Counts> {
  return {
    commands: linesOf(await primary.info('commandstats'), /^cmdstat_([^:]+):calls=(\d+)/),
    errors: linesOf(await primary.info('errorstats'), /^errorstat_([^:]+):count=(\d+)/),
  };
}

function linesOf(info: string, pattern: RegExp): Map<string, number> {
  const found = info.split('\r\n').flatMap((line) => {
    const [, name = '', count] = pattern.exec(line) ?? [];
    return name === '' || notCounted.test(name) ? [] : [[name, Number(count)] as const];
  });
  return new Map(found);
}

/** What was counted between two readings. */
export function since(before: Counts, after: Counts): Counts {
  const less = (key: keyof Counts): Map<string, number> =>
    new Map(
      [...after[key]]
        .map(([name, count]): [string, number] => [name, count - (before[key].get(name) ?? 0)])
        .filter(([, count]) => count > 0),
    );
  return { commands: less('commands'), errors: less('errors') };
}

/** Of several servers together. */
export function together(all: readonly Counts[]): Counts {
  const add = (key: keyof Counts): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const counts of all) for (const [name, count] of counts[key]) sums.set(name, (sums.get(name) ?? 0) + count);
    return sums;
  };
  return { commands: add('commands'), errors: add('errors') };
}

/** Commands for each request, the most frequent first. */
export function commandsPerRequest({ commands }: Counts, requests: number): string {
  return [...commands]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]): [string, string] => [name, (count / requests).toFixed(2)])
    .filter(([, each]) => each !== '0.00')
    .map(([name, each]) => `${name} ${each}`)
    .join(', ');
}
