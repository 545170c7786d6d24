import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { onPort } from './free-port.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { startPostgres } from './postgres.ts';
import { pgBouncerProgram, redisProgram, valkeyProgram } from './programs.ts';
import { startRedis, startRedisPair, startValkey } from './redis.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { PortTaken, type Server } from './server-process.ts';

// Where they have to be fetched first, that takes longer than a test may.
await Promise.all([redisProgram(), valkeyProgram(), pgBouncerProgram()]);

/** What the PgBouncers stand before. */
const database = await startPostgres();
afterAll(() => database.stop());
// Its program is where it can be run from here on.
await (await startPgBouncer({ postgresUrl: database.url })).stop();

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

interface Kind {
  start(options?: { port?: number }): Promise<Server>;
  /** Writes, and resolves when it is written. */
  write(url: string, value: string): Promise<unknown>;
  /** What was written last. */
  read(url: string): Promise<unknown>;
}

const redis: Pick<Kind, 'write' | 'read'> = {
  write: (url, value) => withRedis(url, (client) => client.set('value', value)),
  read: (url) => withRedis(url, (client) => client.get('value')),
};
const sql: Pick<Kind, 'write' | 'read'> = {
  async write(url, value) {
    await query(url, `DROP TABLE IF EXISTS own; CREATE TABLE own AS SELECT '${value}' AS value`);
  },
  read: async (url) => (await query(url, 'SELECT value FROM own'))[0]?.['value'],
};

const kinds: Record<string, Kind> = {
  Redis: { start: (options) => startRedis({ ...options, args: durable }), ...redis },
  Valkey: { start: (options) => startValkey({ ...options, args: durable }), ...redis },
  PostgreSQL: { start: startPostgres, ...sql },
  PgBouncer: {
    start: (options) => startPgBouncer({ ...options, postgresUrl: database.url }),
    ...sql,
  },
};

