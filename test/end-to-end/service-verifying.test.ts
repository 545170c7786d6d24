import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serviceVerifying } from '../../src/end-to-end/service-verifying.ts';
import type { Verifying } from '../../src/end-to-end/verifying.ts';

const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const call = { signal: new AbortController().signal };

let server: Server;
let seen: (Pick<IncomingMessage, 'method' | 'url'> & { authorization: string | undefined; body: string })[];
let answer: { status: number; body: string; headers?: Record<string, string> };
let verifying: Verifying;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    const { method, url, headers } = request;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      seen.push({ method, url, authorization: headers.authorization, body });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  verifying = serviceVerifying({ url, apiKey: key, purpose: 'sign-in', locale: 'de' });
});
afterEach(() => void server.close());

const problem = (status: number, code: string) => ({ status, body: JSON.stringify({ code, detail: 'so it is' }) });

test('a start names the number, the purpose and the language, under the key', async () => {
  answer = { status: 201, body: '{"id":"v1abc"}' };
  expect(await verifying.start('+12025550143', call)).toEqual({ status: 'pending', id: 'v1abc' });
  const authorization = `Bearer ${key}`;
  expect(seen).toEqual([{ method: 'POST', url: '/v1/verifications', authorization, body: expect.any(String) }]);
  expect(JSON.parse(seen[0]!.body)).toEqual({ to: '+12025550143', purpose: 'sign-in', locale: 'de' });
});

test('a check goes by the id', async () => {
  answer = { status: 200, body: '{"status":"approved"}' };
  expect(await verifying.check('v1abc', '493817', call)).toEqual({ status: 'approved' });
  expect(seen).toMatchObject([{ url: '/v1/verifications/check', body: '{"id":"v1abc","code":"493817"}' }]);
});

describe('what is no success is none:', () => {
  test.each([
    ['refused', 'rate_limited', problem(429, 'rate_limited')],
    ['refused', 'unauthorized', problem(401, 'unauthorized')],
    ['refused', 'delivery_failed', problem(502, 'delivery_failed')],
    ['refused', 'provider_unavailable', problem(503, 'provider_unavailable')],
    ['unreachable', 'store_unavailable', problem(503, 'store_unavailable')],
    ['unreachable', 'status_500', { status: 500, body: '{}' }],
    ['refused', 'status_200', { status: 200, body: '{}' }],
    ['refused', 'status_201', { status: 201, body: '{"id":7}' }],
    ['unreachable', 'no_answer', { status: 200, body: '<h1>hello</h1>' }],
    ['unreachable', 'no_answer', { status: 307, body: '', headers: { location: '/elsewhere' } }],
  ] as const)('%s, %s', async (status, reason, answered) => {
    answer = answered;
    expect(await verifying.start('+12025550143', call)).toMatchObject({ status, reason });
    expect(await verifying.check('v1abc', '493817', call)).toMatchObject({ status, reason });
    // A redirect takes the key nowhere.
    expect(seen).toHaveLength(2);
  });

  test('a check that another word than approved comes back for', async () => {
    answer = { status: 200, body: '{"status":"pending"}' };
    expect(await verifying.check('v1abc', '493817', call)).toMatchObject({ status: 'refused' });
  });
});

describe('a service is there', () => {
  test.each([
    ['that says so', { status: 200, body: '{"status":"ok"}' }],
    ['behind a proxy that keeps the probe to itself', { status: 404, body: '<h1>not found</h1>' }],
    ['that has another idea of the probe', { status: 404, body: '{}' }],
  ])('%s', async (_, answered) => {
    answer = answered;
    expect(await verifying.ready(call)).toEqual({ status: 'ready' });
    expect(seen).toMatchObject([{ method: 'GET', url: '/readyz' }]);
  });

  test.each([
    ['that is about to end, or has no store', problem(503, 'not_ready')],
    ['that a proxy finds away', { status: 502, body: '<h1>bad gateway</h1>' }],
  ])('but not one %s', async (_, answered) => {
    answer = answered;
    expect(await verifying.ready(call)).toMatchObject({ status: 'unreachable' });
  });

  test('but not where nothing answers', async () => {
    const nothing = serviceVerifying({ url: 'http://127.0.0.1:9', apiKey: undefined });
    expect(await nothing.ready(call)).toMatchObject({ status: 'unreachable', reason: 'no_answer' });
  });
});

test('a call that is told to end rejects with the reason', async () => {
  const reason = new Error('enough');
  const ended = { signal: AbortSignal.abort(reason) };
  await expect(verifying.ready(ended)).rejects.toBe(reason);
  await expect(verifying.start('+12025550143', ended)).rejects.toBe(reason);
  await expect(verifying.check('v1abc', '493817', ended)).rejects.toBe(reason);
});
