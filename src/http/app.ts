import { Hono } from 'hono';
import { ConfigurationError } from '../errors.ts';
import { parseIpAddress, unspecifiedAddress } from '../ip-address.ts';
import type { Verifier } from '../verifier.ts';
import { apiKeyAuthentication, type Authenticate, type Caller } from './api-keys.ts';
import { readJson } from './body.ts';
import { addressReader, peerOf, proxiesFault, type TrustedProxies } from './client-address.ts';
import { answerOnce, readIdempotencyKey } from './idempotency.ts';
import { readInput } from './input.ts';
import { receivedFromNode } from './node-request.ts';
import {
  ProblemError,
  problems,
  refusalProblem,
  thrownProblem,
  type Problem,
  type ProblemCode,
  type Refusal,
} from './problem.ts';
import type { Answer, Received } from './received.ts';
import { toAnswer, toResponse } from './response.ts';
import type { Reply, Route } from './route.ts';
import { healthRoutes, type Ready } from './routes/health.ts';
import { numberRoutes } from './routes/numbers.ts';
import { pageRoutes } from './routes/pages.ts';
import { receiptRoutes } from './routes/receipts.ts';
import { verificationRoutes } from './routes/verifications.ts';
import { emptyInput } from './schemas.ts';
import { endOfTurn, offerShortWay } from './short-way.ts';
import { receivedFromWeb } from './web-request.ts';

/** What an access log or a metric may know of an answer. Never a path, a query or a body: these hold numbers. */
export interface Answered {
  /** The answer's `X-Request-Id`. */
  readonly requestId: string;
  /** `OTHER` for what this API has no use for. */
  readonly method: string;
  /** The template, `/v1/verifications/{id}`; null where no route matched. */
  readonly route: string | null;
  readonly status: number;
  readonly code: ProblemCode | null;
  /** null where nobody was asked for a key, or nobody known answered. */
  readonly tenant: string | null;
  readonly durationMs: number;
}

/** Settings of a handler. Exactly one of `apiKeys` and `authenticate` is needed. */
export interface HttpHandlerOptions {
  verifier: Verifier;
  /** Each `key` (of the tenant `default`) or `tenant:key`, sent as `Authorization: Bearer <key>`. */
  apiKeys?: readonly string[];
  /** Says who calls. `none` asks nobody: for development on loopback. */
  authenticate?: Authenticate | 'none';
  /**
   * The proxies in front, by number or by their addresses: takes each person's address from the connection and `X-Forwarded-For`, for the limits per address. For
   * people's own devices in front: where a backend calls, it passes `ip` itself, which goes first. Unset: no address is taken. Needs the connection:
   * `toNodeListener` and `mount` of `hono/mount` (on `@hono/node-server`) pass it on, `fetch` and the route handlers take it as `{ incoming }`; without it, only what proxies added counts.
   */
  trustedProxies?: TrustedProxies;
  /** Says the person's address in place of `trustedProxies`; null: none. What is no address counts as one that all such share. */
  clientAddress?: (request: Request, env: unknown) => string | null | undefined;
  /** Asked by GET /readyz; unset: always ready. */
  ready?: Ready;
  /** What stands before `/v1` in the paths that the handler sees: `/api/phoneproof` where a framework passes whole paths on. */
  basePath?: string;
  /** Where callers reach the API, for the reference and for links: needed behind a proxy or a router that cuts paths. Unset: taken from each request. */
  publicUrl?: string;
  /** Told of every answer, which waits for nothing that it does. What it throws or rejects with is swallowed. */
  onAnswer?: (answered: Answered) => void | Promise<void>;
  /** Told of every error behind a 5xx; the answer waits for nothing that it does. What it throws or rejects with is swallowed. */
  onError?: (error: unknown, requestId: string) => void | Promise<void>;
}

/** The API as one function of the Web standard. Needs no `this`, so that it can be passed around. */
export interface HttpHandler {
  fetch(this: void, request: Request, env?: unknown): Promise<Response>;
  /** The same function, under the names by which route handlers are exported (`export const { GET, POST, DELETE } = handler`). */
  readonly GET: HttpHandler['fetch'];
  readonly POST: HttpHandler['fetch'];
  readonly DELETE: HttpHandler['fetch'];
}

