import { setTimeout } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { InvalidRequestError, StoreError } from '../../../src/errors.ts';
import type { PostgresStore } from '../../../src/stores/postgres/index.ts';
import type { CheckOutcome, NumberLimits } from '../../../src/stores/store.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import {
  dayMs,
  hourMs,
  manySends,
  numberOn,
  requestsOf,
  usualLimits,
} from '../../../src/testing/store-cases/number.ts';
import { pgbouncerUrl, postgresUrl } from '../../servers/shared.ts';
import { migratedDatabase, type Database } from './database.ts';

const right = '111111';
const wrong = '000000';

describe.each([
  ['PostgreSQL', await postgresUrl()],
  ['PostgreSQL behind PgBouncer', await pgbouncerUrl()],
])('within a transaction of the caller, on %s,', (_name, url) => {
  let database: Database;
  let pool: Pool;
  let store: PostgresStore;
  let number: ReturnType<typeof numberOn>;
  const requests = requestsOf('a number', usualLimits);

  beforeEach(async () => {
    database = await migratedDatabase(url);
    pool = database.pool({ max: 10 });
    store = database.open({ pool });
    number = numberOn(store);
    await database.sql('CREATE TABLE $schema.users (phone text)');
  });

  /** Begins a transaction, which is rolled back when `work` leaves it open. */
  async function transaction<Result>(work: (client: PoolClient) => Promise<Result>, begin = 'BEGIN'): Promise<Result> {
    const client = await pool.connect();
    try {
      await client.query(begin);
      return await work(client);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  /** The caller's client as it is, but something happens before the store's first statement on it. */
  function beforeFirst(client: PoolClient, happen: () => Promise<unknown>) {
    let isFirst = true;
    return {
      async query(query: Parameters<PoolClient['query']>[0]) {
        if (isFirst) await happen();
        isFirst = false;
        return client.query(query as never) as unknown;
      },
    };
  }

  const check = (client: PoolClient, code: string, about = requests) => store.within(client).check(about.check(code));

  test('a right code is approved with what the caller writes, or not at all', async () => {
    const { nonce } = await number.create();
    const insert = (client: PoolClient) =>
      client.query(`INSERT INTO "${database.schema}".users (phone) VALUES ('a phone')`);
    await transaction(async (client) => {
      await insert(client);
      expect(await check(client, right)).toMatchObject({ outcome: 'approved', verification: { status: 'approved' } });
      expect(await number.lookup()).toBeNull();
    });
    expect(await database.sql('SELECT * FROM $schema.users')).toEqual([]);
    expect(await number.find({ nonce })).toMatchObject({ status: 'pending', checksLeft: 4 });

    await transaction(async (client) => {
      await insert(client);
      expect((await check(client, right)).outcome).toBe('approved');
      await client.query('COMMIT');
    });
    expect(await database.sql('SELECT * FROM $schema.users')).toHaveLength(1);
    expect(await number.lookup()).not.toBeNull();
    expect(await number.check(right, { nonce })).toMatchObject({ outcome: 'ended', status: 'approved' });
  });

  test('a committed approval gives its own charge back, and no other', async () => {
    await number.create();
    await number.guess(2);
    await transaction((client) => check(client, right)); // rolled back: a third
    await transaction(async (client) => {
      expect((await check(client, right)).outcome).toBe('approved');
      await client.query('COMMIT');
    });
    const limits: NumberLimits = { ...usualLimits, maxChecks: 10, wrongChecks: { max: 10, windowMs: dayMs } };
    expect((await numberOn(store, { limits }).create()).checksLeft).toBe(7);
  });

  test('a wrong code is charged though the caller rolls back', async () => {
    const { nonce } = await number.create();
    await transaction(async (client) => expect((await check(client, wrong)).outcome).toBe('incorrect'));
    expect((await number.find({ nonce }))?.checksLeft).toBe(4);
  });

  test.each([right, wrong])('of 100 checks of %s each of which is rolled back five are compared', async (code) => {
    const { nonce } = await number.create();
    const outcomes: CheckOutcome[] = [];
    for (let i = 0; i < 100; i += 1) {
      outcomes.push(await transaction((client) => store.within(client).check(requests.check(code, { nonce }))));
    }
    const compared = outcomes.filter(({ outcome }) => outcome === 'approved' || outcome === 'incorrect');
    expect(compared).toHaveLength(5);
    expect(outcomes.slice(5)).toEqual(
      Array(95).fill(expect.objectContaining({ outcome: 'ended', status: 'max_checks_reached' })),
    );
    expect(await number.lookup()).toBeNull();
    // Five of the ten of a day are charged.
    await number.create();
    await number.guess(5);
    expect(await number.begin()).toMatchObject({ outcome: 'refused', limit: 'wrong_checks' });
  });

  test('of 40 checks at once each of which is rolled back at most five are compared', async () => {
    const wide = database.pool({ max: 20 });
    const others = database.open({ pool: wide });
    const { nonce } = await number.create();
    const outcomes = await allAtOnce(40, async (index) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const code = index % 2 === 0 ? right : wrong;
        const { outcome } = await others.within(client).check(requests.check(code, { nonce }));
        return outcome;
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
        return 'rejected';
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    });
    const compared = outcomes.filter((outcome) => outcome === 'approved' || outcome === 'incorrect');
    expect(compared.length).toBeLessThanOrEqual(5);
    expect(compared.length).toBeGreaterThan(0);
    expect(await number.lookup()).toBeNull();
  });

  test('the last check that is left, when right, approves', async () => {
    const { nonce } = await number.create();
    await number.guess(4);
    await transaction(async (client) => {
      expect((await check(client, right)).outcome).toBe('approved');
      await client.query('COMMIT');
    });
    expect(await number.find({ nonce })).toMatchObject({ status: 'approved' });
    expect(await number.lookup()).not.toBeNull();
  });

  test('the check that would lock the number, when right, approves and ends the wrong ones in a row', async () => {
    const limits: NumberLimits = { ...manySends, maxChecks: 9, lock: { after: 3, forMs: hourMs } };
    const about = requestsOf('locked', limits);
    const locked = numberOn(store, { name: 'locked', limits });
    await locked.create();
    await locked.guess(2);
    await transaction(async (client) => {
      expect((await check(client, right, about)).outcome).toBe('approved');
      await client.query('COMMIT');
    });
    await locked.create();
    await locked.guess(2);
    expect((await locked.check(right)).outcome).toBe('approved');
  });

  test('wrong checks that come between charge and approval do not stand in its way, though they were the last', async () => {
    const { nonce } = await number.create();
    await transaction(async (client) => {
      const slow = beforeFirst(client, async () => {
        for (let i = 0; i < 4; i += 1) expect((await number.check(wrong)).outcome).toBe('incorrect');
        expect(await number.find({ nonce })).toMatchObject({ status: 'max_checks_reached' });
      });
      const checked = await store.within(slow).check(requests.check(right));
      expect(checked).toMatchObject({ outcome: 'approved', verification: { nonce } });
      await client.query('COMMIT');
    });
    expect(await number.find({ nonce })).toMatchObject({ status: 'approved' });
  });

  test.each([
    ['a cancellation', { outcome: 'ended', status: 'canceled' }, () => number.cancel()],
    ['a new code', { outcome: 'ended', status: 'superseded' }, () => number.begin({ code: right, repeatKeyIds: [] })],
    ['an erasure', { outcome: 'not_found' }, () => number.erase()],
    ['an approval', { outcome: 'ended', status: 'approved' }, () => number.check(right)],
  ])('%s between charge and approval stands', async (_between, expected, act) => {
    const { nonce } = await number.create();
    await transaction(async (client) => {
      expect(await store.within(beforeFirst(client, act)).check(requests.check(right, { nonce }))).toMatchObject(
        expected,
      );
      await client.query('COMMIT');
    });
  });

  test('by number nobody is told of an end that came between', async () => {
    await number.create();
    await transaction(async (client) => {
      // The same code again, in a verification of its own: it is not the one that was compared.
      const slow = beforeFirst(client, () => number.begin({ code: right, repeatKeyIds: [] }));
      expect(await store.within(slow).check(requests.check(right))).toEqual({ outcome: 'not_found' });
      await client.query('COMMIT');
    });
    expect(await number.find()).toMatchObject({ status: 'pending', checksLeft: 5 });
    // What was compared stays charged.
    const limits: NumberLimits = { ...usualLimits, wrongChecks: { max: 5, windowMs: dayMs } };
    expect((await numberOn(store, { limits }).find())?.checksLeft).toBe(4);
  });

  test('a verification that has ended, with a new one in its place, is not approved any more', async () => {
    const { nonce } = await number.create();
    await number.guess(4);
    await transaction(async (client) => {
      // The charge was the last check: to all others it has ended.
      const slow = beforeFirst(client, () => number.create({ code: '222222' }));
      const checked = await store.within(slow).check(requests.check(right, { nonce }));
      expect(checked).toMatchObject({ outcome: 'ended', status: 'max_checks_reached' });
      await client.query('COMMIT');
    });
    expect(await number.find()).toMatchObject({ status: 'pending', checksLeft: 5 });
    expect((await number.check('222222')).outcome).toBe('approved');
  });

  test('a second transaction that checks the number waits for the first, and is told what became of it', async () => {
    const { nonce } = await number.create();
    await transaction(async (first) => {
      expect((await check(first, right)).outcome).toBe('approved');
      const second = transaction((client) => store.within(client).check(requests.check(right, { nonce })));
      const looked = await number.find({ nonce });
      expect(looked).toMatchObject({ status: 'pending', checksLeft: 4 });
      await first.query('COMMIT');
      expect(await second).toMatchObject({ outcome: 'ended', status: 'approved' });
    });
  });

  test('while a transaction holds a number who only looks is answered, and other numbers do not wait', async () => {
    await number.create();
    const other = numberOn(store, { name: 'another number' });
    await transaction(async (client) => {
      await check(client, right);
      const waiting = number.check(wrong).catch((error: unknown) => error);
      expect(await number.find()).toMatchObject({ status: 'pending' });
      expect(await number.lookup()).toBeNull();
      await other.create();
      expect((await other.check(right)).outcome).toBe('approved');
      expect(await store.prune()).toBeGreaterThanOrEqual(0);
      // Nobody waits for longer than an act may take.
      expect(await waiting).toBeInstanceOf(StoreError);
    });
    expect((await number.check(right)).outcome).toBe('approved');
  });

  test('what has waited for too long for a transaction is not done when that ends', async () => {
    const { nonce } = await number.create();
    await transaction(async (client) => {
      await check(client, wrong);
      await client.query(`SELECT FROM "${database.schema}".numbers FOR UPDATE`);
      const early = number.check(wrong).catch((error: unknown) => error);
      await setTimeout(1_500);
      const later = number.check(wrong);
      expect(await early).toBeInstanceOf(StoreError);
      await setTimeout(50); // what was on its way then has met the lock
      await client.query('ROLLBACK');
      expect((await later).outcome).toBe('incorrect');
    });
    expect(await number.find({ nonce })).toMatchObject({ status: 'pending', checksLeft: 3 });
  });

  test('a second check of one number in one transaction is refused in time, and said why', async () => {
    await number.create();
    await number.create({ purpose: 'other' });
    await transaction(async (client) => {
      expect((await check(client, right)).outcome).toBe('approved');
      const second = store.within(client).check(requests.check(right, { purpose: 'other' }));
      await expect(second).rejects.toThrow(/transaction that has not ended holds the number/);
      await client.query('COMMIT');
    });
    expect(await number.find({ purpose: 'other' })).toMatchObject({ status: 'pending', checksLeft: 5 });
  });

  test('approve is the caller’s too, more than once in one transaction', async () => {
    const { nonce } = await number.create();
    await number.create({ purpose: 'other' });
    const approveBoth = async (client: PoolClient) => {
      const { approve } = store.within(client);
      expect((await approve(requests.target({ nonce }))).outcome).toBe('done');
      expect((await approve(requests.target({ nonce }))).outcome).toBe('done');
      expect((await approve(requests.target({ purpose: 'other' }))).outcome).toBe('done');
    };
    await transaction(approveBoth);
    expect(await number.find({ nonce })).toMatchObject({ status: 'pending', checksLeft: 5 });
    await transaction(async (client) => {
      await approveBoth(client);
      await client.query('COMMIT');
    });
    expect(await number.find({ nonce })).toMatchObject({ status: 'approved' });
    await transaction(async (client) => {
      const target = requests.target({ purpose: 'none' });
      expect(await store.within(client).approve(target)).toEqual({ outcome: 'not_found' });
    });
  });

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])('at %s a check is the first statement or rejects', async (level) => {
    await number.create();
    await transaction(async (client) => {
      expect((await check(client, right)).outcome).toBe('approved');
    }, `BEGIN ISOLATION LEVEL ${level}`);
    await transaction(async (client) => {
      await client.query('SELECT 1 AS one');
      await expect(check(client, right)).rejects.toThrow(/READ COMMITTED/);
    }, `BEGIN ISOLATION LEVEL ${level}`);
    // Begun after the snapshot: the transaction does not see that there is such a number.
    await transaction(async (client) => {
      await client.query('SELECT 1 AS one');
      await numberOn(store, { name: 'later' }).create();
      await expect(check(client, right, requestsOf('later', usualLimits))).rejects.toThrow(/READ COMMITTED/);
    }, `BEGIN ISOLATION LEVEL ${level}`);
    expect(await number.find()).toMatchObject({ status: 'pending', checksLeft: 3 });
    // Nor can an approval be written on what has changed since.
    await transaction(async (client) => {
      await client.query('SELECT 1 AS one');
      await number.guess(1);
      await expect(store.within(client).approve(requests.target())).rejects.toThrow(/READ COMMITTED/);
    }, `BEGIN ISOLATION LEVEL ${level}`);
    expect(await number.find()).toMatchObject({ status: 'pending', checksLeft: 2 });
  });

  test('a pool of one connection, which the transaction holds, is told to be too small', async () => {
    const single = database.pool({ max: 1 });
    const alone = database.open({ pool: single });
    await number.create();
    const client = await single.connect();
    await client.query('BEGIN');
    await expect(alone.within(client).check(requests.check(right))).rejects.toThrow(/no connection of the pool/);
    await client.query('ROLLBACK');
    client.release();
    expect((await number.find())?.checksLeft).toBe(5);
    expect((await numberOn(alone).check(right)).outcome).toBe('approved');
  });

  test('what is no transaction is refused, and nothing charged', async () => {
    await number.create();
    for (const nothing of [null, undefined, 'BEGIN', {}, { query: 'BEGIN' }]) {
      expect(() => store.within(nothing)).toThrow(InvalidRequestError);
    }
    const client = await pool.connect();
    await expect(check(client, right)).rejects.toThrow(InvalidRequestError);
    await expect(store.within(client).approve(requests.target())).rejects.toThrow(InvalidRequestError);
    await client.query('BEGIN');
    for (let i = 0; i < 2; i += 1) await client.query('SELECT 1 / 0').catch(() => {});
    await expect(check(client, right)).rejects.toThrow(InvalidRequestError);
    await client.query('ROLLBACK');
    client.release();
    expect((await number.find())?.checksLeft).toBe(5);
  });

  test('a connection of the caller that breaks rejects, and leaves the charge', async () => {
    await number.create();
    const broken = { query: () => Promise.reject(new Error('Connection terminated unexpectedly')) };
    await expect(store.within(broken).check(requests.check(right))).rejects.toThrow(StoreError);
    expect(await number.find()).toMatchObject({ status: 'pending', checksLeft: 4 });
  });
});
