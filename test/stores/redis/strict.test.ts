import { describe, expect, onTestFinished, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, numberOn } from '../../../src/testing/store-cases/number.ts';
import { startRedisPair, type RedisPair } from '../../servers/redis.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { clusterClient, openStore, redisClient } from './clients.ts';

const strict = { replicas: 1, timeoutMs: 800 };

async function ownPair(): Promise<RedisPair> {
  const pair = await startRedisPair();
  onTestFinished(() => pair.stop());
  return pair;
}

describe('a strict store', () => {
  test('has an act on the replica when it is answered', async () => {
    const { primary, replica } = await ownPair();
    const client = await redisClient(primary.url);
    const onReplica = await redisClient(replica.url);
    const store = openStore({ client, strict });
    for (let index = 0; index < 50; index += 1) {
      const number = numberOn(store, { name: `number ${index}` });
      await number.create({ broadLimits: [broadLimit(`limit ${index}`, 5, hourMs)] });
      const record = `pp:{${idOf(`number ${index}`)}}`;
      expect(await onReplica.exists(record, `pp:limit:${idOf(`limit limit ${index}`)}`)).toBe(2);
      expect((await number.check('111111')).outcome).toBe('approved');
      expect(await onReplica.hexists(record, 'v0')).toBe(1);
    }
  });

  test('answers nothing that the replica does not have, also what another call wrote, and does again when it is back', async () => {
    const { primary, replica } = await ownPair();
    const client = await redisClient(primary.url);
    const store = openStore({ client, strict });
    const number = numberOn(store);
    const { nonce } = await number.create();
    await replica.pause();
    const acts: Record<string, () => Promise<unknown>> = {
      'a right check': () => number.check('111111', { nonce }),
      'what it ended, told': () => number.check('111111', { nonce }),
      'a begin': () => number.begin(),
    };
    for (const [name, act] of Object.entries(acts)) {
      const error = await act().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error, name).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('replicas') });
    }
    replica.resume();
    await expect
      .poll(
        async () =>
          number.check('111111', { nonce }).then(
            ({ outcome }) => outcome,
            () => null,
          ),
        { timeout: 10_000 },
      )
      .toBe('ended');
  });

  test('on a server that has forgotten the scripts tells them again', async () => {
    const { primary } = await ownPair();
    const client = await redisClient(primary.url);
    const number = numberOn(openStore({ client, strict }));
    await number.create();
    await client.script('FLUSH');
    expect((await number.check('111111')).outcome).toBe('approved');
  });

  test('on a Cluster waits for the replica of the server that holds the number', async () => {
    const client = await clusterClient();
    const store = openStore({ client, strict, prefix: freshKeyPrefix(), clock: virtualClock().now });
    const begun = await allAtOnce(20, async (index) => {
      const number = numberOn(store, { name: `number ${index}` });
      await number.create({ broadLimits: [broadLimit('service', 100, hourMs)] });
      return (await number.check('111111')).outcome;
    });
    expect(new Set(begun)).toEqual(new Set(['approved']));
  });

  test('on a Cluster follows keys that lie elsewhere than the client knew, and charges once', async () => {
    const client = await clusterClient();
    const number = numberOn(openStore({ client, strict, prefix: freshKeyPrefix() }));
    await client.ping();
    // As after slots have moved: the client asks a server that does not hold them.
    const shifted = [...client.slots.slice(5_461), ...client.slots.slice(0, 5_461)];
    client.slots.splice(0, client.slots.length, ...shifted);
    expect(await number.begin()).toMatchObject({ outcome: 'created', delivery: 1, verification: { sendsLeft: 2 } });
    expect(await number.check('000000')).toMatchObject({ outcome: 'incorrect', verification: { checksLeft: 4 } });
  });

  test('with fewer replicas than it waits for, answers nothing', async () => {
    const client = await redisClient();
    const number = numberOn(openStore({ client, strict: { replicas: 1, timeoutMs: 50 }, prefix: freshKeyPrefix() }));
    await expect(number.begin()).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
