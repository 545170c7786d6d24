import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { redisStore, type RedisClient } from '../../../src/stores/redis/index.ts';
import { idOf, numberOn, secretOf } from '../../../src/testing/store-cases/number.ts';
import { startRedis } from '../../servers/redis.ts';
import type { Server } from '../../servers/server-process.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, redisClient } from './clients.ts';

async function ownServer(): Promise<Server> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

/** A client that keeps trying and that tells errors to nobody. */
function patientClient({ port }: Server): Redis {
  const client = new Redis(port, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** What a server answers, as clients tell it. */
class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

/** A client whose next commands are answered with these errors, before it asks the server. */
function refusing(client: RedisClient, errors: Error[]): RedisClient {
  return {
    isCluster: false,
    callBuffer: async (command, args) => {
      const error = errors.shift();
      if (error) throw error;
      return client.callBuffer(command, args);
    },
    pipeline: () => client.pipeline(),
  };
}

async function failureOf(act: Promise<unknown>): Promise<{ error: StoreError; afterMs: number }> {
  const startMs = performance.now();
  const error: unknown = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  return { error: error as StoreError, afterMs: performance.now() - startMs };
}

describe('a server that does not answer', () => {
  test('is waited for 2 s, whatever the client waits, and its late answer is forgotten', async () => {
    const server = await ownServer();
    const client = patientClient(server);
    const store = redisStore({ client });
    const number = numberOn(store);
    const { nonce } = await number.create();
    await server.pause();
    const checked = failureOf(number.check('111111'));
    const begun = failureOf(number.begin());
    const closed = store.close().then(() => performance.now());
    const { afterMs } = await checked;
    expect(afterMs).toBeGreaterThan(1_900);
    expect(afterMs).toBeLessThan(2_600);
    await begun;
    expect(await closed).toBeGreaterThan(0);
    server.resume();
    // Late, the server did it all the same: the whole act.
    const again = numberOn(openStore({ client }));
    await expect.poll(async () => (await again.find({ nonce }))?.status).toBe('approved');
  });

  test('that is down is given up on within 2 s, and used again when it is back', async () => {
    const server = await ownServer();
    const client = patientClient(server);
    const number = numberOn(openStore({ client }));
    await number.create();
    await server.kill();
    const { afterMs } = await failureOf(number.begin());
    expect(afterMs).toBeLessThan(2_600);
    await server.restart();
    await expect
      .poll(
        async () =>
          number.lookup().then(
            () => 'answered',
            () => 'failed',
          ),
        { timeout: 10_000 },
      )
      .toBe('answered');
  });

  test('is told at once when the client says so', async () => {
    const server = await ownServer();
    const client = new Redis(server.port, { retryStrategy: () => null });
    client.on('error', () => {});
    const number = numberOn(openStore({ client }));
    await number.create();
    await server.kill();
    await expect.poll(() => client.status).toBe('end');
    const { afterMs } = await failureOf(number.begin());
    expect(afterMs).toBeLessThan(500);
  });
});

describe('a server that cannot act for a moment', () => {
  test.each([
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'CLUSTERDOWN The cluster is down',
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "READONLY You can't write against a read only replica.",
    'ERR Error running script (call to f_1): @user_script:12: -READONLY You can not write against a read only replica.',
    'BUSY Redis is busy running a script.',
    'NOREPLICAS Not enough good replicas to write.',
  ])('is asked again: %s', async (message) => {
    const errors = Array.from({ length: 3 }, () => new ReplyError(message));
    const client = refusing(await redisClient(), errors);
    const number = numberOn(openStore({ client, prefix: freshKeyPrefix() }));
    expect(await number.begin()).toMatchObject({ outcome: 'created', verification: { sendsLeft: 2 } });
    expect(errors).toEqual([]);
  });

  test('is given up on after 2 s, with the reason that it gave', async () => {
    const server = await ownServer();
    const client = await redisClient(server.url);
    const number = numberOn(openStore({ client }));
    const { nonce } = await number.create();
    await client.replicaof('127.0.0.1', 1);
    const { error, afterMs } = await failureOf(number.check('000000'));
    expect(afterMs).toBeGreaterThan(1_900);
    expect(afterMs).toBeLessThan(2_600);
    expect(error.message).toContain('READONLY');
    await client.replicaof('NO', 'ONE');
    expect((await number.find({ nonce }))?.checksLeft).toBe(5);
  });

  test('is used as soon as it can', async () => {
    const server = await ownServer();
    const [client, operator] = [await redisClient(server.url), await redisClient(server.url)];
    const number = numberOn(openStore({ client }));
    await number.create();
    await operator.replicaof('127.0.0.1', 1);
    const checked = number.check('111111');
    setTimeout(() => void operator.replicaof('NO', 'ONE'), 300);
    expect((await checked).outcome).toBe('approved');
  });
});

test.each([
  'OOM command not allowed when used memory > maxmemory.',
  'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
  "NOPERM this user has no permissions to run the 'evalsha' command",
  'CROSSSLOT Keys in request do not hash to the same slot',
])('what does not pass is told at once: %s', async (message) => {
  const client = refusing(await redisClient(), [new ReplyError(message)]);
  const { error, afterMs } = await failureOf(numberOn(openStore({ client, prefix: freshKeyPrefix() })).begin());
  expect(afterMs).toBeLessThan(500);
  expect(error.message).toContain(message);
});

test('an error holds nothing of what was asked', async () => {
  const client = await redisClient();
  const prefix = freshKeyPrefix();
  const number = numberOn(openStore({ client, prefix }));
  const sealed = new Uint8Array(Buffer.from('sealed number'));
  await client.set(`${prefix}:{${idOf('a number')}}`, 'of another program');
  const { error } = await failureOf(number.begin({ number: sealed }));
  expect(error.message).toContain('prefix');
  const told = inspect(error, { depth: 20, maxStringLength: Infinity, maxArrayLength: Infinity });
  for (const bytes of [sealed, secretOf('111111').digest, secretOf('111111').seal]) {
    const buffer = Buffer.from(bytes);
    expect(told).not.toContain(inspect(buffer).slice('<Buffer '.length, 40));
    expect(told).not.toContain(buffer.toString('latin1'));
    expect(told).not.toContain(buffer.toString('utf8'));
  }
});

test.each([
  ['a later version', 't0', Buffer.from([2, ...Array.from({ length: 12 }, () => 0)])],
  ['what is no record', 'l0', Buffer.from('not a verification')],
])('a record of %s is not touched, and told', async (_, field, value) => {
  const client = await redisClient();
  const prefix = freshKeyPrefix();
  const number = numberOn(openStore({ client, prefix }));
  await number.create();
  const key = `${prefix}:{${idOf('a number')}}`;
  await client.hset(key, field, value);
  const before = await client.hgetallBuffer(key);
  for (const act of [() => number.begin(), () => number.check('111111'), () => number.find(), () => number.erase()]) {
    await failureOf(act());
  }
  expect(await client.hgetallBuffer(key)).toEqual(before);
});

test('a code whose secret the server has dropped judges and charges nothing, and a begin makes a new one', async () => {
  const client = await redisClient();
  const prefix = freshKeyPrefix();
  const number = numberOn(openStore({ client, prefix }));
  const { nonce } = await number.create();
  const [code] = await client.keys(`${prefix}*:code:*`);
  await client.del(code ?? '');
  for (const guess of ['111111', '000000']) expect((await number.check(guess)).outcome).toBe('not_found');
  expect((await number.find({ nonce }))?.checksLeft).toBe(5);
  expect((await number.begin()).outcome).toBe('created');
  expect((await number.find({ nonce }))?.status).toBe('superseded');
});

test('a store that is closed leaves the client open and takes no more', async () => {
  const client = await redisClient();
  const store = redisStore({ client, prefix: freshKeyPrefix() });
  await store.ping();
  await store.close();
  await store.close();
  await failureOf(store.ping());
  expect(await client.ping()).toBe('PONG');
});

test('numbers as strings are understood', async () => {
  const client = await redisClient(undefined, { stringNumbers: true });
  const prefix = freshKeyPrefix();
  const number = numberOn(openStore({ client, prefix }));
  const { createdAtMs } = await number.create();
  expect(createdAtMs).toBeGreaterThan(0);
  expect((await number.check('111111')).outcome).toBe('approved');
  expect(await number.lookup()).not.toBeNull();
});

test.each([
  { prefix: '{mine}' },
  { strict: { replicas: 0, timeoutMs: 500 } },
  { strict: { replicas: 1.5, timeoutMs: 500 } },
  { strict: { replicas: 1, timeoutMs: 2_000 } },
])('options that cannot work are refused: %o', async (options) => {
  const client = await redisClient();
  expect(() => redisStore({ client, ...options })).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
});
