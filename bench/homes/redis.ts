import { Redis } from 'ioredis';
import { startRedisCluster } from '../../test/servers/redis-cluster.ts';
import { startRedis } from '../../test/servers/redis.ts';
import type { StoreHome } from './home.ts';

/** As in production: what was acknowledged is lost for a second at most, and only with the machine. */
const args = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'];

/** One Redis: what TEST_REDIS_URL names, else one that is started. */
export async function redisHome({ space }: { space: string }): Promise<StoreHome> {
  const named = process.env['TEST_REDIS_URL'];
  const own = named ? null : await startRedis({ args });
  const url = named || own!.url;
  const client = new Redis(url);
  return home({ address: url, space, primaries: [client], replicas: [], stop: own?.stop });
}

/** A Redis Cluster: the one of the nodes that TEST_REDIS_CLUSTER_NODES names, else one that is started, with three primaries and a replica of each. */
export async function redisClusterHome({ space }: { space: string }): Promise<StoreHome> {
  const named = process.env['TEST_REDIS_CLUSTER_NODES'];
  // As long as in production, lest a node that waits for the processor is taken for dead.
  const own = named ? null : await startRedisCluster({ args: [...args, '--cluster-node-timeout', '15000'] });
  const nodes = named || own!.addresses.map(({ host, port }) => `${host}:${port}`).join();
  const first = new Redis(`redis://${nodes.split(',')[0]}`);
  const ranges = (await first.cluster('SLOTS')).toSorted(([a], [b]) => a - b);
  first.disconnect();
  const clients = new Map<string, Redis>();
  const clientsOf = (holders: readonly (readonly [host: string, port: number, ...unknown[]])[]): Redis[] =>
    holders.flatMap(([host, port]) => {
      const key = `${host}:${port}`;
      if (clients.has(key)) return [];
      const client = new Redis({ host, port });
      clients.set(key, client);
      return [client];
    });
  return home({
    address: `redis-cluster://${nodes}`,
    space,
    primaries: ranges.flatMap(([, , primary]) => clientsOf(primary ? [primary] : [])),
    replicas: ranges.flatMap(([, , , ...replicas]) => clientsOf(replicas)),
    stop: own?.stop,
  });
}

async function home({
  address,
  space,
  primaries,
  replicas,
  stop,
}: {
  address: string;
  space: string;
  primaries: readonly Redis[];
  replicas: readonly Redis[];
  stop: (() => Promise<void>) | undefined;
}): Promise<StoreHome> {
  const all = [...primaries, ...replicas];
  return {
    address: `${address}?prefix=${space}`,
    server: await describe(primaries, replicas),
    async cpuUs() {
      // As the servers tell it, to the microsecond. INFO rounds nothing, and works from afar.
      const seconds = await Promise.all(
        all.map((client) => figures(client, 'cpu', /^used_cpu_(?:sys|user)(?:_children)?:/)),
      );
      return sum(seconds.flat()) * 1_000_000;
    },
    async bytes() {
      const used = await Promise.all(primaries.map((client) => figures(client, 'memory', /^used_memory:/)));
      return sum(used.flat());
    },
    primaries,
    async close() {
      if (!stop) await Promise.all(primaries.map((client) => removeKeys(client, `${space}:`)));
      for (const client of all) client.disconnect();
      await stop?.();
    },
  };
}

/** The numbers of those lines of INFO. */
async function figures(client: Redis, section: string, lines: RegExp): Promise<number[]> {
  const info = await client.info(section);
  return info
    .split('\r\n')
    .filter((line) => lines.test(line))
    .map((line) => Number(line.split(':')[1]));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

async function describe(primaries: readonly Redis[], replicas: readonly Redis[]): Promise<string> {
  const [first] = primaries;
  if (!first) throw new Error('The cluster has no node that holds slots.');
  const version = /^(valkey|redis)_version:(\S+)/m.exec(await first.info('server'));
  const [, appends] = await first.config('GET', 'appendonly');
  const [, syncs] = await first.config('GET', 'appendfsync');
  const size = replicas.length > 0 ? `, ${primaries.length} primaries and ${replicas.length} replicas` : '';
  return `${version?.[1] === 'valkey' ? 'Valkey' : 'Redis'} ${version?.[2]}${size}, ${appends === 'yes' ? `append-only file synced ${syncs}` : 'nothing on disk'}`;
}

async function removeKeys(client: Redis, prefix: string): Promise<void> {
  for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>) {
    // One by one: those of a cluster's node lie in many slots.
    await Promise.all(keys.map((key) => client.unlink(key)));
  }
}