const methods = ['GET', 'POST', 'DELETE'] as const;
const knownMethods: ReadonlySet<string> = new Set([...methods, 'HEAD', 'OPTIONS', 'PUT', 'PATCH']);
const nobodyAsked: Caller = { tenant: 'default' };

/**
 * Makes the HTTP API (v1) of a verifier. Throws a `ConfigurationError` for settings that cannot work.
 *
 * ```ts
 * const handler = createHttpHandler({ verifier, apiKeys: [key] });
 * app.all('/phone/*', mount(handler.fetch)); // Hono, with mount of hono/mount
 * app.use('/phone', toNodeListener(handler)); // Express
 * export const { GET, POST, DELETE } = handler; // Next.js, with a basePath
 * ```
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const { verifier, ready, onAnswer, onError } = options;
  const identify = readAuthentication(options);
  const { basePath, publicUrl } = readAddress(options);
  const addressOf = readClientAddress(options);
  const typeBase = `${publicUrl ?? basePath}/docs#`;

  const app = new Hono().basePath(basePath);
  const api = [...verificationRoutes, ...numberRoutes, ...receiptRoutes, ...healthRoutes(ready)];
  const pages = pageRoutes(api, { basePath, publicUrl, keyed: options.authenticate !== 'none' });
  for (const route of [...api, ...pages]) {
    app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) =>
      toResponse(await answer(receivedFromWeb(c), route)),
    );
  }
  app.notFound(async (c) => toResponse(await answer(receivedFromWeb(c), null)));

  async function answer(received: Received, route: Route | null): Promise<Answer> {
    const startedAtMs = performance.now();
    // Never the caller's own: it would carry into our logs whatever they put there.
    const requestId = crypto.randomUUID();
    let caller: Caller | null = null;
    let outcome: Reply | Problem;
    try {
      if (route === null) throw unmatched(received.path);
      if (!route.open) {
        caller = await identify(received);
        // Also for what JavaScript lets through: whoever names no tenant must not end up as the default one.
        if (typeof caller?.tenant !== 'string') throw unauthorized();
      }
      const { tenant } = caller ?? nobodyAsked;
      const key = route.once ? readIdempotencyKey(received) : null;
      const body = route.method === 'post' && route.takes !== 'bytes' ? await readJson(received) : undefined;
      const input = readRouteInput(received, route, body);
      const clientAddress = (named?: string): string | undefined => addressOf(named, received);
      const call = { verifier, tenant, input, received, clientAddress };
      outcome =
        key === null
          ? outcomeOf(await route.handle(call))
          : await answerOnce({ verifier, tenant, route: route.path, key, request: input }, async () =>
              outcomeOf(await route.handle(call)),
            );
    } catch (error) {
      outcome = thrownProblem(error);
      const broken = error instanceof ProblemError ? error.cause : error;
      if (broken !== undefined && problems[outcome.code].status >= 500) quietly(onError, broken, requestId);
    }
    const answered = toAnswer(outcome, requestId, typeBase);
    quietly(onAnswer, {
      requestId,
      method: knownMethods.has(received.method) ? received.method : 'OTHER',
      route: route?.path ?? null,
      status: answered.status,
      code: 'code' in outcome ? outcome.code : null,
      tenant: caller?.tenant ?? null,
      durationMs: performance.now() - startedAtMs,
    });
    return answered;
  }

  function unmatched(path: string): ProblemError {
    const allowed = methods.filter((method) => app.router.match(method, path)[0].length > 0).map(String);
    if (allowed.length === 0) return new ProblemError({ code: 'not_found' });
    if (allowed.includes('GET')) allowed.push('HEAD');
    return new ProblemError({ code: 'method_not_allowed', headers: { allow: allowed.join(', ') } });
  }

  const fetch: HttpHandler['fetch'] = async (request, env) => app.fetch(request, env ?? {});
  if (typeof options.authenticate !== 'function' && !options.clientAddress) {
    const takers = new Map(
      api.filter(({ takes }) => takes === 'body').map((route) => [`POST ${basePath}${route.path}`, route]),
    );
    offerShortWay(fetch, (incoming) => {
      const route = takers.get(`${incoming.method} ${incoming.url}`);
      const received = route ? receivedFromNode(incoming) : null;
      return route && received ? endOfTurn().then(() => answer(received, route)) : null;
    });
  }
  return { fetch, GET: fetch, POST: fetch, DELETE: fetch };
}

/** Says who sends a request; null: nobody that is known here. */
type Identify = (received: Received) => ReturnType<Authenticate>;

