import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from '../../../src/stores/redis/index.ts';
import type { NumberLimits, Store } from '../../../src/stores/store.ts';
import { usualLimits } from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore } from './clients.ts';

/** A store, and what lies on its servers. */
export interface Rest {
  readonly store: Store;
  /** Every key of the store. */
  keys(): Promise<string[]>;
  /** Every key and its value as it lies there, as hex. */
  dump(): Promise<string>;
  /** How long each key is kept; -1: without an end. */
  ttlsMs(): Promise<ReadonlyMap<string, number>>;
}

/** A store with keys of its own. */
export async function openAtRest(connect: () => Promise<RedisClient>): Promise<Rest> {
  const client = (await connect()) as Redis | Cluster;
  const prefix = freshKeyPrefix();
  const nodes = client instanceof Cluster ? () => client.nodes('master') : () => [client];
  const keys = async (): Promise<string[]> => {
    await client.ping();
    const found: string[] = [];
    for (const node of nodes()) {
      for await (const batch of node.scanStream({ match: `${prefix}*`, count: 1_000 }))
        found.push(...(batch as string[]));
    }
    return [...new Set(found)];
  };
  return {
    store: openStore({ client, prefix }),
    keys,
    async dump() {
      const lines: Buffer[] = [];
      for (const key of await keys()) {
        lines.push(Buffer.from(key), (await client.dumpBuffer(key)) ?? Buffer.alloc(0));
        // A dump may be compressed: what is in it, too.
        if ((await client.type(key)) === 'hash') lines.push(...(await client.hvalsBuffer(key)));
        else lines.push((await client.getBuffer(key)) ?? Buffer.alloc(0));
      }
      return lines.map((line) => line.toString('hex')).join('\n');
    },
    async ttlsMs() {
      const ttls = await Promise.all(
        (await keys()).map(async (key): Promise<[string, number]> => [key, await client.pttl(key)]),
      );
      // -2: it has gone in between.
      return new Map(ttls.filter(([, ttl]) => ttl !== -2));
    },
  };
}

/** As a dump has it. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** All lifetimes and windows end within this. */
export const soonMs = 300;

/** Limits of which nothing counts for longer than that. */
export const soon: NumberLimits = {
  ...usualLimits,
  sends: [{ name: 'sends', max: 3, windowMs: soonMs }],
  attempts: { max: 13, windowMs: soonMs },
  lifetimeMs: soonMs / 2,
  maxLifetimeMs: soonMs / 2,
  repeatMs: soonMs / 2,
  wrongChecks: { max: 10, windowMs: soonMs },
  lock: { after: 100, forMs: soonMs },
  ended: { max: 4, keepMs: soonMs / 2 },
  verifiedMs: soonMs,
};
