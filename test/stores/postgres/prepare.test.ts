import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import type { PostgresStore } from '../../../src/stores/postgres/index.ts';
import { broadLimit, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, numberOn, requestsOf, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { pgbouncerUrl } from '../../servers/shared.ts';
import { besideStatements, migratedDatabase } from './database.ts';

async function useStore(store: PostgresStore): Promise<void> {
  const number = numberOn(store);
  await number.create({ broadLimits: [broadLimit('address', 9, hourMs)] });
  await number.guess(1);
  expect((await number.check('111111')).outcome).toBe('approved');
  await store.prune();
}

const keptIn = async (pool: Pool) =>
  (await pool.query<{ name: string }>('SELECT name FROM pg_prepared_statements')).rows.map(({ name }) => name);

test('a session keeps the statements of all stores that use it', async () => {
  const [one, two] = [await migratedDatabase(), await migratedDatabase()];
  const pool = one.pool({ max: 1 });
  await useStore(one.open({ pool }));
  const kept = await keptIn(pool);
  expect(kept.length).toBeGreaterThan(1);
  await useStore(one.open({ pool }));
  expect(await keptIn(pool)).toHaveLength(kept.length);
  await useStore(two.open({ pool }));
  expect(await keptIn(pool)).toHaveLength(2 * kept.length);
});

test('a session keeps none when told not to, and one of the caller never', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 1 });
  await useStore(database.open({ pool, prepare: false }));
  expect(await keptIn(pool)).toEqual([]);

  const store = database.open();
  await numberOn(store, { name: 'another' }).create();
  const client = await pool.connect();
  await client.query('BEGIN');
  const { outcome } = await store.within(client).check(requestsOf('another', usualLimits).check('111111'));
  await client.query('COMMIT');
  client.release();
  expect(outcome).toBe('approved');
  expect(await keptIn(pool)).toEqual([]);
});

test.each(['26000', '42P05'])('behind a pooler whose sessions answer %s it goes on without', async (code) => {
  const database = await migratedDatabase();
  let [named, unnamed] = [0, 0];
  const pool = besideStatements(database.pool({ max: 1 }), {
    before(query) {
      if (query.name === undefined) unnamed += 1;
      else named += 1;
      if (query.name !== undefined) throw Object.assign(new Error('no'), { code, severity: 'ERROR' });
    },
  });
  await useStore(database.open({ pool }));
  expect(named).toBe(1);
  expect(unnamed).toBeGreaterThan(4);
});

test('through PgBouncer nobody notices', async () => {
  const database = await migratedDatabase(await pgbouncerUrl());
  const stores = Array.from({ length: 4 }, () => database.open());
  const limit = broadLimit('address', 30, hourMs);
  const begun = await allAtOnce(40, (index) => sendUnder(stores[index % 4]!, limit));
  expect(begun.filter(({ outcome }) => outcome === 'created')).toHaveLength(30);
  expect(begun.filter(({ outcome }) => outcome === 'refused')).toHaveLength(10);
});
