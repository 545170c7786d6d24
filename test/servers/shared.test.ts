import { Cluster, Redis } from 'ioredis';
import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  freshKeyPrefix,
  freshSchemaName,
  pgbouncerUrl,
  postgresUrl,
  redisClusterNodes,
  redisUrl,
  valkeyUrl,
} from './shared.ts';

// Where they have to be fetched first, that takes longer than a test may.
await Promise.all([redisUrl(), valkeyUrl(), redisClusterNodes(), postgresUrl(), pgbouncerUrl()]);

/** What `INFO server` says about itself. */
async function serverInfo(url: string): Promise<string> {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  expect(await client.ping()).toBe('PONG');
  return client.info('server');
}

async function rowOf(url: string, query: string): Promise<Record<string, unknown>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return (await client.query<Record<string, unknown>>(query)).rows[0] ?? {};
}

test('the shared Redis is a Redis, from version 7 on, by itself', async () => {
  const info = await serverInfo(await redisUrl());
  expect(info).toMatch(/redis_version:([7-9]|\d\d)/);
  expect(info).toContain('redis_mode:standalone');
  expect(info).not.toContain('server_name:valkey');
});

test('the shared Valkey is a Valkey', async () => {
  expect(await serverInfo(await valkeyUrl())).toContain('server_name:valkey');
});

test('the shared Redis Cluster has all slots on three primaries, each with a replica, and every node knows all six', async () => {
  const nodes = await redisClusterNodes();
  expect(nodes).toHaveLength(6);
  for (const node of nodes) {
    const client = new Redis({ ...node });
    onTestFinished(() => client.disconnect());
    const info = await client.cluster('INFO');
    expect(info).toContain('cluster_state:ok');
    expect(info).toContain('cluster_slots_ok:16384');
    expect(info).toContain('cluster_known_nodes:6');
    const ranges = await client.cluster('SLOTS');
    expect(ranges.map(([, , ...holders]) => holders.length)).toEqual([2, 2, 2]);
  }

  const cluster = new Cluster([...nodes]);
  onTestFinished(() => cluster.disconnect());
  const prefix = freshKeyPrefix();
  const names = Array.from({ length: 30 }, (_, index) => `${prefix}${index}`);
  await Promise.all(names.map((name) => cluster.set(name, name, 'EX', 60)));
  expect(await Promise.all(names.map((name) => cluster.get(name)))).toEqual(names);
});

test('the shared PostgreSQL answers and takes 200 sessions', async () => {
  const row = await rowOf(await postgresUrl(), `SELECT 1 AS one, current_setting('max_connections') AS sessions`);
  expect(row).toEqual({ one: 1, sessions: '200' });
});

test('the shared PgBouncer stands before the shared PostgreSQL', async () => {
  const started = 'SELECT pg_postmaster_start_time() AS at, current_user AS name';
  expect(await rowOf(await pgbouncerUrl(), started)).toEqual(await rowOf(await postgresUrl(), started));
  expect(await pgbouncerUrl()).not.toBe(await postgresUrl());
});

test('whoever asks again is given the same servers', async () => {
  expect(await Promise.all([redisUrl(), redisUrl()])).toEqual([await redisUrl(), await redisUrl()]);
  expect(await redisClusterNodes()).toEqual(await redisClusterNodes());
});

test('servers that the environment names are used as they are', async () => {
  const named = {
    TEST_REDIS_URL: 'redis://a:1',
    TEST_VALKEY_URL: 'redis://b:2',
    TEST_REDIS_CLUSTER_NODES: 'c:3, [::1]:4,d',
    TEST_POSTGRES_URL: 'postgres://e:5/f',
    TEST_PGBOUNCER_URL: 'postgres://g:6/h',
  };
  for (const [name, value] of Object.entries(named)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await redisUrl()).toBe('redis://a:1');
  expect(await valkeyUrl()).toBe('redis://b:2');
  expect(await redisClusterNodes()).toEqual([
    { host: 'c', port: 3 },
    { host: '::1', port: 4 },
    { host: 'd', port: 6379 },
  ]);
  expect(await postgresUrl()).toBe('postgres://e:5/f');
  expect(await pgbouncerUrl()).toBe('postgres://g:6/h');
});

test('prefixes and schema names are not given twice', () => {
  const names = Array.from({ length: 1000 }, () => [freshKeyPrefix(), freshSchemaName()]).flat();
  expect(new Set(names).size).toBe(2000);
});
