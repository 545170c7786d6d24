import type { Cluster } from 'ioredis';
import { expect, test } from 'vitest';
import type { RedisClient } from '../../../src/stores/redis/index.ts';
import { broadLimit, expectLeft, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, minuteMs, numberOn, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { clusterClient, openStore } from './clients.ts';

/** A client that for the scripts that are meant does what `instead` does. Scripts are sent in full, so that they can be told apart. */
function bent(
  cluster: Cluster,
  isMeant: (script: string, key: string) => boolean,
  instead: () => Promise<unknown>,
): RedisClient {
  return {
    isCluster: true,
    async callBuffer(command, args) {
      if (command === 'evalsha') throw new Error('NOSCRIPT so that it is sent in full');
      return isMeant(String(args[0]), String(args[2])) ? instead() : cluster.callBuffer(command, args);
    },
    pipeline: () => cluster.pipeline(),
  };
}

const begins = (script: string): boolean => script.includes('-- Begins a verification');
const chargesTwo = (script: string, key: string): boolean =>
  script.includes('-- Takes one of a broad limit') && key.endsWith(broadLimit('two', 3, hourMs).key);

/** What a server answers, as clients tell it. */
class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

test('numbers are spread over all primaries, each with all its keys on one', async () => {
  const cluster = await clusterClient();
  const prefix = freshKeyPrefix();
  const store = openStore({ client: cluster, prefix });
  const begun = await allAtOnce(60, (index) =>
    numberOn(store, { name: `number ${index}` }).begin({ broadLimits: [broadLimit('service', 100, hourMs)] }),
  );
  expect(begun.filter(({ outcome }) => outcome === 'created')).toHaveLength(60);
  const counts = await Promise.all(
    cluster.nodes('master').map(async (node) => {
      const keys = await node.keys(`${prefix}:{*`);
      const codes = keys.filter((key) => key.includes(':code:'));
      for (const code of codes) expect(keys).toContain(code.replace(/:code:.*/, ''));
      return codes.length;
    }),
  );
  expect(counts).toHaveLength(3);
  expect(Math.min(...counts)).toBeGreaterThan(5);
  expect(counts.reduce((a, b) => a + b)).toBe(60);
});

test('what a begin took of broad limits is given back when another broad limit refuses', async () => {
  const store = openStore({ client: await clusterClient(), prefix: freshKeyPrefix() });
  const [wide, full, wider] = [
    broadLimit('wide', 3, hourMs),
    broadLimit('full', 1, hourMs),
    broadLimit('wider', 4, hourMs),
  ];
  await sendUnder(store, wide, full, wider);
  for (let i = 0; i < 3; i += 1) {
    expect(await sendUnder(store, wide, full, wider)).toMatchObject({ outcome: 'refused', limit: 'full' });
  }
  await expectLeft(store, wide, 2);
  await expectLeft(store, wider, 3);
});

test('what a begin took of broad limits is given back when the number refuses, whose refusal is told before theirs', async () => {
  const store = openStore({ client: await clusterClient(), prefix: freshKeyPrefix() });
  const limits = { ...usualLimits, sends: [{ name: 'sends', max: 1, windowMs: minuteMs }] };
  const number = numberOn(store, { limits });
  const [wide, full] = [broadLimit('wide', 3, hourMs), broadLimit('full', 1, hourMs)];
  await number.begin({ broadLimits: [wide, full] });
  expect(await number.begin({ broadLimits: [wide] })).toMatchObject({ outcome: 'refused', limit: 'sends' });
  expect(await number.begin({ broadLimits: [wide, full] })).toMatchObject({ outcome: 'refused', limit: 'sends' });
  await expectLeft(store, wide, 2);
});

test('what a begin took of broad limits is given back when it has surely failed', async () => {
  const cluster = await clusterClient();
  const prefix = freshKeyPrefix();
  const store = openStore({ client: cluster, prefix });
  const limits = [broadLimit('one', 2, hourMs), broadLimit('two', 3, hourMs)] as const;
  const fails = async () => Promise.reject(new ReplyError('OOM command not allowed'));
  for (const isMeant of [begins, chargesTwo]) {
    const failing = openStore({ client: bent(cluster, isMeant, fails), prefix });
    await expect(sendUnder(failing, ...limits)).rejects.toMatchObject({ code: 'store_unavailable' });
  }
  await expectLeft(store, limits[0], 2);
  await expectLeft(store, limits[1], 3);
});

test('what a begin took of broad limits stays taken when nobody knows whether it has begun', async () => {
  const cluster = await clusterClient();
  const prefix = freshKeyPrefix();
  const limit = broadLimit('one', 2, hourMs);
  const cutOff = async () => Promise.reject(new Error('Connection is closed.'));
  const failing = openStore({ client: bent(cluster, begins, cutOff), prefix });
  await expect(sendUnder(failing, limit)).rejects.toMatchObject({ code: 'store_unavailable' });
  await expectLeft(openStore({ client: cluster, prefix }), limit, 1);
});

test('of begins of many numbers that race, no more pass than a broad limit has left, and none is lost', async () => {
  const store = openStore({ client: await clusterClient(), prefix: freshKeyPrefix() });
  const [narrow, wide] = [broadLimit('narrow', 10, hourMs), broadLimit('wide', 40, hourMs)];
  const begun = await allAtOnce(60, () => sendUnder(store, wide, narrow));
  const passed = begun.filter(({ outcome }) => outcome === 'created').length;
  expect(passed).toBeLessThanOrEqual(10);
  // Whoever was refused has given back what it took of the other one.
  await expectLeft(store, narrow, 10 - passed);
  await expectLeft(store, wide, 40 - passed);
});

test('a begin that is refused on the word of a broad limit begins nothing', async () => {
  const store = openStore({ client: await clusterClient(), prefix: freshKeyPrefix() });
  const full = broadLimit('full', 1, hourMs);
  await sendUnder(store, full);
  const number = numberOn(store);
  expect(await number.begin({ broadLimits: [full] })).toMatchObject({ outcome: 'refused', limit: 'full' });
  expect(await number.find()).toBeNull();
  expect(await number.create()).toMatchObject({ sendsLeft: 2 });
});

test('an erasure reaches the codes of all purposes', async () => {
  const cluster = await clusterClient();
  const prefix = freshKeyPrefix();
  const number = numberOn(openStore({ client: cluster, prefix }));
  for (const purpose of ['a', 'b', 'c']) await number.create({ purpose });
  const record = `${prefix}:{${idOf('a number')}}`;
  const keys = async () => (await Promise.all(cluster.nodes('master').map((node) => node.keys(`${record}*`)))).flat();
  expect(await keys()).toHaveLength(4);
  await number.erase();
  expect(await keys()).toEqual([record]);
});
