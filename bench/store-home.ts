import type { Redis } from 'ioredis';
import { postgresHome } from './homes/postgres.ts';
import { redisClusterHome, redisHome } from './homes/redis.ts';
import { memoryHome, sqliteHome } from './homes/process.ts';

/** What is measured, in the order of the tables. */
export const storeNames = ['memory', 'sqlite', 'redis', 'redis-cluster', 'postgres'] as const;
export type StoreName = (typeof storeNames)[number];

/** Where one candidate keeps its numbers: its own memory, a file, or a server that nobody else uses unless the environment names it. */
export interface StoreHome {
  /** As `PHONEPROOF_STORE` takes it. */
  readonly address: string;
  /** What the server is, and how durable; null where there is none. */
  readonly server: string | null;
  /** CPU time of the server so far, all its processes, in microseconds; null where there is none or its processes cannot be seen from here. */
  cpuUs(): Promise<number | null>;
  /** What the numbers take: in memory on Redis, else on disk; null where it is not known. */
  bytes(): Promise<number | null>;
  /** One client of each Redis server that holds slots, in the order of the slots; of other stores none. */
  readonly primaries: readonly Redis[];
  /** Removes what was written, and ends the server if it was started for this. */
  close(): Promise<void>;
}

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
