import { Cluster, Redis } from 'ioredis';
import { Pool } from 'pg';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  freshSchemaName,
  pgbouncerUrl,
  postgresUrl,
  redisClusterNodes,
  redisUrl,
  valkeyUrl,
} from '../servers/shared.ts';
import { eventually } from './eventually.ts';
import { cleanUp, newFolder, startService, type RunningService } from './phoneproof-process.ts';
import { call, startAndRead, wrong } from './service-client.ts';

afterEach(cleanUp);

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const newSecret = 'Q1n8vK5xZb0sRt7Yc2Lw9Hd4Gj6Pa3Fm0UeXoIiVqBk=';
const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const to = '+12025550143';

/** An address of a store that nothing has touched, and all that is at rest in it, as text and as hex. */
interface StoreOnServer {
  address: string;
  dump(): Promise<string>;
}

async function dumpRedis(clients: readonly Redis[], prefix: string): Promise<string> {
  const found: string[] = [];
  for (const client of clients) {
    for (const name of await client.keys(`${prefix}:*`)) {
      const dumped = await client.dumpBuffer(name);
      found.push(name, dumped?.toString('latin1') ?? '', dumped?.toString('hex') ?? '');
    }
  }
  return found.join('\n');
}

const freshPrefix = () => freshSchemaName().replaceAll('_', '-');

async function onRedis(url: string): Promise<StoreOnServer> {
  const prefix = freshPrefix();
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return { address: `${url}?prefix=${prefix}`, dump: () => dumpRedis([client], prefix) };
}

async function onCluster(): Promise<StoreOnServer> {
  const prefix = freshPrefix();
  const nodes = await redisClusterNodes();
  const cluster = new Cluster([...nodes]);
  onTestFinished(() => cluster.disconnect());
  const list = nodes.map(({ host, port }) => `${host}:${port}`).join(',');
  return {
    address: `redis-cluster://${list}?prefix=${prefix}`,
    dump: () => dumpRedis(cluster.nodes('master'), prefix),
  };
}

async function onPostgres(url: string): Promise<StoreOnServer> {
  const schema = freshSchemaName();
  const pool = new Pool({ connectionString: await postgresUrl(), max: 1 });
  onTestFinished(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  });
  return {
    address: `${url}?schema=${schema}`,
    async dump() {
      const { rows: tables } = await pool.query<{ name: string }>(
        'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1',
        [schema],
      );
      const found: string[] = [];
      for (const { name } of tables) {
        found.push(JSON.stringify((await pool.query(`SELECT * FROM ${schema}.${name}`)).rows));
      }
      return found.join('\n');
    },
  };
}

const stores: Record<string, () => Promise<StoreOnServer>> = {
  Redis: async () => onRedis(await redisUrl()),
  Valkey: async () => onRedis(await valkeyUrl()),
  'Redis Cluster': onCluster,
  PostgreSQL: async () => onPostgres(await postgresUrl()),
  'PostgreSQL behind PgBouncer': async () => onPostgres(await pgbouncerUrl()),
};

async function startServe(address: string, env: Record<string, string> = {}): Promise<RunningService> {
  return startService(['serve'], {
    cwd: newFolder(),
    env: {
      PHONEPROOF_SECRET: secret,
      PHONEPROOF_API_KEYS: key,
      PHONEPROOF_STORE: address,
      PHONEPROOF_COUNTRIES: 'US',
      PHONEPROOF_PROVIDER: 'inbox',
      PHONEPROOF_ALLOW_UNSAFE: 'provider',
      PHONEPROOF_LOG_LEVEL: 'debug',
      ...env,
    },
  });
}

const ask = (service: RunningService, path: string, body: object) => call(service.url, path, { body, key });

