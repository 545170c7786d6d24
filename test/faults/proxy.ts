import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** What happens to bytes on their way. */
export type Weather =
  /** They pass. */
  | { kind: 'fair' }
  /** They arrive late, both ways together by so much. */
  | { kind: 'slow'; byMs: number }
  /** What is asked arrives; of the answer nothing does, and the connection is cut. */
  | { kind: 'answers cut' }
  /** Nothing arrives any more on connections that exist, and nobody is told; new ones are fair. */
  | { kind: 'half-open' }
  /** Connections are cut and none is accepted. */
  | { kind: 'down' };

/** Stands between a client and a server and lets bytes through, or not. */
export interface Proxy {
  readonly port: number;
  /** What holds from now on. */
  set(weather: Weather): void;
  /** How many connections there have been. */
  connections(): number;
  close(): Promise<void>;
}

interface Line {
  client: Socket;
  server: Socket;
  dead: boolean;
}

/** Listens on loopback, on a free port. */
export async function startProxy(target: { host?: string; port: number }): Promise<Proxy> {
  let weather: Weather = { kind: 'fair' };
  let connections = 0;
  const lines = new Set<Line>();

  function cut(line: Line): void {
    line.client.destroy();
    line.server.destroy();
    lines.delete(line);
  }

  function carry(line: Line, from: Socket, to: Socket, isAnswer: boolean): void {
    // In order, however late.
    let last = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      if (line.dead) return;
      if (isAnswer && weather.kind === 'answers cut') return cut(line);
      const lateMs = weather.kind === 'slow' ? weather.byMs / 2 : 0;
      if (lateMs === 0) {
        last = last.then(() => void to.write(bytes));
        return;
      }
      const late = setTimeout(lateMs);
      last = last.then(async () => {
        await late;
        if (!to.destroyed) to.write(bytes);
      });
    });
    from.on('error', () => cut(line));
    from.on('close', () => {
      if (!line.dead) cut(line);
    });
  }

  const server = createServer((client) => {
    if (weather.kind === 'down') {
      client.destroy();
      return;
    }
    connections += 1;
    const line: Line = { client, server: connect(target.port, target.host ?? '127.0.0.1'), dead: false };
    lines.add(line);
    carry(line, client, line.server, false);
    carry(line, line.server, client, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      weather = next;
      if (next.kind === 'down') for (const line of lines) cut(line);
      if (next.kind === 'half-open') for (const line of lines) line.dead = true;
    },
    connections: () => connections,
    async close() {
      for (const line of lines) cut(line);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
