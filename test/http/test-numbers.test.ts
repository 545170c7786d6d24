import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { VerifierEvent } from '../../src/index.ts';
import { apiUnderTest } from './api-under-test.ts';

const code = '73910462';
const to = '+447700900187';
const digits = '7700900187';

/** The API with one test number, of the kind that the plans call invalid. */
async function withTestNumber() {
  const events: VerifierEvent[] = [];
  const api = await apiUnderTest({
    verifier: {
      policy: { codeLength: 8, maxSends: 4 },
      testNumbers: { codes: { [to]: code }, until: new Date('2030-02-01'), clock: () => Date.parse('2030-01-01') },
      onEvent: (event) => void events.push(event),
    },
  });
  return { ...api, events };
}

test('start, repeat, find, check, lookup and cancel of a test number say so, and the contract knows it', async () => {
  const api = await withTestNumber();
  const started = await api.call('POST', '/v1/verifications', { to: '07700 900187', country: 'GB' });
  expect(started).toMatchObject({ status: 201, body: { to, test: true, status: 'pending', sends_left: 3 } });
  expect(started.body['notice']).not.toContain('sent a code');
  const { id } = started.body;
  expect(await api.call('POST', '/v1/verifications', { to })).toMatchObject({ status: 200, body: { id, test: true } });
  expect(await api.call('GET', `/v1/verifications/${String(id)}`)).toMatchObject({
    status: 200,
    body: {
      test: true,
      deliveries: [
        { provider: 'test_number', status: 'delivered' },
        { provider: 'test_number', status: 'delivered' },
      ],
    },
  });
  expect((await api.call('POST', '/v1/numbers/lookup', { to })).body).toEqual({ to, test: true, verified: false });
  expect(await api.call('POST', '/v1/verifications/check', { id, code: '73910463' })).toMatchObject({ status: 422 });
  const approved = await api.call('POST', '/v1/verifications/check', { id, code });
  expect(approved).toMatchObject({ status: 200, body: { id, to, test: true, status: 'approved' } });
  expect((await api.call('GET', `/v1/numbers/${to}`)).body).toMatchObject({ to, test: true, verified: true });
  await api.call('POST', '/v1/verifications', { to });
  const canceled = await api.call('POST', '/v1/verifications/cancel', { to });
  expect(canceled.body).toMatchObject({ status: 'canceled', test: true });
  expect((await api.call('POST', '/v1/numbers/unlock', { to: '07700900187', country: 'GB' })).status).toBe(204);
  expect((await api.call('DELETE', `/v1/numbers/${to}`)).status).toBe(204);
  expect(api.provider.messages).toEqual([]);
});

test('of any other number the mark is not there at all', async () => {
  const api = await withTestNumber();
  const { id, code: sent } = await api.start({ to: '+12025550143' });
  const answers = [
    await api.call('POST', '/v1/verifications', { to: '+12025550143' }),
    await api.call('GET', `/v1/verifications/${id}`),
    await api.call('POST', '/v1/verifications/check', { id, code: sent }),
    await api.call('POST', '/v1/numbers/lookup', { to: '+12025550143' }),
  ];
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('test');
  }
});

test("a caller's own code is a 400, a limit is a 429, as of other numbers", async () => {
  const api = await withTestNumber();
  const own = await api.call('POST', '/v1/verifications', { to, code: '00000000' });
  expect(own).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/code' }] } });
  for (let i = 0; i < 4; i += 1) await api.call('POST', '/v1/verifications', { to });
  const fifth = await api.call('POST', '/v1/verifications', { to });
  expect(fifth).toMatchObject({ status: 429, body: { code: 'rate_limited', limit: 'sends' } });
  expect(fifth.headers.get('retry-after')).not.toBeNull();
});

test('a repeated request with an idempotency key gets the same answer, with its mark, and charges nothing', async () => {
  const api = await withTestNumber();
  const once = () => api.call('POST', '/v1/verifications', { to }, { 'idempotency-key': 'one' });
  const first = await once();
  await api.verifier.idle();
  const second = await once();
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotency-replayed')).toBe('true');
  expect(second.body).toMatchObject({ test: true, sends_left: 3 });
});

test('the fixed code is in no answer, and neither code nor number in what the log is told or an event', async () => {
  const api = await withTestNumber();
  const answers: string[] = [];
  const call: typeof api.call = async (...args) => {
    const answer = await api.call(...args);
    answers.push(`${answer.text} ${JSON.stringify([...answer.headers])}`);
    return answer;
  };
  const { id } = (await call('POST', '/v1/verifications', { to })).body;
  await call('POST', '/v1/verifications', { to, code });
  await call('POST', '/v1/verifications', { to, purpose: 'other' });
  await call('POST', '/v1/verifications/check', { id, code: '73910463' });
  await call('POST', '/v1/verifications/check', { id, code: code.slice(1) });
  await call('POST', '/v1/verifications/check', { id, code: [code] });
  await call('GET', `/v1/verifications/${String(id)}`);
  await call('POST', '/v1/verifications/check', { id, code });
  await call('POST', '/v1/verifications/check', { to, code });
  await call('POST', '/v1/numbers/lookup', { to });
  await call('GET', '/openapi.json');
  await call('GET', '/docs');
  for (const answer of answers) expect(answer).not.toMatch(/7391046|3910462/);
  const told = inspect([api.answered, api.errors, api.events], { depth: 20, maxStringLength: null });
  for (const secret of [code, code.slice(1), digits]) expect(told).not.toContain(secret);
});
