import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { manySends, numberOn } from '../../../src/testing/store-cases/number.ts';
import { startChild } from '../child.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

const rounds = 6;

/** What was acknowledged of one number. */
interface Acknowledged {
  nonce: string;
  wrong: number;
  end: 'approved' | 'canceled' | null;
}

function readAcknowledged(log: string): Map<string, Acknowledged> {
  const numbers = new Map<string, Acknowledged>();
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    const [what, name = '', nonce = ''] = line.split(' ');
    const number = numbers.get(name) ?? { nonce, wrong: 0, end: null };
    if (what === 'wrong') number.wrong += 1;
    if (what === 'approved' || what === 'canceled') number.end = what;
    numbers.set(name, number);
  }
  return numbers;
}

test('whatever was answered before a process is killed is in the file', { timeout: 60_000 }, async () => {
  const path = databasePath();
  const log = `${path}.acknowledged`;
  for (let round = 0; round < rounds; round += 1) {
    const child = startChild('./sqlite/acknowledging-load.ts', [path, log, String(round)]);
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes(`begun ${round}-`)) await setTimeout(5);
    await setTimeout(randomInt(10, 600));
    await child.kill();

    const raw = openRaw(path);
    expect(raw.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    raw.close();
  }
  const store = openStore(path);
  const numbers = readAcknowledged(log);
  const ends = [...numbers.values()].map(({ end }) => end);
  for (const end of ['approved', 'canceled', null] as const)
    expect(ends.filter((one) => one === end).length).toBeGreaterThan(10);
  const checked = [...numbers].map(async ([name, { nonce, wrong, end }]) => {
    const number = numberOn(store, { name, limits: manySends });
    const [found, lookup] = await Promise.all([number.find({ nonce }), number.lookup()]);
    // One act more than was answered may have been done.
    if (end) expect(found?.status).toBe(end);
    else expect(['pending', 'approved', 'canceled']).toContain(found?.status);
    if (found?.status === 'pending') expect([5 - wrong, 4 - wrong]).toContain(found.checksLeft);
    expect(lookup !== null).toBe(found?.status === 'approved');
    expect(found?.sendsLeft).toBe(999);
    const late = await number.check('000000', { nonce });
    expect(late.outcome).toBe(found?.status === 'pending' ? 'incorrect' : 'ended');
  });
  await Promise.all(checked);
});
