import { Cluster, Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RedisClient } from '../../src/stores/redis/index.ts';
import type { NumberLimits, Store } from '../../src/stores/store.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { broadLimit } from '../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../src/testing/store-cases/case.ts';
import { dayMs, idOf, minuteMs, numberOn, usualLimits } from '../../src/testing/store-cases/number.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis, startValkey } from '../servers/redis.ts';
import { startRedisCluster } from '../servers/redis-cluster.ts';
import { migratedDatabase } from './postgres/database.ts';
import { openStore } from './redis/clients.ts';

const numbers = 200;
const waves = 3;

/** All lifetimes and windows end after `endMs`. */
function limitsThatEnd(endMs: number): NumberLimits {
  return {
    ...usualLimits,
    sends: [{ name: 'sends', max: 3, windowMs: endMs }],
    attempts: { max: 13, windowMs: endMs },
    lifetimeMs: endMs,
    maxLifetimeMs: endMs,
    repeatMs: endMs,
    wrongChecks: { max: 10, windowMs: endMs },
    lock: { after: 100, forMs: endMs },
    ended: { max: 4, keepMs: endMs },
    verifiedMs: endMs,
  };
}

/** New numbers, each begun under broad limits and gone on with in one of the ways there are, and as many idempotency keys. */
async function wave(store: Store, name: string, endMs: number): Promise<void> {
  const limits = limitsThatEnd(endMs);
  await allAtOnce(numbers, async (index) => {
    const number = numberOn(store, { name: `${name} ${index}`, limits });
    const broadLimits = [broadLimit('service', 1e6, endMs), broadLimit(`${name} address ${index % 50}`, 1e6, endMs)];
    const { nonce } = await number.create({ broadLimits });
    await number.settle(nonce, 1, index % 9 === 0 ? 'rejected' : 'accepted');
    const ways = [
      () => number.check('111111'),
      () => number.check('000000'),
      () => number.check('000000').then(() => number.check('111111')),
      () => number.cancel(),
      () => number.approve(),
      () => number.begin({ purpose: 'withdrawal', broadLimits }),
      () => number.begin({ repeatKeyIds: [], broadLimits }),
      () => number.erase(),
      () => number.unlock(),
      () => number.lookup(),
    ];
    await ways[index % ways.length]?.();
    const token = idOf(`token ${name} ${index}`);
    const key = idOf(`key ${name} ${index}`);
    await store.claim({ key, fingerprint: idOf('thing'), token, leaseMs: endMs, keepMs: endMs });
    if (index % 3 > 0) await store.complete({ key, token, answer: index % 3 === 1 ? new Uint8Array(500) : null });
  });
}

/** Servers that look for ended keys as often as they can, and whose memory is not that of a log for replicas. */
const args = ['--hz', '500', '--repl-backlog-size', '16kb'];

interface RedisUnderTest {
  client: RedisClient;
  /** One for each server, replicas included. */
  nodes: readonly Redis[];
}

async function single(start: typeof startRedis): Promise<RedisUnderTest> {
  const { url, stop } = await start({ args });
  onTestFinished(stop);
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return { client, nodes: [client] };
}

async function cluster(): Promise<RedisUnderTest> {
  const { addresses, stop } = await startRedisCluster({ args: [...args, '--cluster-node-timeout', '15000'] });
  onTestFinished(stop);
  const client = new Cluster([...addresses]);
  const nodes = addresses.map((address) => new Redis(address));
  onTestFinished(() => {
    for (const each of [client, ...nodes]) each.disconnect();
  });
  return { client, nodes };
}

const servers: Record<string, () => Promise<RedisUnderTest>> = {
  Redis: () => single(startRedis),
  Valkey: () => single(startValkey),
  'a Redis Cluster, replicas included': cluster,
};

describe('when all lifetimes and windows are over no key is left, and no memory is held, wave after wave, on', () => {
  test.each(Object.entries(servers))('%s', { timeout: 90_000 }, async (_, open) => {
    // Time passes by the servers' clock: long enough for a wave on a busy machine.
    const endMs = 1_000;
    const { client, nodes } = await open();
    const store = openStore({ client });
    const keys = async (): Promise<number> => sum(await Promise.all(nodes.map((node) => node.dbsize())));
    const usedBytes = async (): Promise<number> => {
      const infos = await Promise.all(nodes.map((node) => node.info('memory')));
      return sum(infos.map((info) => Number(/^used_memory:(\d+)/m.exec(info)?.[1])));
    };
    await store.bindSubjectKey('fingerprint', { accept: false });
    // The fingerprint, and its copy on a replica, which comes a moment later.
    const kept = nodes.length === 1 ? 1 : 2;
    await expect.poll(keys).toBe(kept);

    const full: number[] = [];
    const empty: number[] = [];
    for (let i = 0; i < waves; i += 1) {
      await wave(store, `wave ${i}`, endMs);
      expect(await keys()).toBeGreaterThan(kept);
      full.push(await usedBytes());
      await expect.poll(keys, { timeout: 20_000 }).toBe(kept);
      empty.push(await usedBytes());
    }
    // Servers give buffers of connections back a while after they were needed.
    const held = async (): Promise<number> => (await usedBytes()) - empty[0]!;
    await expect.poll(held, { timeout: 20_000 }).toBeLessThan((full[0]! - empty[0]!) / 4);
  });
});

