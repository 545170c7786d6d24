import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { broadLimit, expectLeft, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { idOf, manySends, numberOn, requestsOf } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';
import { commitsInLog } from './write-ahead-log.ts';

/** The outcome of each promise: what `outcome` says, or the class of what it rejected with. */
async function outcomes(promises: readonly Promise<{ outcome: string }>[]): Promise<string[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) =>
    result.status === 'fulfilled' ? result.value.outcome : (result.reason as Error).constructor.name,
  );
}

function beginMany(store: Parameters<typeof numberOn>[0], count: number, prefix = 'number') {
  return Array.from({ length: count }, (_, index) => numberOn(store, { name: `${prefix} ${index}` }).begin());
}

test('verbs that are asked for in one turn share few commits, and verbs one after the other do not', async () => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const before = commitsInLog(path);
  expect(await outcomes(beginMany(store, 200))).toEqual(Array(200).fill('created'));
  const together = commitsInLog(path) - before;
  expect(together).toBeGreaterThan(0);
  expect(together).toBeLessThanOrEqual(3);
  for (let index = 0; index < 5; index += 1) await numberOn(store, { name: `one ${index}` }).begin();
  expect(commitsInLog(path) - before - together).toBe(5);
});

test('a turn that asks for very much is done in several transactions, between which the event loop turns', async () => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const before = commitsInLog(path);
  const asked = outcomes(beginMany(store, 600));
  let done = false;
  void asked.then(() => (done = true));
  let turns = 0;
  for (; !done; turns += 1) await setImmediate();
  expect(await asked).toEqual(Array(600).fill('created'));
  expect(commitsInLog(path) - before).toBeGreaterThanOrEqual(4);
  expect(turns).toBeGreaterThanOrEqual(4);
});

test('what is answered is committed: another connection sees it', async () => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const rows = openRaw(path).prepare('SELECT count(*) AS count FROM numbers WHERE subject = ?');
  const seen = await Promise.all(
    beginMany(store, 50).map(async (begun, index) => {
      await begun;
      return rows.get(idOf(`number ${index}`))?.count;
    }),
  );
  expect(seen).toEqual(Array(50).fill(1));
});

test('verbs are done in the order in which they were asked for', async () => {
  const store = openStore(databasePath());
  const number = numberOn(store, { limits: manySends });
  const asked = [
    number.check('111111'),
    number.begin(),
    number.begin({ code: '222222', repeatKeyIds: [] }),
    number.check('111111'),
    number.check('222222'),
    number.cancel(),
    number.begin(),
    number.cancel(),
    number.check('111111'),
  ];
  expect(await outcomes(asked)).toEqual([
    'not_found',
    'created',
    'created',
    'incorrect',
    'approved',
    'not_found',
    'created',
    'done',
    'not_found',
  ]);
});

test('a verb that throws fails alone', async () => {
  const store = openStore(databasePath());
  const [first, second, third] = ['first', 'second', 'third'].map((name) => numberOn(store, { name }));
  await Promise.all([first?.create(), second?.create(), third?.create()]);
  const request = requestsOf('second', manySends).check('111111');
  const bent = { ...request, digests: [{ keyId: 'key-1', digest: new Uint8Array(5) }] };
  const asked = [first?.check('000000'), store.check(bent), third?.check('111111')];
  expect(await outcomes(asked as Promise<{ outcome: string }>[])).toEqual(['incorrect', 'RangeError', 'approved']);
  expect((await first?.find())?.checksLeft).toBe(4);
  expect((await second?.find())?.checksLeft).toBe(5);
  expect(await third?.lookup()).not.toBeNull();
});

test('a number whose record cannot be read fails alone, and says so each time', async () => {
  const path = databasePath();
  const store = openStore(path);
  const [good, bad] = [numberOn(store, { name: 'good' }), numberOn(store, { name: 'bad' })];
  await Promise.all([good.create(), bad.create()]);
  openRaw(path).prepare(`UPDATE numbers SET record = '{"sends":"many"}' WHERE subject = ?`).run(idOf('bad'));
  for (const code of ['000000', '000000']) {
    expect(await outcomes([bad.check(code), good.check(code)])).toEqual(['StoreError', 'incorrect']);
  }
  await expect(bad.begin()).rejects.toThrow(StoreError);
});

test('a counter that cannot be read fails the begins under it alone', async () => {
  const path = databasePath();
  const store = openStore(path);
  const [good, bad] = [broadLimit('good', 5, 60_000), broadLimit('bad', 5, 60_000)];
  await sendUnder(store, good, bad);
  openRaw(path).prepare(`UPDATE counters SET buckets = '[1]' WHERE key = ?`).run(bad.key);
  const asked = [sendUnder(store, good, bad), sendUnder(store, good), sendUnder(store, bad), sendUnder(store)];
  expect(await outcomes(asked)).toEqual(['StoreError', 'created', 'StoreError', 'created']);
  await expectLeft(store, good, 3);
});

