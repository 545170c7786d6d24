import { Cluster } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { redisStore } from '../../../src/stores/redis/index.ts';
import { startRedis, startRedisPair, startValkey } from '../../servers/redis.ts';
import { startRedisCluster } from '../../servers/redis-cluster.ts';
import { redisClient } from './clients.ts';

const durable = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];

test.each([
  ['Redis', startRedis],
  ['Valkey', startValkey],
])('a %s that keeps what it is given is no danger', async (_, start) => {
  for (const args of [durable, ['--save', '900 1']]) {
    const server = await start({ args });
    onTestFinished(() => server.stop());
    expect(await redisStore({ client: await redisClient(server.url) }).inspect?.()).toEqual([]);
  }
});

test('a server that evicts keys is told of, and one that writes nothing to its disk', async () => {
  const server = await startRedis({ args: ['--maxmemory-policy', 'volatile-lru'] });
  onTestFinished(() => server.stop());
  const dangers = await redisStore({ client: await redisClient(server.url) }).inspect?.();
  expect(dangers).toEqual([expect.stringContaining('volatile-lru'), expect.stringContaining('disk')]);
});

test('what a user may not look at is told of, and no password', async () => {
  const server = await startRedis({ args: durable });
  onTestFinished(() => server.stop());
  const operator = await redisClient(server.url);
  await operator.acl('SETUSER', 'app', 'on', '>hunter2-hunter2', '~*', '+@all', '-info', '-config');
  const client = await redisClient(server.url, {
    username: 'app',
    password: 'hunter2-hunter2',
    enableReadyCheck: false,
  });
  const dangers = (await redisStore({ client }).inspect?.()) ?? [];
  expect(dangers).toHaveLength(2);
  for (const danger of dangers) {
    expect(danger).toContain('NOPERM');
    expect(danger).not.toContain('hunter2');
  }
});

test('strict mode without enough replicas is told of', async () => {
  const pair = await startRedisPair();
  onTestFinished(() => pair.stop());
  const client = await redisClient(pair.primary.url);
  const inspected = async (replicas: number) =>
    (await redisStore({ client, strict: { replicas, timeoutMs: 500 } }).inspect?.())?.join(' ');
  expect(await inspected(1)).not.toContain('replicas');
  expect(await inspected(2)).toContain('1 replicas, and strict mode waits for 2');
});

test('of a Cluster each primary is looked at', async () => {
  const cluster = await startRedisCluster({ args: ['--maxmemory-policy', 'noeviction'] });
  onTestFinished(() => cluster.stop());
  const client = new Cluster([...cluster.addresses]);
  onTestFinished(() => client.disconnect());
  const dangers = (await redisStore({ client }).inspect?.()) ?? [];
  expect(dangers).toHaveLength(3);
  for (const { port } of cluster.nodes.slice(0, 3)) {
    expect(dangers).toContainEqual(expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*disk`)));
  }
});
