import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ProviderError, StoreError } from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { apiUnderTest, dayMs, minuteMs, otherKey, to, wrongFor, type Api } from './api-under-test.ts';
import type { Answer } from './contract.ts';

const start = '/v1/verifications';
const check = '/v1/verifications/check';
const uuid = '8e03978e-40d5-43dd-bc93-6894a57f9324';
const keyed = (key = uuid) => ({ 'idempotency-key': key });

/** What has to be the same in two answers: all of it but the request id, which is each answer's own. */
function same({ status, body }: Answer) {
  const { request_id: _own, ...rest } = body;
  return { status, body: rest };
}

const replayed = ({ headers }: Answer) => headers.get('idempotency-replayed');

async function checksLeft(api: Api, id: string) {
  return (await api.call('GET', `${start}/${id}`)).body['checks_left'];
}

test('a start that is sent twice sends one text and gets one answer, with a request id for each', async () => {
  const api = await apiUnderTest();
  const first = await api.call('POST', start, { to }, keyed());
  await api.verifier.idle();
  api.clock.advance(minuteMs);
  const second = await api.call('POST', start, { to }, keyed());
  expect([first.status, replayed(first), replayed(second)]).toEqual([201, null, 'true']);
  expect(same(second)).toEqual(same(first));
  expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  expect(api.provider.messages).toHaveLength(1);
});

test('of a start that is sent ten times at once one is done, and all get its answer', async () => {
  const api = await apiUnderTest();
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.call('POST', start, { to }, keyed())));
  expect(new Set(answers.map((answer) => JSON.stringify(same(answer)))).size).toBe(1);
  expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
  expect([answers[0]?.status, api.provider.messages.length]).toEqual([201, 1]);
});

test('a right code that is clicked twice is approved twice, once in fact', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const answers = await Promise.all([1, 2].map(() => api.call('POST', check, { id, code }, keyed())));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(same(answers[0]!)).toEqual(same(answers[1]!));
  expect((await api.call('POST', check, { id, code })).body['code']).toBe('verification_used');
});

test('a wrong code that is sent again is charged once', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const wrong = { id, code: wrongFor(code) };
  const answers = [];
  for (let i = 0; i < 3; i++) {
    answers.push(await api.call('POST', check, wrong, keyed()));
    await api.verifier.idle();
  }
  expect(answers.map(({ status, body }) => [status, body['code'], body['checks_left']])).toEqual(
    answers.map(() => [422, 'incorrect_code', 4]),
  );
  expect(await checksLeft(api, id)).toBe(4);
  expect((await api.call('POST', check, wrong, keyed('another'))).body['checks_left']).toBe(3);
});

test('a key with another body is 422 and does nothing', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  await api.call('POST', check, { id, code: wrongFor(code) }, keyed());
  await api.verifier.idle();
  const { status, body } = await api.call('POST', check, { id, code }, keyed());
  expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
  expect(await checksLeft(api, id)).toBe(4);
});

test('fields in another order and spaces are the same body', async () => {
  const api = await apiUnderTest();
  await api.call('POST', start, `{"to":"${to}","purpose":"sign-in"}`, keyed());
  await api.verifier.idle();
  const again = await api.call('POST', start, `{ "purpose": "sign-in", "to": "${to}" }`, keyed());
  expect([again.status, replayed(again)]).toEqual([201, 'true']);
});

test('the same key of another tenant, or on the other call, is another key', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const other = { authorization: `Bearer ${otherKey}`, ...keyed() };
  expect((await api.call('POST', start, { to }, keyed())).status).toBe(200);
  expect((await api.call('POST', start, { to }, other)).status).toBe(201);
  expect((await api.call('POST', check, { id, code }, keyed())).status).toBe(200);
});

test('what judged something is told again: used, ended, not found, not allowed', async () => {
  const api = await apiUnderTest({ verifier: { policy: { countries: ['US'] } } });
  const { id, code } = await api.start();
  await api.call('POST', check, { id, code });
  const calls: [path: string, body: object, status: number][] = [
    [check, { id, code }, 410],
    [check, { to: '+12025550199', code }, 404],
    [start, { to: '+447400123456' }, 403],
    [start, { to: '12' }, 422],
  ];
  for (const [i, [path, body, status]] of calls.entries()) {
    const first = await api.call('POST', path, body, keyed(`k${i}`));
    await api.verifier.idle();
    const second = await api.call('POST', path, body, keyed(`k${i}`));
    expect([first.status, replayed(first), replayed(second)]).toEqual([status, null, 'true']);
    expect(same(second)).toEqual(same(first));
  }
});

test('what did nothing leaves the key free: a limit, a provider, a code of another length, a wrong API key', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  expect((await api.call('POST', check, { id, code: code.slice(1) }, keyed('a'))).status).toBe(400);
  expect((await api.call('POST', check, { id, code }, keyed('a'))).status).toBe(200);

  api.provider.script(new ProviderError('temporary', 'no'), new ProviderError('filtered', 'no'));
  expect((await api.call('POST', start, { to }, keyed('b'))).status).toBe(503);
  expect((await api.call('POST', start, { to }, keyed('b'))).status).toBe(502);
  expect((await api.call('POST', start, { to }, keyed('b'))).status).toBe(201);

  await api.start();
  expect((await api.call('POST', start, { to }, keyed('c'))).status).toBe(429);
  api.clock.advance(10 * minuteMs);
  expect((await api.call('POST', start, { to }, keyed('c'))).status).toBe(201);

  const stranger = { authorization: 'Bearer stranger', ...keyed('d') };
  expect((await api.call('POST', start, { to, purpose: 'd' }, stranger)).status).toBe(401);
  expect((await api.call('POST', start, { to, purpose: 'd' }, keyed('d'))).status).toBe(201);
});

