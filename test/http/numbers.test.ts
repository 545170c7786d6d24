import { expect, test } from 'vitest';
import { apiUnderTest, otherKey, to, wrongFor, type Api } from './api-under-test.ts';

async function verify(api: Api) {
  const target = await api.start();
  await api.call('POST', '/v1/verifications/check', target);
  return target;
}

const asked: [string, (api: Api, headers?: Record<string, string>) => ReturnType<Api['call']>][] = [
  ['POST /v1/numbers/lookup', (api, headers) => api.call('POST', '/v1/numbers/lookup', { to }, headers)],
  ['GET /v1/numbers/{to}', (api, headers) => api.call('GET', `/v1/numbers/${encodeURIComponent(to)}`, null, headers)],
];

test.each(asked)('%s says whether a number is verified, since when, and for which tenant', async (_, look) => {
  const api = await apiUnderTest();
  expect((await look(api)).body).toEqual({ to, verified: false });
  api.clock.advance(1_000);
  await verify(api);
  expect((await look(api)).body).toEqual({ to, verified: true, verified_at: '2030-01-01T00:00:01.000Z' });
  expect((await look(api, { authorization: `Bearer ${otherKey}` })).body).toEqual({ to, verified: false });
});

test('a number in a path is read like any other, with its country in the query', async () => {
  const api = await apiUnderTest();
  for (const path of ['+12025550143', '%2B12025550143', '(202)%20555-0143', '020%207946%200018?country=GB']) {
    const { status, body } = await api.call('GET', `/v1/numbers/${path}`);
    expect([status, body['to']]).toEqual([200, path.includes('GB') ? '+442079460018' : to]);
  }
});

test.each(['to=%2B12025550199', 'to=%2B12025550143', 't%6f=', 'country=US&to=1', 'to=1&to=2'])(
  'a number in the path and in the query (%s) is 400 at /to, and nothing is erased',
  async (query) => {
    const api = await apiUnderTest();
    await verify(api);
    for (const [method, number] of [
      ['GET', to],
      ['DELETE', to],
      ['DELETE', '+12025550199'],
    ] as const) {
      const { status, body } = await api.call(method, `/v1/numbers/${encodeURIComponent(number)}?${query}`);
      expect([status, body['errors']]).toMatchObject([400, [{ pointer: '/to' }]]);
    }
    expect((await api.call('GET', `/v1/numbers/${to}`)).body['verified']).toBe(true);
  },
);

test.each(['GET /v1/numbers/12', 'DELETE /v1/numbers/12', 'GET /v1/numbers/%E0%A4%A', 'GET /v1/numbers/lookup'])(
  '%s is 422: that is no number',
  async (request) => {
    const [method = '', path = ''] = request.split(' ');
    const { status, body } = await (await apiUnderTest()).call(method, path);
    expect([status, body['code']]).toEqual([422, 'invalid_phone_number']);
  },
);

const erasing: [string, (api: Api) => ReturnType<Api['call']>][] = [
  ['POST /v1/numbers/erase', (api) => api.call('POST', '/v1/numbers/erase', { to })],
  ['DELETE /v1/numbers/{to}', (api) => api.call('DELETE', `/v1/numbers/${encodeURIComponent(to)}`)],
];

test.each(erasing)('%s forgets the number but not how often it was texted', async (_, erase) => {
  const api = await apiUnderTest();
  const verified = await verify(api);
  await api.start();
  await api.start();
  const { status, text } = await erase(api);
  expect([status, text]).toEqual([204, '']);
  expect((await api.call('GET', `/v1/verifications/${verified.id}`)).status).toBe(404);
  expect((await api.call('POST', '/v1/numbers/lookup', { to })).body['verified']).toBe(false);
  expect((await api.call('POST', '/v1/verifications', { to })).body['code']).toBe('rate_limited');
});

test('unlocking lifts the lock of wrong checks in a row', async () => {
  const api = await apiUnderTest({ verifier: { policy: { lockAfterWrongChecks: 2 } } });
  const { id, code } = await api.start();
  for (const by of [1, 2]) await api.call('POST', '/v1/verifications/check', { id, code: wrongFor(code, by) });
  const locked = await api.call('POST', '/v1/verifications/check', { id, code });
  expect([locked.status, locked.body['scope']]).toEqual([429, 'number']);
  expect((await api.call('POST', '/v1/numbers/unlock', { to })).status).toBe(204);
  expect((await api.call('POST', '/v1/verifications/check', { id, code })).status).toBe(200);
});
