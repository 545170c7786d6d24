import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import { mount } from 'hono/mount';
import { afterEach, expect, test } from 'vitest';
import { toNodeListener } from '../../src/http/index.ts';
import { apiUnderTest, key, to, wrongFor } from './api-under-test.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Listens on a free port and returns the address. */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : null) as Record<string, unknown> };
}

// First of all: one of the ways below replaces them.
test('a listener leaves the globals of the process as they are', async () => {
  const before = [globalThis.Request, globalThis.Response, globalThis.Headers];
  const { handler } = await apiUnderTest();
  toNodeListener(handler);
  expect([globalThis.Request, globalThis.Response, globalThis.Headers]).toEqual(before);
});

type Api = Awaited<ReturnType<typeof apiUnderTest>>;

/** Every way in, and where it makes the API reachable. */
const ways: Record<string, { options?: object; serve(api: Api): Promise<string> }> = {
  'node:http': {
    serve: ({ handler }) => listen((incoming, outgoing) => void toNodeListener(handler)(incoming, outgoing)),
  },
  '@hono/node-server, globals replaced': {
    serve: ({ handler }) =>
      listen((incoming, outgoing) => void getRequestListener((request) => handler.fetch(request))(incoming, outgoing)),
  },
  'Hono, mounted under a prefix': {
    serve: async ({ handler }) => {
      const app = new Hono().get('/', (c) => c.text('the app'));
      app.all('/phone/*', mount(handler.fetch));
      return `${await listen((incoming, outgoing) => void toNodeListener({ fetch: async (r) => app.fetch(r) })(incoming, outgoing))}/phone`;
    },
  },
  'Hono, as a route with whole paths': {
    options: { basePath: '/phone' },
    serve: async ({ handler }) => {
      const app = new Hono().all('/phone/*', (c) => handler.fetch(c.req.raw));
      return `${await listen((incoming, outgoing) => void toNodeListener({ fetch: async (r) => app.fetch(r) })(incoming, outgoing))}/phone`;
    },
  },
  'route handlers by method (Next.js: app/api/phone/[...path]/route.ts)': {
    options: { basePath: '/api/phone' },
    serve: async ({ handler }) => {
      const { GET, POST, DELETE } = handler;
      const route: Record<string, (request: Request) => Promise<Response>> = { GET, POST, DELETE, HEAD: GET };
      const serve = async (request: Request) =>
        (await route[request.method]?.(request)) ?? new Response(null, { status: 405 });
      return `${await listen((incoming, outgoing) => void toNodeListener({ fetch: serve })(incoming, outgoing))}/api/phone`;
    },
  },
  'Express, under a prefix': {
    serve: async ({ handler }) => {
      const app = express();
      app.use('/phone', toNodeListener(handler));
      return `${await listen(app as RequestListener)}/phone`;
    },
  },
  'Express, after express.json()': {
    serve: async ({ handler }) => {
      const app = express();
      app.use(express.json());
      app.use('/phone', toNodeListener(handler));
      return `${await listen(app as RequestListener)}/phone`;
    },
  },
};

