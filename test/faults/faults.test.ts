import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis, startValkey } from '../servers/redis.ts';
import { startProxy, type Proxy } from './proxy.ts';
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
  },
  Valkey: {
    start: () => startValkey({ args: durable }),
    address: (port: number) => `redis://127.0.0.1:${port}`,
  },
  PostgreSQL: {
    start: () => startPostgres({ settings: { fsync: 'on' } }),
    address: (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
};

type ServerOfEngine = Awaited<ReturnType<(typeof engines)[keyof typeof engines]['start']>>;

interface Fault {
  /** Breaks it; resolves when it is whole again. */
  strike(server: ServerOfEngine, proxy: Proxy): Promise<void>;
  /** Whether people are turned away meanwhile: 503, nothing else. */
  turnsAway: boolean;
}

const faults: Record<string, Fault> = {
  'the server is killed and comes back after 3 s': {
    turnsAway: true,
    async strike(server) {
      await server.kill();
      await setTimeout(3_000);
      await server.restart();
    },
  },
  'the server is paused for 5 s': {
    turnsAway: true,
    async strike(server) {
      await server.pause();
      await setTimeout(5_000);
      server.resume();
    },
  },
  'every answer is 200 ms late for 3 s': {
    turnsAway: false,
    async strike(_, proxy) {
      proxy.set({ kind: 'slow', byMs: 200 });
      await setTimeout(3_000);
      proxy.set({ kind: 'fair' });
    },
  },
  'connections are cut after the write and before the answer, for 2 s': {
    turnsAway: true,
    async strike(_, proxy) {
      proxy.set({ kind: 'answers cut' });
      await setTimeout(2_000);
      proxy.set({ kind: 'fair' });
    },
  },
  'connections go half-open: nothing arrives and nobody is told': {
    turnsAway: true,
    async strike(_, proxy) {
      proxy.set({ kind: 'half-open' });
      await setTimeout(2_000);
      proxy.set({ kind: 'fair' });
    },
  },
  'no connection can be made for 3 s': {
    turnsAway: true,
    async strike(_, proxy) {
      proxy.set({ kind: 'down' });
      await setTimeout(3_000);
      proxy.set({ kind: 'fair' });
    },
  },
};

const table: Observed[] = [];
afterAll(() => printObserved(table));

for (const [engine, { start, address }] of Object.entries(engines)) {
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
