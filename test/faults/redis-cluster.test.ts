import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.ts';
import { observe, printObserved, type Observed } from './observed.ts';
import { expectPromisesKept } from './promises.ts';
import { otherThan, serviceUnderFault, type ServiceUnderFault } from './service.ts';

const recoveryMs = 10_000;
const table: Observed[] = [];
afterAll(() => printObserved(table));

async function startCluster(): Promise<RedisCluster> {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  return cluster;
}

async function serviceOn({ addresses }: RedisCluster, parameters = ''): Promise<ServiceUnderFault> {
  const nodes = addresses.map(({ host, port }) => `${host}:${port}`).join(',');
  const service = await serviceUnderFault(`redis-cluster://${nodes}${parameters}`);
  onTestFinished(() => service.close());
  return service;
}

/** Moves slots, keys and all, from the first primary to the second, as `redis-cli --cluster reshard` does. */
async function moveSlots({ nodes }: RedisCluster, slots: readonly number[]): Promise<number> {
  const clients = nodes.slice(0, 3).map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  const [from, to] = clients as [Redis, Redis];
  const toPort = nodes[1]?.port ?? 0;
  let moved = 0;
  try {
    const [fromId, toId] = (await Promise.all([from.call('CLUSTER', 'MYID'), to.call('CLUSTER', 'MYID')])) as string[];
    for (const slot of slots) {
      await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId ?? '');
      await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId ?? '');
      for (;;) {
        const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 1)) as string[];
        if (keys.length === 0) break;
        moved += keys.length;
        // One by one, so that what belongs together is apart for a while.
        await from.call('MIGRATE', '127.0.0.1', toPort, '', 0, 5_000, 'KEYS', ...keys);
        await setTimeout(2);
      }
      for (const client of [to, from, ...clients.slice(2)]) {
        await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId ?? '');
      }
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
  return moved;
}

test('slots that move under load turn nobody away', { timeout: 90_000 }, async () => {
  const cluster = await startCluster();
  const service = await serviceOn(cluster);
  const crowd = service.crowd(10);
  await setTimeout(1_500);
  const moved = await moveSlots(
    cluster,
    Array.from({ length: 600 }, (_, index) => index),
  );
  const recoveredMs = await service.recovery(recoveryMs);
  await crowd.stop();
  expect(moved, 'keys moved').toBeGreaterThan(0);
  expectPromisesKept(service);
  expect(service.seen.filter(({ status }) => status === 503)).toEqual([]);
  table.push(
    observe({ engine: 'Redis Cluster', fault: '600 slots move to another primary', seen: service.seen, recoveredMs }),
  );
});

/** Numbers whose record lies on the first primary. */
async function onFirstPrimary(cluster: RedisCluster, service: ServiceUnderFault, count: number): Promise<string[]> {
  const first = new Redis({ host: '127.0.0.1', port: cluster.nodes[0]?.port ?? 0 });
  const found: string[] = [];
  while (found.length < count) {
    const before = await first.dbsize();
    const to = service.newNumber();
    await service.ask('start', '/v1/verifications', { to });
    if ((await first.dbsize()) > before) found.push(to);
  }
  first.disconnect();
  return found;
}

/** What was answered before a primary died, and what of it the replica that took over did not know. */
interface Takeover {
  service: ServiceUnderFault;
  /** While the replica followed, and after it had lost touch. */
  answered: { before: number; after: number };
  approvedTwice: number;
  guessesBack: number;
}

