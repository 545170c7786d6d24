import { expect, test } from 'vitest';
import { ProviderError } from '../../src/index.ts';
import { apiUnderTest, dayMs, key, minuteMs, otherKey, to, wrongFor, type Api } from './api-under-test.ts';

const start = '/v1/verifications';
const check = '/v1/verifications/check';

async function checkWrong(api: Api, id: string, code: string, times: number) {
  const answers = [];
  for (let i = 1; i <= times; i++) answers.push(await api.call('POST', check, { id, code: wrongFor(code, i) }));
  return answers;
}

test('a start is 201 with everything that the contract names', async () => {
  const api = await apiUnderTest();
  const { status, body } = await api.call('POST', start, {
    to: '(202) 555-0143',
    country: 'US',
    channel: 'sms',
    purpose: 'sign-in',
    locale: 'en',
    ip: '203.0.113.9',
  });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.any(String) as string,
    to,
    channel: 'sms',
    purpose: 'sign-in',
    status: 'pending',
    created_at: '2030-01-01T00:00:00.000Z',
    expires_at: '2030-01-01T00:05:00.000Z',
    resend_at: '2030-01-01T00:00:30.000Z',
    sends_left: 2,
    checks_left: 5,
    notice: expect.any(String) as string,
  });
  expect(api.provider.messages).toHaveLength(1);
});

test('only a number is needed', async () => {
  const api = await apiUnderTest();
  const { status, body } = await api.call('POST', start, { to });
  expect([status, body['purpose'], body['channel']]).toEqual([201, 'default', 'sms']);
});

test('starting again is 200 with the same id and the same code', async () => {
  const api = await apiUnderTest();
  const first = await api.start();
  api.clock.advance(minuteMs);
  const { status, body } = await api.call('POST', start, { to: '202 555 0143' });
  expect([status, body['id'], body['sends_left']]).toEqual([200, first.id, 1]);
  expect(body['expires_at']).toBe('2030-01-01T00:06:00.000Z');
  expect(api.provider.messages[1]?.code).toBe(first.code);
});

test('the fourth start in ten minutes is 429, names the limit and says for how long', async () => {
  const api = await apiUnderTest();
  await api.start();
  api.clock.advance(minuteMs);
  await api.start();
  await api.start();
  api.clock.advance(minuteMs - 1);
  const { status, headers, body } = await api.call('POST', start, { to });
  expect([status, body['code'], body['limit']]).toEqual([429, 'rate_limited', 'sends']);
  expect(headers.get('retry-after')).toBe('481');
  expect(headers.get('ratelimit-policy')).toBe('"sends";q=3;w=600');
  expect(headers.get('ratelimit')).toBe('"sends";r=0;t=481');
  expect(api.provider.messages).toHaveLength(3);
  api.clock.advance(481_000);
  expect((await api.call('POST', start, { to })).status).toBe(201);
});

test.each(['id', 'to'])('the right code by %s is 200 with the approval and nothing else', async (by) => {
  const api = await apiUnderTest();
  const { id, code } = await api.start({ to, purpose: 'sign-in' });
  api.clock.advance(21_407);
  const target = by === 'id' ? { id } : { to, purpose: 'sign-in' };
  const { status, body } = await api.call('POST', check, { ...target, code });
  expect(status).toBe(200);
  expect(body).toEqual({ id, to, purpose: 'sign-in', status: 'approved', approved_at: '2030-01-01T00:00:21.407Z' });
});

test('wrong codes count down to 0, and all of them are 422', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const answers = await checkWrong(api, id, code, 5);
  expect(answers.map(({ status, body }) => [status, body['code'], body['checks_left']])).toEqual(
    [4, 3, 2, 1, 0].map((left) => [422, 'incorrect_code', left]),
  );
});

test('after the fifth wrong code the right one is 429 by id, without Retry-After, and 404 by number', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await checkWrong(api, id, code, 5);
  const byId = await api.call('POST', check, { id, code });
  expect([byId.status, byId.body['code'], byId.body['scope']]).toEqual([429, 'too_many_checks', 'verification']);
  expect(byId.headers.has('retry-after')).toBe(false);
  const byNumber = await api.call('POST', check, { to, code });
  expect([byNumber.status, byNumber.body['code']]).toEqual([404, 'verification_not_found']);
});

