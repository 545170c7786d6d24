import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../src/stores/store.ts';
import { broadLimit, sendUnder } from '../../src/testing/store-cases/broad-limit.ts';
import { hourMs, idOf, numberOn } from '../../src/testing/store-cases/number.ts';
import { nowUs, type RaceCall, type RaceJob } from './race.ts';

/**
 * A process that races others on one store. Its arguments: the folder beside this file whose `store-at.ts` opens the store, and the store's address. Says
 * `ready`; for each line, a `RaceJob` and when to start, does
 * that as often as it says, a few more in each turn of the event loop without waiting for answers, and says the `RaceCall`s.
 */
const [folder = '', address = ''] = process.argv.slice(2);
const { storeAt } = (await import(`./${folder}/store-at.ts`)) as { storeAt(address: string): Promise<Store> };
const store = await storeAt(address);
const perTurn = 4;

interface Told {
  outcome: string;
  status?: string;
  retryAfterMs?: number;
  verification?: { nonce: string; checksLeft: number };
}

function act(job: RaceJob, index: number): Promise<Told> {
  switch (job.verb) {
    case 'begin':
      return numberOn(store, { name: job.name }).begin();
    case 'check': {
      const code = job.codes[index] === 'right' ? '111111' : '000000';
      return numberOn(store, { name: job.name }).check(code, job.nonce === null ? undefined : { nonce: job.nonce });
    }
    case 'send':
      return sendUnder(store, broadLimit(job.name, job.max, hourMs));
    case 'claim': {
      const [key, fingerprint, token] = [idOf(job.name), idOf('a thing'), idOf(`${process.pid} ${index}`)];
      return store.claim({ key, fingerprint, token, leaseMs: hourMs, keepMs: hourMs });
    }
  }
}

async function call(job: RaceJob, index: number): Promise<RaceCall> {
  const calledAt = nowUs();
  const told = await act(job, index).catch((error: unknown): Told => ({ outcome: String(error) }));
  const { nonce, checksLeft } = told.verification ?? {};
  return { calledAt, answeredAt: nowUs(), outcome: told.outcome, status: told.status, nonce, checksLeft };
}

console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const { job, startAt } = JSON.parse(line) as { job: RaceJob; startAt: number };
  while (nowUs() < startAt);
  const calls: Promise<RaceCall>[] = [];
  for (let index = 0; index < (job.verb === 'check' ? job.codes.length : job.times); index += 1) {
    calls.push(call(job, index));
    if (index % perTurn === perTurn - 1) await setImmediate();
  }
  console.log(JSON.stringify(await Promise.all(calls)));
}