/** Half of the people are done, the replica of the first primary loses touch, the others go on, the primary dies, the replica takes over. */
async function takeover(parameters: string): Promise<Takeover> {
  const cluster = await startCluster();
  const service = await serviceOn(cluster, parameters);
  const numbers = await onFirstPrimary(cluster, service, 40);
  const [primary, , , replica] = cluster.nodes;
  if (!primary || !replica) throw new Error('a cluster has six nodes');
  const check = (to: string, code: string) =>
    service.ask(code === service.codeFor(to) ? 'right check' : 'wrong check', '/v1/verifications/check', { to, code });

  const approved: string[] = [];
  const guessed: string[] = [];
  async function checkAll(some: readonly string[]): Promise<number> {
    const done = approved.length + guessed.length;
    await Promise.all(
      some.map(async (to, index) => {
        const code = service.codeFor(to);
        if (index % 2 === 0) {
          if ((await check(to, code)).status === 200) approved.push(to);
        } else if ((await check(to, otherThan(code))).status === 422) guessed.push(to);
      }),
    );
    return approved.length + guessed.length - done;
  }

  const before = await checkAll(numbers.slice(0, 20));
  await replica.pause();
  const client = new Redis({ host: '127.0.0.1', port: primary.port });
  // What was on its way to the halted replica it would still read when it goes on.
  await client.client('KILL', 'TYPE', 'REPLICA');
  client.disconnect();
  const after = await checkAll(numbers.slice(20));
  await primary.kill();
  replica.resume();
  await untilPrimary(replica.port);
  // As a replica of the one that took over: strict asks for one.
  await primary.restart();

  let [approvedTwice, guessesBack] = [0, 0];
  for (const to of approved) {
    const again = await untilAnswered(() => check(to, service.codeFor(to)));
    if (again.status === 200) approvedTwice += 1;
  }
  for (const to of guessed) {
    const again = await untilAnswered(() => check(to, otherThan(service.codeFor(to))));
    // Fewer than three are left where a 503 was answered though the check was charged.
    if (Number(again.answer['checks_left']) > 3) guessesBack += 1;
  }
  return { service, answered: { before, after }, approvedTwice, guessesBack };
}

async function untilPrimary(port: number): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port });
  try {
    while (!(await client.info('replication')).includes('role:master')) await setTimeout(50);
  } finally {
    client.disconnect();
  }
}

async function untilAnswered<Answer extends { status: number }>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await setTimeout(250);
  }
  throw new Error('nothing but 503');
}

test(
  'by default, a replica that lost touch and takes over does not know the last approvals and wrong checks',
  { timeout: 90_000 },
  async () => {
    const { answered, approvedTwice, guessesBack } = await takeover('');
    console.log(
      `Of ${answered.after} answers after a replica had lost touch, ${approvedTwice} approvals and ${guessesBack} wrong checks were gone when it took over.`,
    );
    expect(answered).toEqual({ before: 20, after: 20 });
    expect(approvedTwice).toBeGreaterThan(0);
    expect(guessesBack).toBeGreaterThan(0);
  },
);

test(
  'strict: a replica that takes over knows every approval and every wrong check that was answered',
  { timeout: 90_000 },
  async () => {
    const { service, answered, approvedTwice, guessesBack } = await takeover('?replicas=1');
    expect({ approvedTwice, guessesBack }).toEqual({ approvedTwice: 0, guessesBack: 0 });
    expect(answered, 'what the replica does not have is not answered').toEqual({ before: 20, after: 0 });
    expect(service.seen.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(20);
  },
);

test(
  'a primary that is killed is followed by its replica, and people get through again',
  { timeout: 90_000 },
  async () => {
    const cluster = await startCluster();
    const service = await serviceOn(cluster);
    const crowd = service.crowd(10);
    await setTimeout(500);
    await cluster.nodes[0]?.kill();
    await setTimeout(500);
    const killedAtMs = performance.now();
    // One person who gets through may be on another primary: many must.
    for (let inARow = 0; inARow < 30;) {
      inARow = (await service.person()) ? inARow + 1 : 0;
      if (performance.now() - killedAtMs > recoveryMs) throw new Error('people do not get through');
    }
    const recoveredMs = performance.now() - killedAtMs;
    await crowd.stop();
    expectPromisesKept(service);
    table.push(
      observe({
        engine: 'Redis Cluster',
        fault: 'a primary is killed, its replica takes over',
        seen: service.seen,
        recoveredMs,
      }),
    );
  },
);