for (const [name, open] of Object.entries(stores)) {
  describe(`serve on ${name}`, () => {
    test('machines that share a store are one service, and restarts lose nothing', async () => {
      const { address } = await open();
      const [one, two] = await Promise.all([startServe(address), startServe(address)]);
      const { id, code } = await startAndRead(one.url, to, key);
      expect(await ask(two, '/v1/verifications', { to })).toMatchObject({ status: 200, body: { id, sends_left: 1 } });
      expect(await ask(one, '/v1/verifications', { to })).toMatchObject({ status: 200, body: { id, sends_left: 0 } });
      const fourth = await ask(two, '/v1/verifications', { to });
      expect(fourth).toMatchObject({ status: 429, body: { code: 'rate_limited', limit: 'sends' } });
      expect(Number(fourth.headers.get('retry-after'))).toBeGreaterThan(590);
      const guess = await ask(two, '/v1/verifications/check', { id, code: wrong(code) });
      expect(guess).toMatchObject({ status: 422, body: { code: 'incorrect_code', checks_left: 4 } });
      one.signal('SIGTERM');
      expect(await one.ended).toBe(0);
      two.signal('SIGKILL');
      await two.ended;

      const three = await startServe(address);
      expect(await ask(three, '/v1/verifications/check', { id, code: wrong(code, 2) })).toMatchObject({
        body: { checks_left: 3 },
      });
      expect(await ask(three, '/v1/verifications/check', { to, code })).toMatchObject({
        status: 200,
        body: { id, status: 'approved' },
      });
      expect(await ask(three, '/v1/verifications/check', { to, code })).toMatchObject({ status: 404 });
      expect(await ask(three, '/v1/verifications/check', { id, code })).toMatchObject({
        status: 410,
        body: { code: 'verification_used' },
      });
      expect(await ask(three, '/v1/numbers/lookup', { to })).toMatchObject({ body: { verified: true } });
      expect(await call(three.url, '/readyz')).toMatchObject({ status: 200 });
    });

    test('a request that is sent twice with one key is done once, whichever machine it reaches', async () => {
      const { address } = await open();
      const services = await Promise.all([startServe(address), startServe(address)]);
      const headers = { 'idempotency-key': 'a-click' };
      const send = (index: number, path: string, body: object) =>
        call(services[index % 2]!.url, path, { body, key, headers });
      const started = await Promise.all([0, 1, 2, 3].map((index) => send(index, '/v1/verifications', { to })));
      const answers = started.map(({ status, body }) => ({ status, body }));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size, 'one answer').toBe(1);
      expect(answers[0]).toMatchObject({ status: 201, body: { sends_left: 2 } });
      const texts = await Promise.all(services.map(({ url }) => call(url, '/inbox/api/messages')));
      const messages = texts.flatMap(({ body }) => body['data'] as { code: string }[]);
      expect(messages).toHaveLength(1);

      const right = { to, code: messages[0]?.code };
      const clicks = await Promise.all([0, 1, 2].map((index) => send(index, '/v1/verifications/check', right)));
      expect(clicks.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await send(0, '/v1/verifications', { to: '+12025550144' })).toMatchObject({
        status: 422,
        body: { code: 'idempotency_key_reused' },
      });
    });

    test('what is at rest and what is logged shows neither a code nor a number', async () => {
      const { address, dump } = await open();
      const service = await startServe(address);
      const { id, code } = await startAndRead(service.url, to, key);
      const header = { 'idempotency-key': 'a-click' };
      await call(service.url, '/v1/verifications', { body: { to, ip: '203.0.113.77' }, key, headers: header });
      await ask(service, '/v1/verifications/check', { id, code: wrong(code) });
      const pending = await dump();
      expect(pending.length, 'something is at rest').toBeGreaterThan(100);
      await ask(service, '/v1/verifications/check', { id, code });
      service.signal('SIGTERM');
      await service.ended;
      const { stdout, stderr } = service.output();
      for (const text of [pending, await dump(), stdout, stderr]) {
        for (const canary of [to.slice(1), code, '2025550143', '203.0.113.77']) {
          // Not within a longer number: a time may hold the digits of a code by chance.
          expect(new RegExp(`(?<![0-9])${canary.replaceAll('.', '\\.')}(?![0-9])`).test(text), canary).toBe(false);
          expect(text.includes(Buffer.from(canary).toString('hex')), `${canary} as hex`).toBe(false);
          expect(text.includes(Buffer.from(canary).toString('base64url')), `${canary} as base64`).toBe(false);
        }
      }
    });

    test('pending verifications survive a rotation of secrets, and a wrong subject secret does not start', async () => {
      const { address } = await open();
      const first = await startServe(address);
      const { id, code } = await startAndRead(first.url, to, key);
      first.signal('SIGTERM');
      await first.ended;

      const rotated = await startServe(address, { PHONEPROOF_SECRET: `${newSecret},${secret}` });
      const again = await ask(rotated, '/v1/verifications', { to });
      expect(again).toMatchObject({ status: 200, body: { id } });
      expect(await ask(rotated, '/v1/verifications/check', { id, code })).toMatchObject({ status: 200 });
      rotated.signal('SIGTERM');
      await rotated.ended;

      await expect(startServe(address, { PHONEPROOF_SECRET: newSecret })).rejects.toThrow(/subject/i);
    });
  });
}

test('a Redis database that does not exist ends it with a reason', async () => {
  const url = new URL(await redisUrl());
  url.pathname = '/9999';
  await expect(startServe(url.href)).rejects.toThrow(/database 9999/);
});

test('that PostgreSQL’s connections are lost is said once, and that they are back', async () => {
  const { address } = await stores['PostgreSQL']!();
  const name = freshSchemaName();
  const service = await startServe(`${address}&application_name=${name}`);
  const said = (words: string): number => service.output().stdout.split(words).length - 1;
  await Promise.all([1, 2, 3].map((n) => ask(service, '/v1/verifications', { to: `+1202555014${n}` })));
  const pool = new Pool({ connectionString: await postgresUrl(), max: 1 });
  onTestFinished(() => pool.end());
  const { rowCount } = await pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [name],
  );
  expect(rowCount, 'idle connections').toBeGreaterThan(1);
  await eventually(() => said('the connection to the store is lost')).toBeGreaterThan(0);
  expect(await ask(service, '/v1/verifications', { to: '+12025550144' })).toMatchObject({ status: 201 });
  await eventually(() => said('The connection to the store is back')).toBeGreaterThan(0);
  expect([said('the connection to the store is lost'), said('The connection to the store is back')]).toEqual([1, 1]);
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
});
