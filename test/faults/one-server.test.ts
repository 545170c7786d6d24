import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis, startValkey } from '../servers/redis.ts';
import { faultsOfAll, faultsOfPostgres, faultsOfRedis } from './faults.ts';
import { startProxy } from './proxy.ts';
import { observe, printObserved, type Observed } from './observed.ts';
import { expectPromisesKept } from './promises.ts';
import { serviceUnderFault } from './service.ts';

const recoveryMs = 10_000;

/** Writes are on the disk before they are answered, so that a kill loses none. */
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

const engines = {
  Redis: {
    start: () => startRedis({ args: durable }),
    address: (port: number) => `redis://127.0.0.1:${port}`,
    faults: { ...faultsOfAll, ...faultsOfRedis },
  },
  Valkey: {
    start: () => startValkey({ args: durable }),
    address: (port: number) => `redis://127.0.0.1:${port}`,
    faults: { ...faultsOfAll, ...faultsOfRedis },
  },
  PostgreSQL: {
    start: () => startPostgres({ settings: { fsync: 'on' } }),
    address: (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    faults: { ...faultsOfAll, ...faultsOfPostgres },
  },
};

const table: Observed[] = [];
afterAll(() => printObserved(table));

for (const [engine, { start, address, faults }] of Object.entries(engines)) {
  for (const [name, fault] of Object.entries(faults)) {
    test(`${engine}: ${name}`, { timeout: 60_000 }, async () => {
      const server = await start();
      onTestFinished(() => server.stop());
      const proxy = await startProxy({ port: server.port });
      onTestFinished(() => proxy.close());
      const service = await serviceUnderFault(address(proxy.port));
      onTestFinished(() => service.close());
      expect(await service.person()).toBe(true);

      const crowd = service.crowd(10);
      await setTimeout(300);
      await fault.strike(server, proxy);
      const recoveredMs = await service.recovery(recoveryMs);
      await setTimeout(300);
      await crowd.stop();

      expectPromisesKept(service);
      const refused = service.seen.filter(({ status }) => status === 503).length;
      if (fault.turnsAway) expect(refused).toBeGreaterThan(0);
      else expect(refused).toBe(0);
      table.push(observe({ engine, fault: name, seen: service.seen, recoveredMs }));
    });
  }
}