test('a number whose wrong checks are spent is 429 with Retry-After, on check and on start', async () => {
  const api = await apiUnderTest();
  const first = await api.start();
  await checkWrong(api, first.id, first.code, 5);
  const second = await api.start();
  await checkWrong(api, second.id, second.code, 5);
  const other = await api.call('POST', start, { to, purpose: 'withdrawal' });
  expect([other.status, other.body['code'], other.body['scope']]).toEqual([429, 'too_many_checks', 'number']);
  expect(other.headers.get('retry-after')).toBe(String(dayMs / 1_000));
  expect(other.headers.get('ratelimit-policy')).toBe('"wrong_checks";q=10;w=86400');
  expect(other.headers.get('ratelimit')).toBe('"wrong_checks";r=0;t=86400');
});

test.each([
  ['verification_expired', async (api: Api) => api.clock.advance(5 * minuteMs)],
  ['verification_canceled', (api: Api, id: string) => api.call('POST', `${start}/${id}/cancel`)],
  ['verification_used', (api: Api, id: string, code: string) => api.call('POST', check, { id, code })],
  [
    'verification_superseded',
    async (api: Api) => {
      api.clock.advance(4 * minuteMs);
      await api.start();
      api.clock.advance(4 * minuteMs);
      await api.start();
    },
  ],
] as const)('what ended is 410 %s by id, and by number only not found', async (problem, end) => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await end(api, id, code);
  const byId = await api.call('POST', check, { id, code });
  expect([byId.status, byId.body['code']]).toEqual([410, problem]);
  if (problem === 'verification_superseded') return;
  const byNumber = await api.call('POST', check, { to, code });
  expect([byNumber.status, byNumber.body['code']]).toEqual([404, 'verification_not_found']);
});

test('by number, never sent, used, canceled and of another purpose are one answer', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await api.call('POST', check, { id, code });
  const canceled = await api.start({ to: '+12025550144' });
  await api.call('POST', `${start}/${canceled.id}/cancel`);
  const pending = await api.start({ to: '+12025550145', purpose: 'sign-in' });
  const answers = await Promise.all([
    api.call('POST', check, { to: '+12025550199', code }),
    api.call('POST', check, { to, code }),
    api.call('POST', check, { to: '+12025550144', code: canceled.code }),
    api.call('POST', check, { to: '+12025550145', code: pending.code }),
  ]);
  const bodies = answers.map(({ body }) => JSON.stringify({ ...body, request_id: null }));
  expect(new Set(bodies).size).toBe(1);
});

test('what ended more than 24 hours ago is not found', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await api.call('POST', check, { id, code });
  api.clock.advance(dayMs + 1);
  expect((await api.call('POST', check, { id, code })).body['code']).toBe('verification_not_found');
});

test.each([
  ['temporary', 503, 'provider_unavailable'],
  ['filtered', 502, 'delivery_failed'],
] as const)('a first text that is surely not taken (%s) is %i %s, and the verification has failed', async (...row) => {
  const [kind, status, problem] = row;
  const api = await apiUnderTest();
  api.provider.script(new ProviderError(kind, 'no'));
  const refused = await api.call('POST', start, { to });
  expect([refused.status, refused.body['code']]).toEqual([status, problem]);
  const id = refused.body['id'] as string;
  expect((await api.call('GET', `${start}/${id}`)).body['status']).toBe('failed');
  expect((await api.call('POST', check, { id, code: '123456' })).body['code']).toBe('verification_failed');
});

test('Retry-After is what the provider says, rounded up, and a guess where it says nothing', async () => {
  const api = await apiUnderTest();
  api.provider.script(
    new ProviderError('rate_limited', 'no', { retryAfterSeconds: 6.2 }),
    new ProviderError('temporary', 'no'),
  );
  expect((await api.call('POST', start, { to })).headers.get('retry-after')).toBe('7');
  expect((await api.call('POST', start, { to })).headers.get('retry-after')).toBe('30');
});