test('when all lifetimes and windows are over prune leaves no row in PostgreSQL, and tables and indexes do not grow, wave after wave', async () => {
  const clock = virtualClock();
  // Its own: another test's transaction would keep vacuum from its work.
  const { url, stop } = await startPostgres();
  onTestFinished(stop);
  const { open, sql } = await migratedDatabase(url);
  const store = open({ clock: clock.now });
  const tables = ['numbers', 'broad_limits', 'claims'];
  const rows = async (): Promise<number> =>
    sum(
      await Promise.all(
        tables.map(async (table) => Number((await sql(`SELECT count(*) FROM $schema.${table}`))[0]?.['count'])),
      ),
    );
  const bytes = async (): Promise<number> =>
    sum(
      await Promise.all(
        tables.map(async (table) =>
          Number((await sql(`SELECT pg_total_relation_size('$schema.${table}') AS bytes`))[0]?.['bytes']),
        ),
      ),
    );

  const full: number[] = [];
  for (let i = 0; i < waves; i += 1) {
    await wave(store, `wave ${i}`, minuteMs);
    expect(await rows()).toBeGreaterThan(numbers);
    full.push(await bytes());
    clock.advance(2 * minuteMs);
    while ((await store.prune()) > 0);
    expect(await rows()).toBe(0);
    // What autovacuum does in its own time.
    for (const table of tables) await sql(`VACUUM $schema.${table}`);
  }
  // How many dead rows there are meanwhile is chance; without their room being used again it would be as many times as much as there were waves.
  expect(full.at(-1)).toBeLessThan(full[0]! * 2);
});

describe('a number and a broad limit that are in use day after day take no more room than after the first days, on', () => {
  const days = 6;
  const everyMs = 40 * minuteMs;

  /** The room after each day, of what the store then holds. */
  async function dayByDay(store: Store, advance: (ms: number) => void, room: () => Promise<number>): Promise<number[]> {
    const number = numberOn(store);
    const broadLimits = [broadLimit('service', 1e6, dayMs)];
    const rooms: number[] = [];
    for (let day = 0; day < days; day += 1) {
      for (let ms = 0; ms < dayMs; ms += everyMs) {
        const begun = await number.begin({ broadLimits });
        if (begun.outcome !== 'refused') await number.settle(begun.verification.nonce, 1, 'accepted');
        await number.check('000000');
        if (ms % (3 * everyMs) === 0) await number.check('111111');
        advance(everyMs);
      }
      rooms.push(await room());
    }
    return rooms;
  }

  test.each(Object.entries({ Redis: servers['Redis']!, Valkey: servers['Valkey']! }))('%s', async (_, open) => {
    const clock = virtualClock();
    const { client, nodes } = await open();
    const rooms = await dayByDay(openStore({ client, clock: clock.now }), clock.advance, async () => {
      const keys = (await nodes[0]?.keys('*')) ?? [];
      return sum(
        await Promise.all(
          keys.map(async (key) => (await nodes[0]?.strlen(key).catch(() => hashBytes(nodes[0]!, key))) ?? 0),
        ),
      );
    });
    expectLevel(rooms);
  });

  test('PostgreSQL', async () => {
    const clock = virtualClock();
    const { open, sql } = await migratedDatabase();
    const rooms = await dayByDay(open({ clock: clock.now }), clock.advance, async () => {
      const [row] = await sql(`SELECT
        (SELECT sum(length(record)) FROM $schema.numbers) + (SELECT sum(length(buckets::text)) FROM $schema.broad_limits) AS bytes`);
      return Number(row?.['bytes']);
    });
    expectLevel(rooms);
  });
});

/** No more in the second half than in the first. */
function expectLevel(rooms: readonly number[]): void {
  const half = rooms.length / 2;
  expect(Math.min(...rooms)).toBeGreaterThan(0);
  expect(Math.max(...rooms.slice(half))).toBeLessThanOrEqual(Math.max(...rooms.slice(0, half)) * 1.1);
}

async function hashBytes(node: Redis, key: string): Promise<number> {
  return sum(Object.entries(await node.hgetall(key)).map(([field, value]) => field.length + value.length));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
