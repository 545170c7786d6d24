import { describe, expect, onTestFinished, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, numberOn, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { following, startRedisPair, startValkey, type RedisPair } from '../../servers/redis.ts';
import type { Server } from '../../servers/server-process.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { clusterClient, openStore, redisClient } from './clients.ts';

const strict = { replicas: 1, timeoutMs: 800 };

/** A primary and its replica. What a connection that has written nothing waits for is not the same on both: Valkey waits for its last write alone. */
const pairs: Readonly<Record<string, () => Promise<Pick<RedisPair, 'primary' | 'replica'>>>> = {
  async Redis() {
    const pair = await startRedisPair();
    onTestFinished(() => pair.stop());
    await acknowledging(pair.primary);
    return pair;
  },
  async Valkey() {
    const args = ['--repl-diskless-sync-delay', '0'];
    const primary = await startValkey({ args });
    onTestFinished(() => primary.stop());
    const replica = await startValkey({ args: [...args, '--replicaof', '127.0.0.1', String(primary.port)] });
    onTestFinished(() => replica.stop());
    await following(replica.port);
    await acknowledging(primary);
    return { primary, replica };
  },
};

/** Resolves when the replica acknowledges what the primary writes: a moment after it follows. */
async function acknowledging(primary: Server): Promise<void> {
  const client = await redisClient(primary.url);
  await client.set('a write', 'to wait for');
  expect(await client.wait(1, 9_000)).toBe(1);
}

describe.each(Object.entries(pairs))('a strict store on %s', (_, ownPair) => {
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
      expect(await onReplica.hexists(`${record}:marks`, 'v0')).toBe(1);
    }
  });

  test('answers nothing that the replica does not have, also what another call wrote, and does again when it is back', async () => {
    const { primary, replica } = await ownPair();
    const [client, other] = [await redisClient(primary.url), await redisClient(primary.url)];
    const [store, elsewhere] = [openStore({ client, strict }), openStore({ client: other, strict })];
    const number = numberOn(store);
    const { nonce } = await number.create();
    await numberOn(elsewhere).check('000000');
    const locked = { name: 'locked', limits: { ...usualLimits, lock: { after: 1, forMs: hourMs } } };
    await numberOn(store, locked).create();
    await numberOn(store, locked).guess(1);
    // As if a day had passed: what locks it is left alone.
    await client.del(`pp:{${idOf('locked')}}`);
    await replica.pause();
    const acts: Record<string, () => Promise<unknown>> = {
      'a lock, told through another connection': () => numberOn(elsewhere, locked).begin(),
      'a right check': () => number.check('111111', { nonce }),
      'what it ended, told through another connection': () => numberOn(elsewhere).check('111111', { nonce }),
      'a begin': () => number.begin(),
    };
    for (const [name, act] of Object.entries(acts)) {
      const error = await act().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      const message = expect.stringContaining('replicas');
      expect(error, name).toMatchObject({ code: 'store_unavailable', message });
    }
    replica.resume();
    const outcome = () =>
      number.check('111111', { nonce }).then(
        (checked) => checked.outcome,
        () => 'failed',
      );
    await expect.poll(outcome, { timeout: 10_000 }).toBe('ended');
  });

  test('on a server that has forgotten the scripts tells them again', async () => {
    const { primary } = await ownPair();
    const client = await redisClient(primary.url);
    const number = numberOn(openStore({ client, strict }));
    await number.create();
    await client.script('FLUSH');
    expect((await number.check('111111')).outcome).toBe('approved');
  });
});

describe('a strict store', () => {
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
