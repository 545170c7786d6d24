import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConfigurationError } from '../errors.ts';
import { nodeListener } from '../http/node-listener.ts';
import { systemCode } from './system-code.ts';

/** A listening server. */
export interface HttpServer {
  /** Where it listens, port included: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more connections and resolves when every request in flight is answered, or cut off after `graceMs`. */
  close(options: { graceMs: number }): Promise<void>;
}

export interface ListenOptions {
  /** `env`: what the connection tells, as `@hono/node-server` passes it. */
  fetch(request: Request, env: unknown): Promise<Response> | Response;
  host: string;
  /** 0: any free one. */
  port: number;
  /** How to choose another port, when this one is taken. */
  howToMove: string;
  /** Told of what `fetch` throws (the caller gets a 500) and of what goes wrong with connections as a whole. */
  onError(error: unknown): void;
}

/**
 * How much of a request, and how slowly, a stranger may send. Node answers what goes beyond by itself: 400, 408 or 431.
 * A body's size is the application's to bound.
 */
const limits = {
  maxHeaderSize: 8_192,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
};
const maxRequestsPerSocket = 10_000;
const maxConnections = 2_000;

/** Serves a fetch handler over HTTP/1.1. Throws a `ConfigurationError` that says what to do when it cannot listen there. */
export async function listen({ fetch, host, port, howToMove, onError }: ListenOptions): Promise<HttpServer> {
  const inFlight = new Set<ServerResponse>();
  function land(this: ServerResponse): void {
    inFlight.delete(this);
  }
  const answer = nodeListener({ fetch }, { overrideGlobalObjects: true, onError });
  const server = createServer(limits, (request, response) => {
    inFlight.add(response);
    response.on('close', land);
    void answer(request, response);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  server.maxConnections = maxConnections;
  await bind(server, { host, port, howToMove });
  // Such as a connection that could not be accepted: no reason to end.
  server.on('error', onError);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: ({ graceMs }) => close(server, { inFlight, sockets, graceMs }),
  };
}

function bind(
  server: Server,
  { host, port, howToMove }: Pick<ListenOptions, 'host' | 'port' | 'howToMove'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(new ConfigurationError([whyNot(systemCode(error), host, port, howToMove)]));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function whyNot(code: string, host: string, port: number, howToMove: string): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${host} is taken, perhaps by another phoneproof. Stop what listens there, or choose another port: ${howToMove}.`;
  }
  if (code === 'EACCES') return `Port ${port} needs rights that this process has not. Choose another: ${howToMove}.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine. Set PHONEPROOF_HOST to one that is, like 127.0.0.1.`;
  }
  return `Cannot listen on port ${port} of ${host} (${code}).`;
}

async function close(
  server: Server,
  { inFlight, sockets, graceMs }: { inFlight: Iterable<ServerResponse>; sockets: Iterable<Socket>; graceMs: number },
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Node takes a connection on which nothing has come yet, such as browsers open ahead, for one that is about to ask.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  for (const response of inFlight) {
    response.shouldKeepAlive = false;
    response.once('close', () => server.closeIdleConnections());
  }
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cutOff);
}
