import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Server } from '../servers/server-process.ts';
import type { Proxy } from './proxy.ts';

export interface Fault {
  /** Breaks it; resolves when it is whole again. */
  strike(server: Server, proxy: Proxy): Promise<void>;
  /** Whether people are turned away meanwhile: 503, nothing else. */
  turnsAway: boolean;
}

/** What can happen to any server, and to the way there. */
export const faultsOfAll: Record<string, Fault> = {
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

/** The same again and again for two seconds. */
async function repeatedly(act: () => Promise<unknown>): Promise<void> {
  for (let times = 0; times < 20; times += 1) {
    await act();
    await setTimeout(100);
  }
}

export const faultsOfRedis: Record<string, Fault> = {
  'every script is forgotten, again and again for 2 s': {
    turnsAway: false,
    async strike({ url }) {
      const client = new Redis(url);
      await repeatedly(() => client.script('FLUSH', 'SYNC'));
      client.disconnect();
    },
  },
};

export const faultsOfPostgres: Record<string, Fault> = {
  'every connection is terminated in the middle of its work, again and again for 2 s': {
    turnsAway: true,
    async strike({ url }) {
      const client = new Client({ connectionString: url });
      await client.connect();
      const others = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1';
      await repeatedly(() => client.query(others, ['phoneproof']));
      await client.end();
    },
  },
};