test('an answer is told for 24 hours', async () => {
  const api = await apiUnderTest();
  const { body } = await api.call('POST', start, { to }, keyed());
  await api.verifier.idle();
  api.clock.advance(dayMs - 1);
  expect((await api.call('POST', start, { to }, keyed())).body['id']).toBe(body['id']);
  api.clock.advance(1);
  expect((await api.call('POST', start, { to }, keyed())).body['id']).not.toBe(body['id']);
});

test('while the first is at work in another process, the second is 409 with Retry-After after a second', async () => {
  const shared = { store: memoryStore(), secret: randomBytes(32) };
  const [one, two] = [await apiUnderTest({ verifier: shared }), await apiUnderTest({ verifier: shared })];
  const sent = Promise.withResolvers<{ messageId: string }>();
  one.provider.script(() => sent.promise);
  const first = one.call('POST', start, { to }, keyed());
  const second = await two.call('POST', start, { to }, keyed());
  expect([second.status, second.body['code']]).toEqual([409, 'request_in_progress']);
  expect(second.headers.get('retry-after')).toBe('1');
  sent.resolve({ messageId: '1' });
  await first;
  await one.verifier.idle();
  expect(same(await two.call('POST', start, { to }, keyed()))).toEqual(same(await first));
  expect([one.provider.messages.length, two.provider.messages.length]).toEqual([1, 0]);
});

test('a store that does not answer is 503, nothing is sent, and the key is free when it answers again', async () => {
  const api = await apiUnderTest();
  api.breakStore(new StoreError('down'));
  const { status, body } = await api.call('POST', start, { to }, keyed());
  expect([status, body['code'], api.provider.messages]).toEqual([503, 'store_unavailable', []]);
  api.breakStore(null);
  expect((await api.call('POST', start, { to }, keyed())).status).toBe(201);
});

test.each([
  ['a token', uuid, uuid],
  ['a string of structured fields', `"${uuid}"`, uuid],
  ['a string with an escape in it', String.raw`"a\\b"`, String.raw`a\b`],
  ['a string with a quote in it', String.raw`"a\"b"`, String.raw`"a\"b"`],
  ['one character', 'k', '"k"'],
  ['255 characters', 'k'.repeat(255), `"${'k'.repeat(255)}"`],
  ['Base64', 'a+b/c==', '"a+b/c=="'],
  ['with spaces in quotes', '"a b c"', '"a b c"'],
])('a key that is %s is one', async (_, given, again) => {
  const api = await apiUnderTest();
  expect((await api.call('POST', start, { to }, keyed(given))).status).toBe(201);
  await api.verifier.idle();
  expect(replayed(await api.call('POST', start, { to }, keyed(again)))).toBe('true');
});

test.each([
  ['empty', ''],
  ['empty in quotes', '""'],
  ['256 characters', 'k'.repeat(256)],
  ['256 characters in quotes', `"${'k'.repeat(256)}"`],
  ['two keys', 'a, b'],
  ['two keys without a space', 'a,b'],
  ['two strings', '"a", "b"'],
  ['two headers that look like one string', '"a, b"'],
  ['half a string', '"abc'],
  ['a string with a quote in it', '"a"b"'],
  ['a string with an escape that is none', String.raw`"a\b"`],
  ['spaces without quotes', 'a b'],
  ['a parameter', '"a";b=1'],
  ['a tab', '"a\tb"'],
  ['letters beyond ASCII', 'clé'],
])('a key that is %s is 400 and names the header, and nothing is sent', async (_, given) => {
  const api = await apiUnderTest();
  const { status, body, text } = await api.call('POST', start, { to }, keyed(given));
  expect([status, body['code'], api.provider.messages]).toEqual([400, 'invalid_request', []]);
  expect(text).toContain('Idempotency-Key');
});

test('calls that are the same when repeated anyway take no notice of a key', async () => {
  const api = await apiUnderTest();
  const answer = await api.call('POST', '/v1/numbers/lookup', { to }, keyed('a b'));
  expect([answer.status, replayed(answer)]).toEqual([200, null]);
});

test('no answer that is told again holds a code, and no log line a key', async () => {
  const api = await apiUnderTest({ verifier: { policy: { allowOwnCode: true } } });
  const canary = 'key-of-2025550143';
  const first = await api.call('POST', start, { to, code: '73910462' }, keyed(canary));
  await api.verifier.idle();
  const second = await api.call('POST', start, { to, code: '73910462' }, keyed(canary));
  expect(replayed(second)).toBe('true');
  for (const { text, headers } of [first, second]) {
    expect(text + JSON.stringify([...headers])).not.toMatch(/73910462|key-of/);
  }
  expect(inspect([api.answered, api.errors], { depth: 9 })).not.toMatch(/73910462|key-of|2025550143/);
});
