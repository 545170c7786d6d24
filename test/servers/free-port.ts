import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PortTaken } from './server-process.ts';

/**
 * Below those that a system gives to outgoing connections: else a client that tries to reach a server which is down could be given the
 * server's port, and connect to itself or be in the way of its return.
 */
const [lowest, highest] = [15_000, 32_000];

/** A port of the loopback address that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const server = createServer();
    server.listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Starts on the port that was asked for, or on free ones until none else took it first. */
export async function onPort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (port !== undefined) return start(port);
  for (;;) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
    }
  }
}
