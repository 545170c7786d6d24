import { openSync, writeSync } from 'node:fs';
import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import { manySends, numberOn } from '../../../src/testing/store-cases/number.ts';

/**
 * Loads a store without end. Whatever was answered stands in the file `log` before anything more is asked for that number, a line each: `begun`,
 * `wrong`, `approved` or `canceled`, the name of the number, and the nonce of its verification.
 */
const [path = '', log = '', run = ''] = process.argv.slice(2);
const store = sqliteStore({ path });
const file = openSync(log, 'a');

async function useNumber(name: string, wrong: number): Promise<void> {
  const number = numberOn(store, { name, limits: manySends });
  const { nonce } = await number.create();
  const acknowledge = (what: string): void => void writeSync(file, `${what} ${name} ${nonce}\n`);
  acknowledge('begun');
  for (let i = 0; i < wrong; i += 1) {
    await number.guess(1);
    acknowledge('wrong');
  }
  if (wrong % 3 === 0) return;
  if (wrong % 3 === 1) {
    const { outcome } = await number.check('111111');
    acknowledge(outcome);
  } else {
    await number.cancel();
    acknowledge('canceled');
  }
}

await Promise.all(
  Array.from({ length: 16 }, async (_, lane) => {
    for (let n = 0; ; n += 1) await useNumber(`${run}-${lane}-${n}`, n % 5);
  }),
);
