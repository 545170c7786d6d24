import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import type { Pool } from 'pg';
import { ConfigurationError } from '../errors.ts';
import type { StoreChoice } from './config/backends.ts';

/** Told when a connection to the store breaks and when it is back. */
export interface ConnectionListener {
  lost(error: unknown): void;
  back(): void;
}

const connectTimeoutMs = 2_000;
/** A connection on which nothing has come back for so long is dead, whatever the operating system still hopes for. */
const silenceMs = 3_000;
const keepAliveMs = 5_000;
const slowestRetryMs = 1_000;

/** What suits the stores: they bound each act themselves, and nothing may be done twice or long after its caller was told that it failed. */
const redisOptions: RedisOptions = {
  connectTimeout: connectTimeoutMs,
  socketTimeout: silenceMs,
  keepAlive: keepAliveMs,
  retryStrategy: (times) => Math.min(times * 50, slowestRetryMs),
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
};

/** Connects to one Redis or Valkey server, and again whenever the connection breaks. */
export async function connectRedis(
  { url }: Extract<StoreChoice, { kind: 'redis' }>,
  listener: ConnectionListener,
): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, redisOptions);
  tell(client, listener);
  const { db = 0 } = client.options;
  if (db > 0) await requireDatabase(client, db);
  return client;
}

/** A client goes on with database 0 where the server has no other. What is wrong with the connection itself shows at the first act. */
async function requireDatabase(client: Redis, db: number): Promise<void> {
  try {
    await client.select(db);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ReplyError' && error.message.includes('DB index'))) return;
    client.disconnect();
    throw new ConfigurationError([`PHONEPROOF_STORE names database ${db}, which the Redis server does not have.`]);
  }
}

/** Connects to the nodes of a cluster, as it knows them. */
export async function connectRedisCluster(
  { nodes, username, password, tls }: Extract<StoreChoice, { kind: 'redis-cluster' }>,
  listener: ConnectionListener,
): Promise<Cluster> {
  const { Cluster } = await import('ioredis');
  const options: ClusterOptions = {
    slotsRefreshTimeout: connectTimeoutMs,
    slotsRefreshInterval: 5_000,
    retryDelayOnFailover: 100,
    retryDelayOnTryAgain: 100,
    clusterRetryStrategy: (times) => Math.min(times * 50, slowestRetryMs),
    redisOptions: {
      ...redisOptions,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls: {} }),
    },
  };
  const cluster = new Cluster([...nodes], options);
  tell(cluster, listener);
  return cluster;
}

/** Opens a pool of connections to PostgreSQL. None is made before the first query. */
export async function connectPostgres(
  { url, connections = 10 }: Extract<StoreChoice, { kind: 'postgres' }>,
  listener: ConnectionListener,
): Promise<Pool> {
  const { Pool } = await import('pg');
  const pool = new Pool({
    connectionString: url,
    application_name: 'phoneproof',
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  });
  // Of a connection that nobody uses just now: the pool makes another when one is needed.
  tellOnce(listener, (lost, back) => {
    pool.on('error', lost);
    pool.on('connect', (client) => {
      // What nobody listens to when it happens, a client throws, which would end the process.
      client.on('error', () => {});
      back();
    });
  });
  return pool;
}

/** Says each change once, however many attempts to connect fail. */
function tellOnce(
  listener: ConnectionListener,
  listen: (lost: (error: unknown) => void, back: () => void) => void,
): void {
  let isLost = false;
  listen(
    (error) => {
      if (!isLost) listener.lost(error);
      isLost = true;
    },
    () => {
      if (isLost) listener.back();
      isLost = false;
    },
  );
}

function tell(client: Redis | Cluster, listener: ConnectionListener): void {
  tellOnce(listener, (lost, back) => {
    client.on('error', lost);
    client.on('ready', back);
  });
}
