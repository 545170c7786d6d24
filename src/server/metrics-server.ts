import { randomUUID } from 'node:crypto';
import { listen, type HttpServer } from './http-server.ts';
import type { Log } from './log.ts';

export interface MetricsServerOptions {
  /** Answers `GET /metrics`. */
  exposition(): Promise<Response>;
  host: string;
  /** Undefined: nobody asked for metrics, and nothing listens. */
  port: number | undefined;
  log: Log;
}

/** Serves metrics on a port of their own. Resolves when it listens. */
export async function serveMetrics({ exposition, host, port, log }: MetricsServerOptions): Promise<HttpServer | null> {
  if (port === undefined) return null;
  return listen({
    fetch: ({ method, url }) =>
      method === 'GET' && new URL(url).pathname === '/metrics'
        ? exposition()
        : new Response(null, { status: 404, headers: { 'x-request-id': randomUUID() } }),
    host,
    port,
    howToMove: 'PHONEPROOF_METRICS_PORT',
    onError: (error) => log.error('answering failed', error),
  });
}
