import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createHttpHandler, type Answered, type HttpHandler, type HttpHandlerOptions } from '../../src/http/index.ts';
import type { OpenApiDocument } from '../../src/http/openapi.ts';
import type { Store } from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import { recordingProvider, type RecordingProvider } from '../../src/testing/recording-provider.ts';
import { createVerifier, type Verifier, type VerifierOptions } from '../../src/verifier.ts';
import { contractOf, type Answer, type Contract } from './contract.ts';

export const key = 'key-of-the-default-tenant';
export const otherKey = 'key-of-another-tenant';
export const to = '+12025550143';
export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/** The API over a memory store, with everything that a test wants to look at or break. */
export interface Api {
  handler: HttpHandler;
  verifier: Verifier;
  provider: RecordingProvider;
  clock: VirtualClock;
  contract: Contract;
  document: OpenApiDocument;
  /** What the access log was told. */
  answered: Answered[];
  /** What was told of as broken. */
  errors: { error: unknown; requestId: string }[];
  /** From now on every verb of the store rejects with this; null: it works again. */
  breakStore(error: Error | null): void;
  /** Sends a request, and fails when the answer is not as the OpenAPI document says. An object is sent as JSON, a string as it is. */
  call(method: string, path: string, body?: object | string | null, headers?: Record<string, string>): Promise<Answer>;
  /** Starts a verification and returns its id and the code that was sent. */
  start(body?: object): Promise<{ id: string; code: string }>;
}

/** Makes an API of its own for one test. */
export async function apiUnderTest({
  verifier: verifierOptions,
  ...handlerOptions
}: Partial<Omit<HttpHandlerOptions, 'verifier'>> & { verifier?: Partial<VerifierOptions> } = {}): Promise<Api> {
  const clock = virtualClock();
  const provider = recordingProvider();
  let broken: Error | null = null;
  const store = breakable(memoryStore({ clock: clock.now }), () => broken);
  const verifier = createVerifier({
    secret: randomBytes(32),
    store,
    provider,
    defaultCountry: 'US',
    ...verifierOptions,
  });
  const answered: Answered[] = [];
  const errors: Api['errors'] = [];
  const handler = createHttpHandler({
    verifier,
    ...(handlerOptions.authenticate ? {} : { apiKeys: [key, `other:${otherKey}`] }),
    onAnswer: (answer) => void answered.push(answer),
    onError: (error, requestId) => void errors.push({ error, requestId }),
    ...handlerOptions,
  });
  const base = `http://api.test${handlerOptions.basePath ?? ''}`;
  const described = await handler.fetch(new Request(`${base}/openapi.json`));
  const document = (await described.json()) as OpenApiDocument;
  const contract = contractOf(document);
  answered.length = 0;

  const call: Api['call'] = async (method, path, body = null, headers = {}) => {
    const request = new Request(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = await read(await handler.fetch(request));
    if (path !== '/docs' && path !== '/openapi.json') expect(contract.faults(method, path, answer)).toEqual([]);
    return answer;
  };

  return {
    handler,
    verifier,
    provider,
    clock,
    contract,
    document,
    answered,
    errors,
    breakStore: (error) => (broken = error),
    call,
    async start(body = { to }) {
      const { status, body: started } = await call('POST', '/v1/verifications', body);
      expect([200, 201]).toContain(status);
      return { id: started['id'] as string, code: provider.messages.at(-1)?.code ?? '' };
    },
  };
}

/** Reads a response to its end. */
async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = /[/+]json$/.test(response.headers.get('content-type') ?? '');
  const body = (json && text ? JSON.parse(text) : null) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, body };
}

/** A code that is not this one, of the same length. */
export function wrongFor(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

/** The store itself, until it is broken. */
function breakable(store: Store, broken: () => Error | null): Store {
  return new Proxy(store, {
    get(target, property, receiver) {
      const error = broken();
      const value: unknown = Reflect.get(target, property, receiver);
      return error && typeof value === 'function' ? () => Promise.reject(error) : value;
    },
  });
}
