import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One JSON request, ready to be written: what a client's library would take time for is done before the clock runs. */
export function postRequest({
  url,
  path,
  key,
  body,
}: {
  url: string;
  path: string;
  key: string;
  body: object;
}): string {
  const json = JSON.stringify(body);
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(json)}`,
    '',
    json,
  ].join('\r\n');
}

/** Open keep-alive connections to one server. All that is sent rejects when a connection breaks, an answer is not HTTP with a Content-Length, or `signal` aborts. */
export interface Connections {
  /** Sends each request once: every connection has one in flight and sends the next when it is answered. Resolves with how many answers had which status. */
  send(requests: readonly string[], signal: AbortSignal): Promise<Statuses>;
  /**
   * Sends each request once, so many a second whether or not those before are answered, as long as a connection is free. Latencies are in the order of the answers and
   * count from when a request was due, so that a server that stalls does not hide those that would have come meanwhile.
   */
  sendEvenly(
    requests: readonly string[],
    options: { perSecond: number; signal: AbortSignal },
  ): Promise<{ statuses: Statuses; latenciesMs: number[] }>;
  close(): void;
}

export type Statuses = Map<number, number>;

/** Opens so many connections. */
export async function openConnections(url: string, count: number): Promise<Connections> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect({ host: hostname, port: Number(port), noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  /** Runs `start` with all lines, until it calls `end`. */
  const exchange = async (signal: AbortSignal, start: (lines: readonly Line[], end: () => void) => void) => {
    signal.addEventListener('abort', close, { once: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const lines = sockets.map((socket) => lineOn(socket, reject));
    try {
      start(lines, resolve);
      await promise;
    } finally {
      for (const line of lines) line.leave();
      signal.removeEventListener('abort', close);
    }
  };
  return {
    async send(requests, signal) {
      const statuses: Statuses = new Map();
      let sent = 0;
      let answered = 0;
      const sleepAgain = stayAwake();
      try {
        await exchange(signal, (lines, end) => {
          const sendNext = (line: Line): void => {
            const request = requests[sent++];
            if (request === undefined) return;
            line.ask(request, (status) => {
              statuses.set(status, (statuses.get(status) ?? 0) + 1);
              if (++answered === requests.length) end();
              else sendNext(line);
            });
          };
          for (const line of lines) sendNext(line);
        });
      } finally {
        sleepAgain();
      }
      return statuses;
    },
    async sendEvenly(requests, { perSecond, signal }) {
      const statuses: Statuses = new Map();
      const latenciesMs: number[] = [];
      let sleepAgain = (): void => {};
      try {
        await exchange(signal, (lines, end) => {
          const free = [...lines];
          const startsAtMs = performance.now();
          let sent = 0;
          sleepAgain = stayAwake(() => {
            for (;;) {
              const dueAtMs = startsAtMs + (sent * 1_000) / perSecond;
              const request = requests[sent];
              if (request === undefined || performance.now() < dueAtMs) return;
              const line = free.pop();
              if (!line) return;
              sent += 1;
              line.ask(request, (status) => {
                latenciesMs.push(performance.now() - dueAtMs);
                statuses.set(status, (statuses.get(status) ?? 0) + 1);
                free.push(line);
                if (latenciesMs.length === requests.length) end();
              });
            }
          });
        });
      } finally {
        sleepAgain();
      }
      return { statuses, latenciesMs };
    },
    close,
  };
}

/**
 * Keeps this process from waiting in the kernel. Waking a waiting client is work that the kernel books on the server that answers, the more of it the
 * slower that server is, and most of all in a virtual machine. `turn` runs in every turn of the event loop.
 */
function stayAwake(turn = (): void => {}): () => void {
  let immediate = setImmediate(function again() {
    immediate = setImmediate(again);
    turn();
  });
  return () => clearImmediate(immediate);
}

/** A connection with at most one request in flight. */
interface Line {
  ask(request: string, answered: (status: number) => void): void;
  leave(): void;
}

function lineOn(socket: Socket, fail: (error: Error) => void): Line {
  let received = '';
  let answered: ((status: number) => void) | null = null;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const status = statusOfWhole(received);
    if (status === null) return;
    if (Number.isNaN(status) || !answered)
      return fail(new Error(`This is no answer that can be counted: ${received.slice(0, 200)}`));
    received = '';
    const tell = answered;
    answered = null;
    tell(status);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('A connection was closed before all was answered.')));
  return {
    ask(request, then) {
      answered = then;
      socket.write(request, 'latin1');
    },
    leave() {
      socket.removeAllListeners();
      socket.on('error', () => {});
    },
  };
}

/** The status of an answer; null while a part of it is missing, NaN if it can have no end. */
function statusOfWhole(answer: string): number | null {
  const headEnds = answer.indexOf('\r\n\r\n');
  if (headEnds < 0) return null;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1];
  if (length === undefined || !answer.startsWith('HTTP/1.1 ')) return Number.NaN;
  if (answer.length < headEnds + 4 + Number(length)) return null;
  return Number(answer.slice(9, 12));
}