function readAuthentication({ apiKeys, authenticate }: HttpHandlerOptions): Identify {
  if (apiKeys && !authenticate) {
    const callerOf = apiKeyAuthentication(apiKeys);
    return (received) => callerOf(received.header('authorization'));
  }
  if (typeof authenticate === 'function' && !apiKeys) return ({ request }) => request && authenticate(request);
  if (authenticate === 'none' && !apiKeys) return () => nobodyAsked;
  throw new ConfigurationError([
    "exactly one of apiKeys and authenticate is needed; authenticate: 'none' asks nobody, for development on loopback",
  ]);
}

function readAddress({ basePath = '', publicUrl }: HttpHandlerOptions) {
  const faults: string[] = [];
  if (!/^(?:\/[\w.~-]+)*\/?$/.test(basePath)) faults.push('basePath must be a path such as /api/phoneproof');
  if (publicUrl !== undefined && !/^https?:\/\/[^\s?#]+$/.test(publicUrl)) {
    faults.push('publicUrl must be an address such as https://verify.example.com');
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { basePath: basePath.replace(/\/$/, ''), publicUrl: publicUrl?.replace(/\/$/, '') };
}

type AddressReader = (received: Received) => string | undefined;

/**
 * How the person's address is found; undefined: it is not. `named`: what the caller says. A backend that calls for a person is not the person, so that
 * this goes first; but not where nobody shows a key and addresses are read from connections, as it may be the person who says so.
 */
function readClientAddress(options: HttpHandlerOptions) {
  const ofConnection = readConnectionAddress(options);
  const isBelieved = options.authenticate !== 'none' || !ofConnection;
  return (named: string | undefined, received: Received): string | undefined =>
    named !== undefined && isBelieved ? named : ofConnection?.(received);
}

function readConnectionAddress({ trustedProxies, clientAddress }: HttpHandlerOptions): AddressReader | undefined {
  if (trustedProxies === undefined) {
    return (
      clientAddress &&
      (({ request, env }) => {
        const told = (request && clientAddress(request, env)) ?? undefined;
        return told === undefined || parseIpAddress(told) ? told : unspecifiedAddress;
      })
    );
  }
  const fault = clientAddress ? 'and clientAddress exclude each other' : proxiesFault(trustedProxies);
  if (fault !== null) throw new ConfigurationError([`trustedProxies ${fault}`]);
  const read = addressReader(trustedProxies);
  return ({ header, env }) => read(header('x-forwarded-for'), peerOf(env));
}

function outcomeOf(result: Reply | Refusal): Reply | Problem {
  return 'detail' in result ? refusalProblem(result) : result;
}

function readRouteInput(received: Received, route: Route, body: unknown): unknown {
  if (route.input === undefined) return undefined;
  if (route.takes === 'body') return readInput(route.input, body);
  if (route.takes === 'bytes') return readInput(route.input, received.pathParameters());
  if (body !== undefined) readInput(emptyInput, body);
  return readInput(route.input, received.parameters());
}

function unauthorized(): ProblemError {
  return new ProblemError({ code: 'unauthorized', headers: { 'www-authenticate': 'Bearer' } });
}

/** A hook that fails is no reason to fail an answer. */
function quietly<Told extends readonly unknown[]>(
  hook: ((...told: Told) => void | Promise<void>) | undefined,
  ...told: Told
): void {
  try {
    const telling = hook?.(...told);
    if (telling) Promise.resolve(telling).catch(() => {});
  } catch {
    // Nor is one that throws at once.
  }
}
