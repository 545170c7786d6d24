import { Cluster, type Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { RedisClient } from '../../../src/stores/redis/index.ts';
import type { NumberLimits, Store } from '../../../src/stores/store.ts';
import { broadLimit, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import {
  dayMs,
  hourMs,
  idOf,
  manySends,
  numberOn,
  secretOf,
  usualLimits,
  type NumberOnStore,
} from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, servers } from './clients.ts';

interface Rest {
  readonly store: Store;
  /** Every key of the store. */
  keys(): Promise<string[]>;
  /** Every key and its value as it lies there, as hex. */
  dump(): Promise<string>;
  /** How long each key is kept; -1: without an end. */
  ttlsMs(): Promise<ReadonlyMap<string, number>>;
}

async function openAtRest(connect: () => Promise<RedisClient>): Promise<Rest> {
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

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const secretsOf = (code: string): string[] => [hex(secretOf(code).digest), hex(secretOf(code).seal)];

/** All lifetimes and windows end within this. */
const soonMs = 300;
const soon: NumberLimits = {
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

describe.each(Object.entries(servers))('on %s', (_, connect) => {
  test('digest and seal of a code are at rest no longer than the code is good', async () => {
    const { store, dump } = await openAtRest(connect);
    const at = (name: string) => numberOn(store, { name, limits: manySends });
    const ends: Record<string, (nonce: string) => Promise<unknown>> = {
      approved: () => at('approved').check('111111'),
      'approved on a word': () => at('approved on a word').approve(),
      canceled: () => at('canceled').cancel(),
      guessed: () => at('guessed').guess(5),
      failed: (nonce) => at('failed').settle(nonce, 1, 'rejected'),
      superseded: () => at('superseded').create({ code: '222222', repeatKeyIds: [] }),
      erased: () => at('erased').erase(),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { nonce } = await at(name).create();
      const before = await dump();
      for (const part of secretsOf('111111')) expect(before).toContain(part);
      await end(nonce);
      const after = await dump();
      for (const part of secretsOf('111111')) expect(after, name).not.toContain(part);
    }
    await numberOn(store, { name: 'expired', limits: { ...soon, ended: usualLimits.ended } }).create();
    const shows = async () => secretsOf('111111').some((part) => all.includes(part));
    let all = await dump();
    expect(await shows()).toBe(true);
    await expect.poll(async () => (all = await dump()) && (await shows())).toBe(false);
    expect(all).toContain(hex(Buffer.from(idOf('expired'))));
  });

  test('a code that is repeated is at rest for as long as it is good now', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    await numberOn(store, { limits: { ...manySends, lifetimeMs: 30_000, maxLifetimeMs: hourMs } }).create();
    await numberOn(store, { limits: { ...manySends, lifetimeMs: 60_000, maxLifetimeMs: hourMs } }).begin();
    const [, ttl] = [...(await ttlsMs())].find(([key]) => key.includes(':code:')) ?? [];
    expect(ttl).toBeGreaterThan(45_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
  });

  test('an erasure leaves counters and nothing else of a number, also of several purposes', async () => {
    const { store, keys, dump } = await openAtRest(connect);
    const number = numberOn(store);
    const sealed = new Uint8Array(Buffer.from('sealed number at rest'));
    const purposes = ['one purpose', 'another purpose', 'a third'];
    const ids = await Promise.all(purposes.map((purpose) => number.create({ purpose, number: sealed })));
    await number.guess(1, { purpose: 'one purpose' });
    await number.approve({ purpose: 'a third' });
    expect(await keys()).toHaveLength(3);
    expect(await dump()).toContain(hex(sealed));
    await number.erase();
    expect(await keys()).toHaveLength(1);
    const after = await dump();
    for (const text of [sealed, ...purposes.map((purpose) => Buffer.from(purpose))])
      expect(after).not.toContain(hex(text));
    for (const { nonce } of ids) expect(after).not.toContain(hex(Buffer.from(nonce, 'base64url')));
    expect(await number.begin()).toMatchObject({ outcome: 'refused', limit: 'sends' });
  });

  test('every key goes by itself once nothing of it counts any more', async () => {
    const { store, keys } = await openAtRest(connect);
    const at = (name: string) => numberOn(store, { name, limits: soon });
    await at('pending').create();
    await at('guessed').create();
    await at('guessed').guess(2);
    await at('approved').create();
    await at('approved').check('111111');
    await at('erased').create();
    await at('erased').erase();
    await at('canceled').create();
    await at('canceled').cancel();
    await numberOn(store, { name: 'broad', limits: soon }).begin({ broadLimits: [broadLimit('country', 5, soonMs)] });
    const claim = { key: idOf('key'), fingerprint: 'thing', token: idOf('token'), leaseMs: soonMs, keepMs: soonMs };
    await store.claim(claim);
    await store.complete({ ...claim, answer: new Uint8Array(100) });
    expect((await keys()).length).toBeGreaterThan(0);
    await expect.poll(keys, { timeout: 5_000 }).toEqual([]);
  });

  test('a record is kept for as long as anything of it counts, and no longer', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    const long = 5 * dayMs;
    const begins = async (number: NumberOnStore) => number.create();
    const reasons: Record<string, [Partial<NumberLimits>, (number: NumberOnStore) => Promise<unknown>]> = {
      sends: [{ sends: [{ name: 'sends', max: 3, windowMs: long }] }, begins],
      gap: [{ gapMs: long }, begins],
      attempts: [{ attempts: { max: 3, windowMs: long } }, begins],
      pending: [{ lifetimeMs: long, maxLifetimeMs: long, ended: { max: 4, keepMs: 0 } }, begins],
      'pending, to be told of': [{ ended: { max: 4, keepMs: long - soonMs / 2 } }, begins],
      ended: [{ ended: { max: 4, keepMs: long } }, (number) => number.create().then(() => number.cancel())],
      verified: [{ verifiedMs: long }, (number) => number.create().then(() => number.approve())],
      'wrong checks': [
        { wrongChecks: { max: 9, windowMs: long } },
        (number) => number.create().then(() => number.guess(1)),
      ],
      lock: [{ lock: { after: 9, forMs: long } }, (number) => number.create().then(() => number.guess(1))],
    };
    for (const [name, [limits, act]] of Object.entries(reasons)) {
      await act(numberOn(store, { name, limits: { ...soon, ...limits } }));
      const [, ttl] = [...(await ttlsMs())].find(([key]) => key.endsWith(`{${idOf(name)}}`)) ?? [];
      expect(ttl, name).toBeGreaterThan(long - 5_000);
      expect(ttl, name).toBeLessThanOrEqual(long);
      await numberOn(store, { name, limits: soon }).erase();
    }
  });

  test('no key is without an end but one, and none is kept longer than its longest window', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    const limits: NumberLimits = { ...manySends, lock: { after: 100, forMs: 2 * dayMs }, verifiedMs: 3 * dayMs };
    for (let index = 0; index < 60; index += 1) {
      const number = numberOn(store, { name: `number ${index % 7}`, limits });
      const purpose = `purpose ${index % 3}`;
      const { nonce } = await number.create({ purpose, repeatKeyIds: [] });
      const acts = [
        () => number.check('111111', { purpose }),
        () => number.guess(2, { purpose }),
        () => number.settle(nonce, 1, 'rejected'),
        () => number.cancel({ nonce }),
        () => number.approve({ purpose }),
        () => number.begin({ purpose }),
        () => number.unlock(),
        () => number.erase(),
        () => sendUnder(store, broadLimit(`limit ${index}`, 5, hourMs)),
      ];
      await acts[index % acts.length]?.();
    }
    const ttls = [...(await ttlsMs()).values()];
    expect(ttls.length).toBeGreaterThan(10);
    expect(Math.min(...ttls)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(3 * dayMs);
    await store.bindSubjectKey('fingerprint', { accept: false });
    expect([...(await ttlsMs()).values()].filter((ttl) => ttl === -1)).toHaveLength(1);
  });
});
