import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { redisProgram } from './programs.ts';
import { startRedisIn } from './redis.ts';
import { newServerFolder } from './server-folder.ts';
import type { Server } from './server-process.ts';

export interface Address {
  host: string;
  port: number;
}

export interface RedisCluster {
  /** Three primaries, then their replicas in the same order. */
  readonly nodes: readonly Server[];
  /** What a cluster client is given to start from. */
  readonly addresses: readonly Address[];
  stop(): Promise<void>;
}

const primaries = 3;
const slotsOf = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const;

/**
 * Starts three primaries and three replicas, and resolves when all know each other and the replicas follow. `args` are for each of them. Six servers that find each other while the
 * machine is busy may take each other for dead and never settle: then new ones are started, once.
 */
export async function startRedisCluster({ args = [] }: { args?: readonly string[] } = {}): Promise<RedisCluster> {
  try {
    return await startNodes(args);
  } catch {
    return startNodes(args);
  }
}

async function startNodes(args: readonly string[]): Promise<RedisCluster> {
  const program = await redisProgram();
  const folder = await newServerFolder();
  const started: Awaited<ReturnType<typeof startRedisIn>>[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((node) => node.end()));
    await folder.remove();
  };
  try {
    const starting = Array.from({ length: 2 * primaries }, async () => {
      const busPort = await freePort();
      const clusterArgs = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
      const quick = [
        '--cluster-node-timeout',
        '2000',
        '--repl-diskless-sync-delay',
        '0',
        '--repl-ping-replica-period',
        '1',
      ];
      const node = await startRedisIn(folder, program, { args: [...clusterArgs, ...quick, ...args] });
      started.push(node);
      return { ...node, busPort };
    });
    const failed = (await Promise.allSettled(starting)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    const nodes = await Promise.all(starting);
    await join(nodes);
    return {
      nodes: nodes.map(({ end, busPort: _, ...node }) => ({
        ...node,
        url: `redis://127.0.0.1:${node.port}`,
        stop: end,
      })),
      addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function join(nodes: readonly { port: number; busPort: number }[]): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  try {
    const ids = await Promise.all(clients.map((client) => client.call('CLUSTER', 'MYID') as Promise<string>));
    // Epochs differ from the start, so that the primaries need not settle on them; all meet all, which is quicker than hearsay.
    for (const [index, client] of clients.entries()) await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    for (const [index, slots] of slotsOf.entries()) await clients[index]?.call('CLUSTER', 'ADDSLOTSRANGE', ...slots);
    for (const client of clients) {
      for (const { port, busPort } of nodes) await client.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
    }
    for (const [index, client] of clients.entries()) {
      if (index >= primaries) await eventually(() => client.call('CLUSTER', 'REPLICATE', ids[index - primaries] ?? ''));
    }
    for (const client of clients) await eventually(() => isSettled(client, nodes.length));
  } finally {
    for (const client of clients) client.disconnect();
  }
}

/** A node names a replica to clients once it has heard how far that one follows. */
async function isSettled(client: Redis, size: number): Promise<void> {
  const info = await client.cluster('INFO');
  const slots = await client.cluster('SLOTS');
  const holders = slots.map(([, , ...nodesOfRange]) => nodesOfRange.length);
  if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${size}`)) throw new Error(info);
  if (holders.length !== primaries || holders.some((count) => count !== 2))
    throw new Error(`holders: ${holders.join()}`);
}

async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(25);
    }
  }
}