for (const [way, { options = {}, serve }] of Object.entries(ways)) {
  test(`${way}: the whole API works`, async () => {
    const api = await apiUnderTest(options);
    const url = await serve(api);
    const started = await post(`${url}/v1/verifications`, { to });
    expect([started.status, started.body['to']]).toEqual([201, to]);
    const { id } = started.body;
    const code = api.provider.messages[0]?.code ?? '';

    const malformed = await post(`${url}/v1/verifications/check`, { id, code: [code] });
    expect([malformed.status, malformed.body['errors']]).toEqual([
      400,
      [{ pointer: '/code', detail: 'must be a string' }],
    ]);
    expect((await post(`${url}/v1/verifications/check`, { id, code: wrongFor(code) })).body['checks_left']).toBe(4);
    expect((await post(`${url}/v1/verifications/check`, { id, code })).status).toBe(200);
    expect((await post(`${url}/v1/verifications`, { to }, { authorization: 'Bearer x' })).status).toBe(401);
    expect((await post(`${url}/v1/verifications`, { to: 'x'.repeat(20_000) })).status).toBe(413);

    const authorization = `Bearer ${key}`;
    const seen = await fetch(`${url}/v1/numbers/%2B12025550143`, { headers: { authorization } });
    expect(await seen.json()).toMatchObject({ to, verified: true });
    const head = await fetch(`${url}/v1/numbers/%2B12025550143`, { method: 'HEAD', headers: { authorization } });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const erased = await fetch(`${url}/v1/numbers/%2B12025550143`, { method: 'DELETE', headers: { authorization } });
    expect(erased.status).toBe(204);
    const cancel = await fetch(`${url}/v1/verifications/${String(id)}/cancel`, {
      method: 'POST',
      headers: { authorization },
    });
    expect(cancel.status).toBe(404);
    expect((await fetch(`${url}/v1/nothing`)).status).toBe(404);

    const docs = await fetch(`${url}/docs`);
    expect([docs.status, docs.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const document = (await (await fetch(new URL('openapi.json', `${url}/docs`))).json()) as { openapi: string };
    expect(document.openapi).toMatch(/^3\.1/);
  });
}

test('with a base path, paths without it are not found', async () => {
  const { handler } = await apiUnderTest({ basePath: '/api/phone' });
  for (const path of ['/livez', '/api/livez', '/api/phonelivez', '/api/phone']) {
    expect((await handler.fetch(new Request(`http://api.test${path}`))).status).toBe(404);
  }
  const answer = await handler.fetch(new Request('http://api.test/api/phone/livez', { method: 'PUT' }));
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('what express.json() takes and the API does not is refused all the same', async () => {
  const api = await apiUnderTest();
  const app = express();
  app.use(express.json({ limit: '1mb' }), toNodeListener(api.handler));
  const url = await listen(app as RequestListener);
  expect((await post(`${url}/v1/verifications`, { to, extra: 1 })).status).toBe(400);
  expect((await post(`${url}/v1/verifications`, { to: 'x'.repeat(20_000) })).status).toBe(413);
  expect(api.provider.messages).toEqual([]);
});

test('a chunked body is read up to 16 KiB over a socket', async () => {
  const api = await apiUnderTest();
  const url = await listen((incoming, outgoing) => void toNodeListener(api.handler)(incoming, outgoing));
  const send = (chunks: string[]) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const request = httpRequest(`${url}/v1/verifications`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      for (const chunk of chunks) request.write(chunk);
      request.end();
    });
  expect(await send(['{"to":', `"${to}"`, '}'])).toBe(201);
  expect(await send(['{"to":', `"${to}"`, ' '.repeat(20_000), '}'])).toBe(413);
});

test('a caller that goes away in the middle of a body harms nobody', async () => {
  const api = await apiUnderTest();
  const url = new URL(await listen((incoming, outgoing) => void toNodeListener(api.handler)(incoming, outgoing)));
  await new Promise<void>((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      const head = `POST /v1/verifications HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json`;
      socket.write(`${head}\r\ncontent-length: 100\r\n\r\n{"to":`, () => socket.destroy());
    });
    socket.on('close', () => resolve());
  });
  await expect.poll(() => api.answered.map(({ status }) => status)).toEqual([400]);
  expect((await fetch(new URL('/livez', url))).status).toBe(200);
  expect([api.errors, api.provider.messages]).toEqual([[], []]);
});

test.each([
  'GET /livez HTTP/1.0',
  'GET /livez HTTP/1.1\r\nhost: a b',
  String.raw`GET /liv\ez HTTP/1.1${'\r\n'}host: a`,
])('what is no request (%j) is a 400 problem like any other', async (head) => {
  const api = await apiUnderTest();
  const url = new URL(await listen((incoming, outgoing) => void toNodeListener(api.handler)(incoming, outgoing)));
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(`${head}\r\nconnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.toLowerCase()).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/);
  expect(answer).toContain('"code":"invalid_request"');
});
