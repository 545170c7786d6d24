import { expect, test } from 'vitest';
import type { Ready } from '../../src/http/index.ts';
import { problems, type ProblemCode } from '../../src/http/problem.ts';
import { StoreError } from '../../src/index.ts';
import { apiUnderTest, minuteMs, to } from './api-under-test.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const everyKind = [
  ['POST /v1/verifications', 201],
  ['GET /v1/verifications/nothing', 404],
  ['POST /v1/numbers/erase', 204],
  ['GET /nowhere', 404],
  ['GET /v1/numbers/lookup/', 404],
  ['PUT /v1/verifications', 405],
  ['GET /livez', 200],
  ['HEAD /livez', 200],
  ['GET /docs', 200],
] as const;

test.each(everyKind)('%s (%i) carries a request id of our own and the headers that keep it safe', async (...row) => {
  const [request, expected] = row;
  const [method = '', path = ''] = request.split(' ');
  const api = await apiUnderTest();
  const smuggled = '+12025550143';
  const body = method === 'POST' ? { to } : null;
  const { status, headers } = await api.call(method, path, body, { 'x-request-id': smuggled });
  expect(status).toBe(expected);
  expect(headers.get('x-request-id')).toMatch(uuid);
  expect(headers.get('x-request-id')).toBe(api.answered[0]?.requestId);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.has('access-control-allow-origin')).toBe(false);
});

test('no two answers share a request id', async () => {
  const api = await apiUnderTest();
  const ids = await Promise.all(
    Array.from({ length: 50 }, async () => (await api.call('GET', '/livez')).headers.get('x-request-id')),
  );
  expect(new Set(ids).size).toBe(50);
});

test('a problem is problem+json and repeats its status and request id', async () => {
  const { status, headers, body } = await (await apiUnderTest()).call('GET', '/v1/verifications/nothing');
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toEqual({
    type: '/docs#verification_not_found',
    title: 'Verification not found',
    status,
    detail: expect.any(String) as string,
    code: 'verification_not_found',
    request_id: headers.get('x-request-id'),
  });
});

test('every code has the status of the contract', () => {
  const contract: Record<number, ProblemCode[]> = {
    400: ['invalid_request'],
    401: ['unauthorized'],
    403: ['destination_not_allowed', 'receipt_refused'],
    404: ['not_found', 'verification_not_found'],
    405: ['method_not_allowed'],
    409: ['request_in_progress'],
    410: [
      'verification_expired',
      'verification_canceled',
      'verification_used',
      'verification_superseded',
      'verification_failed',
    ],
    413: ['payload_too_large'],
    415: ['unsupported_media_type'],
    422: ['invalid_phone_number', 'incorrect_code', 'idempotency_key_reused'],
    429: ['rate_limited', 'too_many_checks'],
    500: ['internal_error'],
    502: ['delivery_failed'],
    503: ['store_unavailable', 'provider_unavailable', 'not_ready'],
  };
  const table = Object.entries(problems).map(([code, { status }]) => `${status} ${code}`);
  const expected = Object.entries(contract).flatMap(([status, codes]) => codes.map((code) => `${status} ${code}`));
  expect(table.toSorted()).toEqual(expected.toSorted());
});

test.each([
  ['DELETE /v1/verifications', 'POST'],
  ['OPTIONS /v1/verifications', 'POST'],
  ['POST /v1/verifications/v1x', 'GET, HEAD'],
  ['GET /v1/verifications/v1x/cancel', 'POST'],
  ['DELETE /v1/verifications/check', 'GET, POST, HEAD'],
  ['PATCH /v1/numbers/+12025550143', 'GET, DELETE, HEAD'],
  ['POST /livez', 'GET, HEAD'],
])('%s is 405 and allows %s', async (request, allow) => {
  const [method = '', path = ''] = request.split(' ');
  const { status, headers, body } = await (await apiUnderTest()).call(method, path);
  expect([status, body['code'], headers.get('allow')]).toEqual([405, 'method_not_allowed', allow]);
});

test.each([
  '/',
  '/v1',
  '/v1/',
  '/v2/verifications',
  '/v1/verifications/',
  '/v1/verifications/a/b',
  '//v1/verifications',
])('%s is 404 not_found, also with a key', async (path) => {
  const { status, body } = await (await apiUnderTest()).call('POST', path, { to });
  expect([status, body['code']]).toEqual([404, 'not_found']);
});

test('HEAD is GET without a body', async () => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  const head = await api.call('HEAD', `/v1/verifications/${id}`);
  expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'application/json']);
  expect((await api.call('HEAD', '/v1/verifications/nothing')).status).toBe(404);
});

