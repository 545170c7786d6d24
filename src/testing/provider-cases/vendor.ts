import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { VendorReply } from './case.ts';

/** A request that the vendor got whole. */
export interface Received {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A vendor on loopback. */
export interface Vendor {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The oldest first. */
  readonly received: readonly Received[];
  /** How many connections were made so far. */
  readonly connections: number;
  /** Resolves when those that are open now are closed. */
  closed(): Promise<void>;
}

/** What it answers, or what it does instead. */
export type Answer = VendorReply | ((request: Received, response: ServerResponse) => void | Promise<void>);

export function reply(response: ServerResponse, { status, headers, body }: VendorReply): void {
  response.writeHead(status, headers).end(body);
}

/** Runs a case against a vendor that answers so, and closes it. Rejects with what the answer threw, too. */
export async function withVendor<Result>(answer: Answer, run: (vendor: Vendor) => Promise<Result>): Promise<Result> {
  const received: Received[] = [];
  const open = new Set<Socket>();
  const faults: unknown[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await text(incoming).catch(() => null);
      if (body === null) return;
      try {
        const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        );
        const { method = '', url = '' } = incoming;
        const request = { method, url: new URL(url, vendor.url).href, headers: new Headers(headers), body };
        received.push(request);
        if (typeof answer === 'function') await answer(request, response);
        else reply(response, answer);
      } catch (error) {
        faults.push(error);
        response.destroy();
      }
    })();
  });
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const vendor: Vendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connections() {
      return connections;
    },
    async closed() {
      await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    },
  };
  try {
    const result = await run(vendor);
    if (faults.length > 0) throw faults[0];
    return result;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
}