test('begins that share a transaction and a limit write its counter once, and each counts', async () => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const raw = openRaw(path);
  raw.exec(`
    CREATE TABLE writes (id INTEGER PRIMARY KEY);
    CREATE TRIGGER inserted AFTER INSERT ON counters BEGIN INSERT INTO writes VALUES (NULL); END;
    CREATE TRIGGER updated AFTER UPDATE ON counters BEGIN INSERT INTO writes VALUES (NULL); END;
  `);
  const limit = broadLimit('service', 70, 60_000);
  const asked = await outcomes(Array.from({ length: 100 }, () => sendUnder(store, limit)));
  expect(asked.toSorted()).toEqual([...Array<string>(70).fill('created'), ...Array<string>(30).fill('refused')]);
  const writes = Number(raw.prepare('SELECT count(*) AS count FROM writes').get()?.count);
  expect(writes).toBeGreaterThan(0);
  expect(writes).toBeLessThanOrEqual(2);
});

/** Makes SQLite itself fail, in the way `action` says, when a row for `name` is written. */
function failOn(path: string, name: string, action: string): { mend(): void } {
  const db = openRaw(path);
  db.exec(`
    CREATE TABLE nowhere (id INTEGER PRIMARY KEY);
    CREATE TABLE dangling (id INTEGER REFERENCES nowhere DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fail AFTER INSERT ON numbers WHEN NEW.subject = '${idOf(name)}' BEGIN ${action}; END;
  `);
  return { mend: () => db.exec('DROP TRIGGER fail') };
}

test.each(['ABORT', 'FAIL'])('a statement that fails (%s) fails its verb alone and leaves nothing', async (how) => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const { mend } = failOn(path, 'number 3', `SELECT RAISE(${how}, 'no')`);
  expect(await outcomes(beginMany(store, 5))).toEqual(['created', 'created', 'created', 'StoreError', 'created']);
  mend();
  expect(await outcomes(beginMany(store, 5))).toEqual(['repeated', 'repeated', 'repeated', 'created', 'repeated']);
});

test('a begin that fails takes nothing from broad limits, nor from those that share its transaction', async () => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const { mend } = failOn(path, 'number 3', `SELECT RAISE(ABORT, 'no')`);
  const limit = broadLimit('service', 6, 60_000);
  const beginFive = () =>
    Array.from({ length: 5 }, (_, index) =>
      numberOn(store, { name: `number ${index}` }).begin({ broadLimits: [limit] }),
    );
  expect(await outcomes(beginFive())).toEqual(['created', 'created', 'created', 'StoreError', 'created']);
  mend();
  await expectLeft(store, limit, 2);
});

test.each([
  ['that SQLite rolls back', `SELECT RAISE(ROLLBACK, 'no')`],
  ['whose commit fails', 'INSERT INTO dangling VALUES (1)'],
])('of a transaction %s nothing is done, nothing is answered, and the next is tried anew', async (_, action) => {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const { mend } = failOn(path, 'number 3', action);
  const failed = await Promise.allSettled(beginMany(store, 5));
  for (const result of failed) {
    const reason: unknown = result.status === 'rejected' ? result.reason : undefined;
    expect(reason).toBeInstanceOf(StoreError);
    expect((reason as StoreError).code).toBe('store_unavailable');
    expect((reason as StoreError).cause).toMatchObject({ code: 'ERR_SQLITE_ERROR' });
  }
  expect(openRaw(path).prepare('SELECT count(*) AS count FROM numbers').get()?.count).toBe(0);
  expect(await outcomes(beginMany(store, 3))).toEqual(['created', 'created', 'created']);
  mend();
  expect(await outcomes(beginMany(store, 5))).toEqual(['repeated', 'repeated', 'repeated', 'created', 'created']);
});

test('what changes nothing writes nothing', async () => {
  const path = databasePath();
  const store = openStore(path);
  const blocked = numberOn(store, {
    name: 'blocked',
    limits: { ...manySends, wrongChecks: { max: 1, windowMs: 60_000 } },
  });
  await blocked.create();
  await blocked.guess(1);
  const spent = broadLimit('service', 1, 60_000);
  await sendUnder(store, spent);
  const claim = {
    key: idOf('key'),
    fingerprint: idOf('thing'),
    token: idOf('caller'),
    leaseMs: 30_000,
    keepMs: 60_000,
  };
  await store.claim(claim);
  const before = commitsInLog(path);
  const unknown = numberOn(store, { name: 'unknown' });
  await unknown.find();
  await unknown.lookup();
  await unknown.unlock();
  await unknown.erase();
  expect((await unknown.check('111111')).outcome).toBe('not_found');
  expect((await unknown.cancel()).outcome).toBe('not_found');
  expect((await blocked.check('111111')).outcome).toBe('blocked');
  expect((await blocked.find())?.status).toBe('pending');
  expect((await sendUnder(store, spent)).outcome).toBe('refused');
  expect((await store.claim({ ...claim, token: idOf('another') })).outcome).toBe('running');
  expect((await store.claim({ ...claim, fingerprint: idOf('another thing') })).outcome).toBe('reused');
  await store.complete({ ...claim, token: idOf('another'), answer: null });
  await store.ping();
  expect(commitsInLog(path)).toBe(before);
  await blocked.cancel();
  expect(commitsInLog(path)).toBe(before + 1);
});
