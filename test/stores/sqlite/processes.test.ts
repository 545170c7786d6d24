import { expect, test } from 'vitest';
import { numberOn } from '../../../src/testing/store-cases/number.ts';
import { startChild } from './child.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

const rounds = 10;

/** Processes that all do the same at once; answers with how often each outcome came. */
async function startRacers(path: string, count: number) {
  const racers = Array.from({ length: count }, () => startChild('./racer.ts', [path]));
  await Promise.all(racers.map((racer) => racer.hear()));
  return async (line: string): Promise<Record<string, number>> => {
    for (const racer of racers) racer.tell(line);
    const heard = await Promise.all(racers.map((racer) => racer.hear()));
    const counts: Record<string, number> = {};
    for (const outcome of heard.flatMap((json) => JSON.parse(json) as string[]))
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };
}

test.each([2, 4])('%i processes on one file are one store', { timeout: 60_000 }, async (processes) => {
  const path = databasePath();
  const race = await startRacers(path, processes);
  const each = 100 / processes;
  // The very first race is also one to make the file, to open it and to migrate it.
  for (let round = 0; round < rounds; round += 1) {
    const begun = await race(`begin sends-${round} ${each}`);
    expect(begun).toEqual({ created: 1, repeated: 2, refused: 97 });
  }
  const store = openStore(path);
  for (let round = 0; round < rounds; round += 1) {
    await numberOn(store, { name: `right-${round}` }).create();
    expect(await race(`right right-${round} ${each}`)).toEqual({ approved: 1, not_found: 99 });
  }
  for (let round = 0; round < rounds; round += 1) {
    await numberOn(store, { name: `wrong-${round}` }).create();
    expect(await race(`wrong wrong-${round} ${each}`)).toEqual({ incorrect: 5, not_found: 95 });
    expect((await numberOn(store, { name: `wrong-${round}` }).create()).checksLeft).toBe(5);
  }
  const ledger = openRaw(path).prepare('SELECT version FROM phoneproof_migrations').all();
  expect(ledger.map(({ version }) => version)).toEqual([1]);
});
