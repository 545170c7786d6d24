import type { StoreHome } from './homes/home.ts';
import { postgresHome } from './homes/postgres.ts';
import { redisClusterHome, redisHome } from './homes/redis.ts';
import { memoryHome, sqliteHome } from './homes/process.ts';

/** What is measured, in the order of the tables. */
export const storeNames = ['memory', 'sqlite', 'redis', 'redis-cluster', 'postgres'] as const;
export type StoreName = (typeof storeNames)[number];

const openers: Record<StoreName, (options: { space: string; folder: string }) => Promise<StoreHome>> = {
  memory: memoryHome,
  sqlite: sqliteHome,
  redis: redisHome,
  'redis-cluster': redisClusterHome,
  postgres: postgresHome,
};

let opened = 0;

/** Makes an empty place for a candidate's numbers. */
export function openStoreHome(store: StoreName, folder: string): Promise<StoreHome> {
  return openers[store]({ space: `bench_${process.pid}_${++opened}`, folder });
}