describe.each(Object.entries(kinds))('%s', (_, { start, write, read }) => {
  test('stop leaves no process and no folder behind, also when it is called twice', async () => {
    const folder = temporaryFolder();
    const server = await start();
    await write(server.url, 'a');
    const ids = server.processIds();
    expect(ids.filter(isAlive)).toEqual(ids);
    expect(ids.length).toBeGreaterThan(0);
    expect(readdirSync(folder)).toHaveLength(1);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(ids.filter(isAlive)).toEqual([]);
    expect(server.processIds()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('after a kill it is back on the same port with what was written', async () => {
    const server = await own(start());
    await write(server.url, 'kept');
    const before = server.processIds();
    await server.kill();
    expect(before.filter(isAlive)).toEqual([]);
    await expect(read(server.url)).rejects.toBeInstanceOf(Error);
    await server.restart();
    expect(await read(server.url)).toBe('kept');
    expect(server.processIds()).not.toContain(before[0]);
  });

  test('a restart ends it in order first', async () => {
    const server = await own(start());
    await write(server.url, 'kept');
    const before = server.processIds();
    await server.restart();
    expect(before.filter(isAlive)).toEqual([]);
    expect(await read(server.url)).toBe('kept');
  });

  test('paused it does not answer; resumed it answers what was asked meanwhile', async () => {
    const server = await own(start());
    await write(server.url, 'late');
    await server.pause();
    const answer = read(server.url);
    expect(await Promise.race([answer, delay(200, 'nothing')])).toBe('nothing');
    server.resume();
    expect(await answer).toBe('late');
  });

  test('paused it can be stopped', async () => {
    const folder = temporaryFolder();
    const server = await own(start());
    const ids = server.processIds();
    await server.pause();
    await server.stop();
    expect(ids.filter(isAlive)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a port that is taken is refused, and nothing is left behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const folder = temporaryFolder();
    await expect(start({ port: (other.address() as AddressInfo).port })).rejects.toThrow(PortTaken);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a paused PostgreSQL does not answer sessions that were open before either', async () => {
  const postgres = await own(startPostgres());
  const client = new Client(postgres.url);
  await client.connect();
  onTestFinished(() => client.end());
  await postgres.pause();
  const answer = client.query('SELECT 1 AS one').then(({ rows }) => rows as unknown);
  expect(await Promise.race([answer, delay(200, 'nothing')])).toBe('nothing');
  postgres.resume();
  expect(await answer).toEqual([{ one: 1 }]);
});

test('a port that someone else took first is replaced by another', async () => {
  const tried: number[] = [];
  const port = await onPort(undefined, async (chosen) => {
    tried.push(chosen);
    if (tried.length < 3) throw new PortTaken('taken');
    return chosen;
  });
  expect(new Set(tried).size).toBe(3);
  expect(port).toBe(tried[2]);
});

test('many start at once', async () => {
  const redises = Array.from({ length: 5 }, () => own(startRedis()));
  const servers = await Promise.all([...redises, own(startPostgres()), own(startPostgres())]);
  expect(new Set(servers.map(({ port }) => port)).size).toBe(7);
});

test('a program that does not start is an error that holds what it said', async () => {
  const folder = temporaryFolder();
  await expect(startRedis({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(/maxmemory/);
  await expect(startPostgres({ settings: { max_connections: 'plenty' } })).rejects.toThrow(/max_connections/);
  expect(readdirSync(folder)).toEqual([]);
});

test('a replica has what the primary acknowledged, and takes over when told', async () => {
  const folder = temporaryFolder();
  const { primary, replica, stop } = await startRedisPair();
  onTestFinished(stop);
  expect(await withRedis(replica.url, (client) => client.info('replication'))).toContain('master_link_status:up');
  await withRedis(primary.url, async (client) => {
    await client.set('value', 'copied');
    expect(await client.wait(1, 5000)).toBe(1);
  });
  await primary.kill();
  await withRedis(replica.url, (client) => client.replicaof('NO', 'ONE'));
  await redis.write(replica.url, `${String(await redis.read(replica.url))} and more`);
  expect(await redis.read(replica.url)).toBe('copied and more');
  await stop();
  expect(readdirSync(folder)).toEqual([]);
});

test('a replica of a cluster takes over from a killed primary', async () => {
  const folder = temporaryFolder();
  const { nodes, stop } = await startRedisCluster();
  onTestFinished(stop);
  const [primary, , , replica] = nodes;
  expect(await roles(nodes)).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave']);
  await primary?.kill();
  await vi.waitFor(async () => expect(await roles(replica ? [replica] : [])).toEqual(['master']), 20_000);
  await primary?.restart();
  await vi.waitFor(async () => expect(await roles(primary ? [primary] : [])).toEqual(['slave']), 20_000);
  const ids = nodes.flatMap((node) => node.processIds());
  expect(ids.length).toBeGreaterThanOrEqual(6);
  await stop();
  expect(ids.filter(isAlive)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a PgBouncer lends a session for a transaction, not for a connection and not for a statement', async () => {
  const bouncer = await own(startPgBouncer({ postgresUrl: database.url, settings: { default_pool_size: '1' } }));
  const [one, other] = [new Client(bouncer.url), new Client(bouncer.url)];
  await Promise.all([one.connect(), other.connect()]);
  onTestFinished(async () => void (await Promise.all([one.end(), other.end()])));
  const session = async (client: Client): Promise<unknown> =>
    (await client.query<{ id: number }>('SELECT pg_backend_pid() AS id')).rows[0]?.id;
  expect(await session(one)).toBe(await session(other));
  await one.query('BEGIN');
  await session(one);
  const waiting = session(other);
  expect(await Promise.race([waiting, delay(200, 'nothing')])).toBe('nothing');
  await one.query('COMMIT');
  expect(await waiting).toBe(await session(one));
});

test('a PgBouncer passes on user, password and database of the address', async () => {
  const postgres = await own(startPostgres());
  await query(postgres.url, `CREATE ROLE "o'neil" LOGIN PASSWORD 'it''s'`);
  await query(postgres.url, `CREATE DATABASE "other" OWNER "o'neil"`);
  const address = new URL(postgres.url);
  Object.assign(address, {
    username: encodeURIComponent("o'neil"),
    password: encodeURIComponent("it's"),
    pathname: '/other',
  });
  const bouncer = await own(startPgBouncer({ postgresUrl: address.href }));
  expect(await query(bouncer.url, 'SELECT current_user AS name, current_database() AS database')).toEqual([
    { name: "o'neil", database: 'other' },
  ]);
});

describe.each([
  ['is killed', 'SIGKILL', (pid: number) => pid],
  ['is interrupted by Ctrl-C, with all of its group', 'SIGINT', (pid: number) => -pid],
] as const)('when the process that started them %s', (_, signal, target) => {
  test('its servers end, paused ones too, and their folders are removed', async () => {
    const folder = temporaryFolder();
    const programs = ['redis', 'postgres'].map((name) => new URL(`${name}.ts`, import.meta.url).href);
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const [{ startRedis }, { startPostgres }] = await Promise.all(${JSON.stringify(programs)}.map((url) => import(url)));
         const servers = await Promise.all([startRedis(), startPostgres(), startPostgres()]);
         await servers[1].pause();
         console.log(JSON.stringify(servers.flatMap((server) => server.processIds())));
         process.stdin.resume().once('end', () => process.exit());`,
      ],
      { detached: true, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void owner.kill('SIGKILL'));
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const ids = JSON.parse(line.toString()) as number[];
    expect(ids.length).toBeGreaterThan(5);
    expect(readdirSync(folder).length).toBeGreaterThanOrEqual(3);
    process.kill(target(owner.pid ?? Number.NaN), signal);
    await vi.waitFor(() => {
      expect(ids.filter(isAlive)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    }, 10_000);
  });
});

test('a program that forgets to stop its server ends all the same', async () => {
  const folder = temporaryFolder();
  const url = new URL('redis.ts', import.meta.url).href;
  const script = `const { startRedis } = await import('${url}'); await startRedis();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 });
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), 10_000);
});

/** Has the servers of the test make their folders in this one, which others may enter as they may the system's. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phoneproof-own-'));
  chmodSync(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function own(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  onTestFinished(() => server.stop());
  return server;
}

async function roles(nodes: readonly Server[]): Promise<(string | undefined)[]> {
  const texts = await Promise.all(nodes.map(({ url }) => withRedis(url, (client) => client.info('replication'))));
  return texts.map((text) => /role:(\w+)/.exec(text)?.[1]);
}

async function withRedis<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A process that has ended and that its parent has not asked about is not alive. */
function isAlive(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return isKnown(pid);
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function isKnown(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
