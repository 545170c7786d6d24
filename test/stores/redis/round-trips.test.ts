import type { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { redisStore } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { broadLimit } from '../../../src/testing/store-cases/broad-limit.ts';
import { hourMs, numberOn, type NumberOnStore } from '../../../src/testing/store-cases/number.ts';
import { startRedis } from '../../servers/redis.ts';
import { redisClient } from './clients.ts';

/** What a server was asked, as it counts it: those of scripts too. */
async function commandsOf(client: Redis): Promise<Record<string, number>> {
  const stats = await client.info('commandstats');
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

/** A store on a server that nobody else asks anything. */
async function openAlone(): Promise<{ client: Redis; store: Store; number: NumberOnStore }> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const client = await redisClient(server.url);
  const store = redisStore({ client });
  return { client, store, number: numberOn(store) };
}

const inScripts = ['del', 'get', 'hdel', 'hgetall', 'hset', 'pexpire', 'set', 'setrange', 'time'];

test('a start and a check are one command each, once the server knows the scripts', async () => {
  const { client, number } = await openAlone();
  const broadLimits = [broadLimit('country', 100, hourMs), broadLimit('service', 100, hourMs)];
  const acts: Record<string, () => Promise<unknown>> = {
    begin: () => number.begin({ broadLimits }),
    'a begin that repeats': () => number.begin({ broadLimits }),
    'a wrong check': () => number.check('000000'),
    'a check of another length': () => number.check('1'),
    'a right check': () => number.check('111111'),
    'a check of nothing': () => number.check('111111'),
    cancel: () => number.cancel(),
    find: () => number.find(),
    lookup: () => number.lookup(),
    unlock: () => number.unlock(),
    'an erase with no live code': () => number.erase(),
  };
  const ofClient: Record<string, Record<string, number>> = {};
  for (const round of [1, 2]) {
    for (const [name, act] of Object.entries(acts)) {
      await client.config('RESETSTAT');
      await act();
      const { info: _, 'config|resetstat': __, ...commands } = await commandsOf(client);
      if (round === 2)
        ofClient[name] = Object.fromEntries(Object.entries(commands).filter(([one]) => !inScripts.includes(one)));
    }
  }
  expect(ofClient).toEqual(Object.fromEntries(Object.keys(acts).map((name) => [name, { evalsha: 1 }])));
});

test('a server that has forgotten the scripts is told them again, in the middle of everything', async () => {
  const { client, store, number } = await openAlone();
  const { nonce } = await number.create();
  await client.script('FLUSH');
  expect((await number.check('000000', { nonce })).outcome).toBe('incorrect');
  const acts = Array.from({ length: 200 }, async (_, index) => {
    if (index % 20 === 0) await client.script('FLUSH');
    return (await numberOn(store, { name: `number ${index}` }).create()).status;
  });
  expect(new Set(await Promise.all(acts))).toEqual(new Set(['pending']));
  expect((await number.check('111111', { nonce })).outcome).toBe('approved');
});
