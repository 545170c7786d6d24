import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { onPort } from './free-port.ts';
import { redisProgram, valkeyProgram, type Program } from './programs.ts';
import { newServerFolder, type ServerFolder } from './server-folder.ts';
import { startProcess, type Server, type ServerProcess } from './server-process.ts';

export interface RedisOptions {
  port?: number;
  /** Further configuration, such as `['--appendonly', 'yes']`. By default nothing is written to disk. */
  args?: readonly string[];
}

/** Starts a Redis. */
export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  return startSingle(redisProgram, options);
}

/** Starts a Valkey. */
export async function startValkey(options: RedisOptions = {}): Promise<Server> {
  return startSingle(valkeyProgram, options);
}

/** Two servers, the second of which follows the first. */
export interface RedisPair {
  readonly primary: Server;
  readonly replica: Server;
  stop(): Promise<void>;
}

/** Starts a primary and a replica, and resolves when the replica follows. `args` are for both. */
export async function startRedisPair({ args = [] }: { args?: readonly string[] } = {}): Promise<RedisPair> {
  const both = ['--repl-diskless-sync-delay', '0', ...args];
  const primary = await startRedis({ args: both });
  try {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port), ...both] });
    await following(replica.port);
    return { primary, replica, stop: async () => void (await Promise.all([primary.stop(), replica.stop()])) };
  } catch (error) {
    await primary.stop();
    throw error;
  }
}

/** Resolves when the server on the port is a replica that has what its primary has. */
export async function following(port: number): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port });
  try {
    while (!(await client.info('replication')).includes('master_link_status:up')) await delay(20);
  } finally {
    client.disconnect();
  }
}

/** A server in a folder that several share. The caller removes the folder. */
export async function startRedisIn(
  folder: ServerFolder,
  program: Program,
  { port, args = [] }: RedisOptions,
): Promise<ServerProcess & { port: number }> {
  return onPort(port, async (chosen) => {
    const home = join(folder.path, String(chosen));
    await mkdir(home, { recursive: true });
    const server = await startProcess({
      name: 'Redis',
      program,
      args: ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', home, '--save', '', ...args],
      folder,
      home,
      ready: /Ready to accept connections/,
      endSignal: 'SIGTERM',
    });
    return { ...server, port: chosen };
  });
}

async function startSingle(find: () => Promise<Program>, options: RedisOptions): Promise<Server> {
  const program = await find();
  const folder = await newServerFolder();
  try {
    const { end, ...server } = await startRedisIn(folder, program, options);
    return {
      ...server,
      url: `redis://127.0.0.1:${server.port}`,
      async stop() {
        await end();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
