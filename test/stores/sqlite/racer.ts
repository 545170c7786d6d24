import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import { numberOn } from '../../../src/testing/store-cases/number.ts';

/**
 * A process that races others on one file. Says `ready`; for each line `verb name count` asks for that verb so many times, one more in each turn of the event
 * loop, and says the outcomes as JSON.
 */
const [path = ''] = process.argv.slice(2);
const store = sqliteStore({ path });
console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [verb, name, count] = line.split(' ');
  const number = numberOn(store, { name: name ?? '' });
  const asked: Promise<{ outcome: string }>[] = [];
  for (let i = 0; i < Number(count); i += 1) {
    if (verb === 'begin') asked.push(number.begin());
    else asked.push(number.check(verb === 'right' ? '111111' : '000000'));
    await setImmediate();
  }
  const settled = await Promise.allSettled(asked);
  console.log(
    JSON.stringify(settled.map((one) => (one.status === 'fulfilled' ? one.value.outcome : String(one.reason)))),
  );
}