test('a text that may have been taken is 201, and its delivery unknown', async () => {
  const api = await apiUnderTest();
  api.provider.script(new ProviderError('ambiguous', 'time-out'));
  const { id, code } = await api.start();
  await api.verifier.idle();
  const { body } = await api.call('GET', `${start}/${id}`);
  expect(body['deliveries']).toEqual([{ provider: 'recording', status: 'unknown', at: '2030-01-01T00:00:00.000Z' }]);
  expect((await api.call('POST', check, { id, code })).status).toBe(200);
});

test.each([
  ['invalid_number', 422, 'invalid_phone_number'],
  ['opted_out', 403, 'destination_not_allowed'],
] as const)('a provider that says %s is %i %s', async (kind, status, problem) => {
  const api = await apiUnderTest();
  api.provider.script(new ProviderError(kind, 'no'));
  const { status: answered, body } = await api.call('POST', start, { to });
  expect([answered, body['code']]).toEqual([status, problem]);
});

test('a country that the policy refuses is 403', async () => {
  const api = await apiUnderTest({ verifier: { policy: { countries: ['US'] } } });
  const { status, body } = await api.call('POST', start, { to: '+447400123456' });
  expect([status, body['code']]).toEqual([403, 'destination_not_allowed']);
});

test('a number that cannot be one is 422 with a sentence', async () => {
  const api = await apiUnderTest();
  const { status, body } = await api.call('POST', start, { to: '12', country: 'US' });
  expect([status, body['code']]).toEqual([422, 'invalid_phone_number']);
  expect(body['detail']).not.toBe('');
});

test("a caller's own code is taken where the policy allows it and is 400 elsewhere", async () => {
  const allowed = await apiUnderTest({ verifier: { policy: { allowOwnCode: true } } });
  expect((await allowed.start({ to, code: '0042' })).code).toBe('0042');
  const refused = await (await apiUnderTest()).call('POST', start, { to, code: '0042' });
  expect([refused.status, refused.body['errors']]).toEqual([
    400,
    [{ pointer: '/code', detail: expect.any(String) as string }],
  ]);
});

test('a verification can be looked at while it lives and after', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await api.verifier.idle();
  const pending = await api.call('GET', `${start}/${id}`);
  expect(pending.body).toMatchObject({ id, to, status: 'pending', checks_left: 5, ended_at: null });
  expect(pending.body['deliveries']).toEqual([
    { provider: 'recording', status: 'accepted', at: '2030-01-01T00:00:00.000Z' },
  ]);
  api.clock.advance(1_000);
  await api.call('POST', check, { id, code });
  const approved = await api.call('GET', `${start}/${id}`);
  expect(approved.body).toMatchObject({ status: 'approved', ended_at: '2030-01-01T00:00:01.000Z', deliveries: [] });
});

test('canceling is 200, again the same, by id and by number', async () => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  const first = await api.call('POST', `${start}/${id}/cancel`);
  expect([first.status, first.body['status'], first.body['id']]).toEqual([200, 'canceled', id]);
  api.clock.advance(1_000);
  expect((await api.call('POST', `${start}/${id}/cancel`, {})).body).toEqual(first.body);

  const second = await api.start({ to, purpose: 'sign-in' });
  const byNumber = await api.call('POST', `${start}/cancel`, { to, purpose: 'sign-in' });
  expect([byNumber.status, byNumber.body['id']]).toEqual([200, second.id]);
  expect((await api.call('POST', `${start}/cancel`, { to, purpose: 'sign-in' })).body).toEqual(byNumber.body);
});

test("another tenant's verification is not found, whatever is done with it, and stays as it is", async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const headers = { authorization: `Bearer ${otherKey}` };
  const answers = [
    await api.call('GET', `${start}/${id}`, null, headers),
    await api.call('POST', check, { id, code }, headers),
    await api.call('POST', check, { to, code }, headers),
    await api.call('POST', `${start}/${id}/cancel`, null, headers),
    await api.call('POST', `${start}/cancel`, { to }, headers),
  ];
  expect(answers.map(({ status, body }) => [status, body['code']])).toEqual(
    answers.map(() => [404, 'verification_not_found']),
  );
  expect((await api.call('POST', check, { id, code }, { authorization: `Bearer ${key}` })).status).toBe(200);
});

test('of a hundred right checks at once exactly one is 200', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => (await api.call('POST', check, { id, code })).status),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 410)).toHaveLength(99);
});
