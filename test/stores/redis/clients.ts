import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { Redis as ValkeyClient } from 'iovalkey';
import { onTestFinished } from 'vitest';
import { redisStore, type RedisClient, type RedisStoreOptions } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { redisClusterNodes, redisUrl, valkeyUrl } from '../../servers/shared.ts';

/** A client of the shared Redis, or of another, that goes with the test. */
export async function redisClient(url?: string, options: RedisOptions = {}): Promise<Redis> {
  const client = new Redis(url ?? (await redisUrl()), options);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A client of the shared Valkey that goes with the test. */
export async function valkeyClient(): Promise<ValkeyClient> {
  const client = new ValkeyClient(await valkeyUrl());
  onTestFinished(() => client.disconnect());
  return client;
}

/** A client of the shared Cluster that goes with the test. */
export async function clusterClient(): Promise<Cluster> {
  const client = new Cluster([...(await redisClusterNodes())]);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Every kind of server that the store promises to work on. */
export const servers: Readonly<Record<string, () => Promise<RedisClient>>> = {
  Redis: redisClient,
  'Valkey through iovalkey': valkeyClient,
  'a Redis Cluster': clusterClient,
};

/** A store that is closed with the test. */
export function openStore(options: RedisStoreOptions): Store {
  const store = redisStore(options);
  onTestFinished(() => store.close());
  return store;
}
