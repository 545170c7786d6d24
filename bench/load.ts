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

/** Open keep-alive connections to one server. */
export interface Connections {
  /**
   * Sends each request once: every connection has one in flight and sends the next when it is answered. Resolves with how many answers had which
   * status. Rejects when a connection breaks, an answer is not HTTP with a Content-Length, or `signal` aborts.
   */
  send(requests: readonly string[], signal: AbortSignal): Promise<Map<number, number>>;
  close(): void;
}

/** Opens so many connections. */
export async function openConnections(url: string, count: number): Promise<Connections> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect({ host: hostname, port: Number(port), noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    async send(requests, signal) {
      const statuses = new Map<number, number>();
      const queue = requests.values();
      signal.addEventListener('abort', close, { once: true });
      const sleepAgain = stayAwake();
      try {
        await Promise.all(sockets.map((socket) => drain(socket, queue, statuses)));
      } finally {
        sleepAgain();
        signal.removeEventListener('abort', close);
      }
      return statuses;
    },
    close,
  };
}

/**
 * Keeps this process from waiting in the kernel. Waking a waiting client is work that the kernel books on the server that answers, the more of it the
 * slower that server is, and most of all in a virtual machine.
 */
function stayAwake(): () => void {
  let immediate = setImmediate(function again() {
    immediate = setImmediate(again);
  });
  return () => clearImmediate(immediate);
}

/** Sends requests of the queue through one connection until there is none left. */
function drain(socket: Socket, queue: Iterator<string, undefined>, statuses: Map<number, number>): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = '';
    const end = (error?: Error): void => {
      socket.removeAllListeners();
      socket.on('error', () => {});
      if (error) reject(error);
      else resolve();
    };
    const sendNext = (): void => {
      const next = queue.next();
      if (next.done) end();
      else socket.write(next.value, 'latin1');
    };
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const status = statusOfWhole(received);
      if (status === null) return;
      if (Number.isNaN(status))
        return end(new Error(`This is no answer that can be counted: ${received.slice(0, 200)}`));
      received = '';
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      sendNext();
    });
    socket.on('error', end);
    socket.on('close', () => end(new Error('A connection was closed before all was answered.')));
    sendNext();
  });
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
