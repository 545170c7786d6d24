import { memoryStore } from '../stores/memory.ts';
import { postgresStore } from '../stores/postgres/index.ts';
import { redisStore, type RedisClient } from '../stores/redis/index.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import type { Store } from '../stores/store.ts';
import type { RedisStoreChoice, StoreChoice } from './config/backends.ts';
import { connectPostgres, connectRedis, connectRedisCluster, type ConnectionListener } from './connections.ts';

/** A store with the connections that were made for it. */
export interface OpenedStore {
  readonly store: Store;
  /** Brings the schema up to date; resolves with the names of the migrations that were applied. Null where a store needs none or migrates itself. */
  readonly migrate: (() => Promise<readonly string[]>) | null;
  /** Finishes what was asked of the store, and closes the connections. */
  close(): Promise<void>;
}

const replicasTimeoutMs = 1_000;

/** Opens the store that was chosen. Makes no connection that it needs before the first verb, and fails there. */
export async function openStore(choice: StoreChoice, listener: ConnectionListener): Promise<OpenedStore> {
  switch (choice.kind) {
    case 'memory':
      return alone(memoryStore());
    case 'sqlite':
      return alone(sqliteStore({ path: choice.path }));
    case 'redis':
      return onRedis(await connectRedis(choice, listener), choice.options);
    case 'redis-cluster':
      return onRedis(await connectRedisCluster(choice, listener), choice.options);
    case 'postgres': {
      const pool = await connectPostgres(choice, listener);
      const store = postgresStore({ pool, ...(choice.schema !== undefined && { schema: choice.schema }) });
      return {
        store,
        migrate: () => store.migrate(),
        async close() {
          await store.close();
          await pool.end();
        },
      };
    }
  }
}

function alone(store: Store): OpenedStore {
  return { store, migrate: null, close: () => store.close() };
}

function onRedis(client: RedisClient & { disconnect(): void }, { prefix, replicas }: RedisStoreChoice): OpenedStore {
  const store = redisStore({
    client,
    ...(prefix !== undefined && { prefix }),
    ...(replicas !== undefined && { strict: { replicas, timeoutMs: replicasTimeoutMs } }),
  });
  return {
    store,
    migrate: null,
    async close() {
      await store.close();
      client.disconnect();
    },
  };
}
