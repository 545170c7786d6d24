import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { HttpHandler } from './app.ts';
import { toResponse } from './response.ts';

/** Takes requests from `node:http`, and so from Express. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * Makes a listener of a handler, for `http.createServer(listener)` or Express (`app.use('/phone', listener)`: Express cuts the path, so no
 * `basePath`). A body that `express.json()` has read before is taken as it was read.
 */
export function toNodeListener(handler: Pick<HttpHandler, 'fetch'>): NodeListener {
  const listener = getRequestListener((request, env) => handler.fetch(request, env), {
    // The globals of the process are not ours to replace.
    overrideGlobalObjects: false,
    errorHandler: answerForNoRequest,
  });
  return (incoming: IncomingMessage & { body?: unknown; rawBody?: unknown }, outgoing) => {
    if (incoming.readableDidRead && incoming.body !== undefined) {
      incoming.rawBody ??= Buffer.from(JSON.stringify(incoming.body));
    }
    return listener(incoming, outgoing);
  };
}

/** Answers what never became a request of the Web standard (Node lets pass what has no host, or a target that is no path), or what went wrong on the way. */
export function answerForNoRequest(error: unknown): Response {
  const errors = [{ pointer: '', detail: 'names no host and path' }];
  const problem =
    error instanceof RequestError
      ? ({ code: 'invalid_request', members: { errors } } as const)
      : ({ code: 'internal_error' } as const);
  return toResponse(problem, crypto.randomUUID(), '/docs#');
}
