import { Cluster, Redis } from 'ioredis';
import { redisStore } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';

/** Opens the store at an address like `redis://127.0.0.1:6379?prefix=name`, or `redis-cluster://...` for the cluster that the server is one of. */
export async function storeAt(address: string): Promise<Store> {
  const url = new URL(address);
  const prefix = url.searchParams.get('prefix') ?? '';
  const server = { host: url.hostname, port: Number(url.port) };
  return redisStore({ client: url.protocol === 'redis-cluster:' ? new Cluster([server]) : new Redis(server), prefix });
}
