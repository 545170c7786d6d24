import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startPgBouncer } from './pgbouncer.ts';
import { startPostgres } from './postgres.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedis, startValkey } from './redis.ts';
import type { SharedServers } from './shared.ts';

type Start<T> = () => Promise<{ address: T; stop(): Promise<void> }>;

/**
 * Starts the servers that test files share, each when the first of them asks for it and once for the run, and stops them at the end. The test
 * files run in processes of their own and ask over loopback, so that nothing has to be locked.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<string, ReturnType<Start<unknown>>>();
  const shared = async <Name extends keyof SharedServers>(name: Name): Promise<SharedServers[Name]> => {
    if (!started.has(name)) started.set(name, starts[name]());
    return (await started.get(name))?.address as SharedServers[Name];
  };
  const starts: { [Name in keyof SharedServers]: Start<SharedServers[Name]> } = {
    redis: async () => withUrl(await startRedis()),
    valkey: async () => withUrl(await startValkey()),
    redisCluster: async () => {
      // As long as in production: on a busy machine, nodes that judge each other sooner would fail over in the middle of other tests.
      const { addresses, stop } = await startRedisCluster({ args: ['--cluster-node-timeout', '15000'] });
      return { address: addresses, stop };
    },
    postgres: async () => withUrl(await startPostgres()),
    pgbouncer: async () =>
      withUrl(await startPgBouncer({ postgresUrl: process.env['TEST_POSTGRES_URL'] || (await shared('postgres')) })),
  };

  const desk = createServer((request, response) => {
    shared(request.url?.slice(1) as keyof SharedServers).then(
      (address) => response.end(JSON.stringify(address)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  project.provide('sharedServersPort', (desk.address() as AddressInfo).port);

  return async () => {
    desk.close();
    desk.closeAllConnections();
    const servers = await Promise.allSettled(started.values());
    await Promise.all(servers.map(async (server) => server.status === 'fulfilled' && server.value.stop()));
  };
}

function withUrl({ url, stop }: { url: string; stop(): Promise<void> }): { address: string; stop(): Promise<void> } {
  return { address: url, stop };
}
