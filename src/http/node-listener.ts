import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { HttpHandler } from './app.ts';
import { writeAnswer } from './node-request.ts';
import type { Answer } from './received.ts';
import { toAnswer, toResponse } from './response.ts';
import { shortWayOf } from './short-way.ts';

/** Takes requests from `node:http`, and so from Express. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * Makes a listener of a handler, for `http.createServer(listener)` or Express (`app.use('/phone', listener)`: Express cuts the path, so no
 * `basePath`). A body that `express.json()` has read before is taken as it was read; delivery receipts are signed over their very bytes, so that for them the listener goes before
 * whatever reads bodies.
 */
export function toNodeListener(handler: Pick<HttpHandler, 'fetch'>): NodeListener {
  // The globals of the process are not ours to replace.
  const listener = nodeListener(handler, { overrideGlobalObjects: false });
  return (incoming: IncomingMessage & { body?: unknown; rawBody?: unknown }, outgoing) => {
    if (incoming.readableDidRead && incoming.body !== undefined) {
      incoming.rawBody ??= Buffer.from(JSON.stringify(incoming.body));
    }
    return listener(incoming, outgoing);
  };
}

/** Makes a listener of a function that answers requests of the Web standard. Those that it also takes as they are, take its short way. `onError` is told of what it throws. */
export function nodeListener(
  handler: { fetch(request: Request, env: unknown): Promise<Response> | Response },
  { overrideGlobalObjects, onError }: { overrideGlobalObjects: boolean; onError?: (error: unknown) => void },
): NodeListener {
  const errorHandler = (error: unknown): Response => toResponse(answerForNoRequest(error, onError));
  const longWay = getRequestListener((request, env) => handler.fetch(request, env), {
    overrideGlobalObjects,
    errorHandler,
  });
  return (incoming, outgoing) => {
    const answering = shortWayOf(handler.fetch)?.(incoming);
    if (!answering) return longWay(incoming, outgoing);
    const write = (answer: Answer): void => writeAnswer(outgoing, answer);
    return answering.then(write, (error: unknown) => write(answerForNoRequest(error, onError)));
  };
}

/** Answers what never became a request of the Web standard (Node lets pass what has no host, or a target that is no path), or what went wrong on the way. */
function answerForNoRequest(error: unknown, onError: ((error: unknown) => void) | undefined): Answer {
  const errors = [{ pointer: '', detail: 'names no host and path' }];
  // A target or Host that makes no URL: what a stranger sends is no error of ours.
  const isStrangers = error instanceof RequestError;
  if (!isStrangers) onError?.(error);
  const problem = isStrangers
    ? ({ code: 'invalid_request', members: { errors } } as const)
    : ({ code: 'internal_error' } as const);
  return toAnswer(problem, crypto.randomUUID(), '/docs#');
}