test('a GET, HEAD or DELETE of a verification changes nothing', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    await api.call(method, `/v1/verifications/${id}`);
    await api.call(method, `/v1/verifications/${id}/cancel`);
  }
  expect((await api.call('POST', '/v1/verifications/check', { id, code })).status).toBe(200);
});

test('a store that does not answer is 503 with Retry-After: nothing is sent, nothing approved', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  api.breakStore(new StoreError('connect ECONNREFUSED 10.1.2.3:6379'));
  const answers = [
    await api.call('POST', '/v1/verifications', { to }),
    await api.call('POST', '/v1/verifications/check', { id, code }),
    await api.call('POST', '/v1/numbers/lookup', { to }),
  ];
  for (const { status, headers, body, text } of answers) {
    expect([status, body['code']]).toEqual([503, 'store_unavailable']);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(text).not.toContain('10.1.2.3');
  }
  expect(api.provider.messages).toHaveLength(1);
  expect(api.errors.map(({ requestId }) => requestId)).toEqual(
    answers.map(({ headers }) => headers.get('x-request-id')),
  );
  api.breakStore(null);
  expect((await api.call('POST', '/v1/verifications/check', { id, code })).status).toBe(200);
});

test('what nobody thought of is 500 and tells nothing', async () => {
  const api = await apiUnderTest();
  const error = new TypeError('secret at /srv/app/store.js:12');
  api.breakStore(error);
  const { status, body, text } = await api.call('POST', '/v1/verifications', { to });
  expect([status, body['code']]).toEqual([500, 'internal_error']);
  expect(text).not.toContain('secret');
  expect(api.errors).toEqual([{ error, requestId: body['request_id'] }]);
});

const unready: [string, Ready, number][] = [
  ['says false', async () => false, 0],
  ['rejects with what the store says', () => Promise.reject(new StoreError('down')), 1],
  ['rejects with anything', () => Promise.reject(new Error('?')), 1],
];

test.each(unready)('a service whose readiness %s is 503 not_ready, and alive', async (_, ready, told) => {
  const api = await apiUnderTest({ ready });
  const { status, body } = await api.call('GET', '/readyz');
  expect([status, body['code'], api.errors.length]).toEqual([503, 'not_ready', told]);
  expect((await api.call('GET', '/livez')).status).toBe(200);
});

test.each([undefined, async () => undefined, async () => true])('otherwise it is ready', async (ready) => {
  const api = await apiUnderTest(ready ? { ready } : {});
  expect((await api.call('GET', '/readyz')).body).toEqual({ status: 'ok' });
});

test('the access log is told of every answer: the template, never the path', async () => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  api.clock.advance(minuteMs);
  await api.call('GET', `/v1/verifications/${id}?x=1`);
  await api.call('HEAD', `/v1/numbers/${to}`);
  await api.call('GET', `/${to}`);
  await api.call('PUT', `/v1/numbers/${to}`);
  await api.call('POST', '/v1/numbers/lookup', { to: '1' });
  const seen = api.answered.map(({ method, route, status, code }) => [method, route, status, code]);
  expect(seen).toEqual([
    ['POST', '/v1/verifications', 201, null],
    ['GET', '/v1/verifications/{id}', 400, 'invalid_request'],
    ['HEAD', '/v1/numbers/{to}', 200, null],
    ['GET', null, 404, 'not_found'],
    ['PUT', null, 405, 'method_not_allowed'],
    ['POST', '/v1/numbers/lookup', 422, 'invalid_phone_number'],
  ]);
  for (const { durationMs } of api.answered) expect(durationMs).toBeGreaterThan(0);
});

test('a method nobody knows is OTHER in the log', async () => {
  const api = await apiUnderTest();
  await api.handler.fetch(new Request('http://api.test/livez', { method: 'X12025550143' }));
  expect(api.answered.map(({ method, status }) => [method, status])).toEqual([['OTHER', 405]]);
});

// A rejection that nobody takes would end the process, and fails this run.
const failing: [string, () => void | Promise<void>][] = [
  [
    'throw',
    () => {
      throw new Error('log full');
    },
  ],
  ['reject', () => Promise.reject(new Error('log full'))],
];

test.each(failing)('hooks that %s change no answer', async (_, fail) => {
  const api = await apiUnderTest({ onAnswer: fail, onError: fail });
  expect((await api.call('POST', '/v1/verifications', { to })).status).toBe(201);
  api.breakStore(new StoreError('down'));
  expect((await api.call('POST', '/v1/verifications', { to })).status).toBe(503);
});
