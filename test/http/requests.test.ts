import { expect, test } from 'vitest';
import { apiUnderTest, key, to, type Api } from './api-under-test.ts';

const start = '/v1/verifications';
const check = '/v1/verifications/check';
const json = { 'content-type': 'application/json' };

function pointers(body: Record<string, unknown>): string[] {
  return (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
}

/** What is left to a pending verification and its number. */
async function left(api: Api, id: string) {
  const { body } = await api.call('GET', `${start}/${id}`);
  return { checks: body['checks_left'], sends: body['sends_left'], status: body['status'] };
}

const hostile: [string, unknown][] = [
  ['an array of one string', ['493027']],
  ['true', true],
  ['false', false],
  ['null', null],
  ['a number', 493027],
  ['0', 0],
  ['an empty string', ''],
  ['an object', {}],
  ['an object that prints as digits', { toString: '493027', valueOf: '493027' }],
  ['an operator', { $ne: '' }],
  ['a nested array', [[['493027']]]],
  ['a huge string', '4'.repeat(15_000)],
];

test.each([
  ...hostile,
  ['three digits', '493'],
  ['eleven digits', '49302712345'],
  ['letters', '49302a'],
  ['spaces around', ' 493027 '],
  ['a newline at the end', '493027\n'],
  ['Arabic-Indic digits', '٤٩٣٠٢٧'],
  ['full-width digits', '４９３０２７'],
  ['a sign', '+93027'],
  ['an exponent', '4e5000'],
])('a code that is %s is 400 at /code and spends nothing', async (_, code) => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  for (const target of [{ id }, { to }]) {
    const { status, body } = await api.call('POST', check, { ...target, code });
    expect([status, body['code'], pointers(body)]).toEqual([400, 'invalid_request', ['/code']]);
  }
  expect(await left(api, id)).toEqual({ checks: 5, sends: 2, status: 'pending' });
});

test('a code of another length than was sent is 400 and spends nothing', async () => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  for (const code of ['4930', '49302', '4930271', '4930271234']) {
    const { status, body } = await api.call('POST', check, { id, code });
    expect([status, pointers(body)]).toEqual([400, ['/code']]);
  }
  expect(await left(api, id)).toEqual({ checks: 5, sends: 2, status: 'pending' });
});

test.each(
  ['to', 'country', 'channel', 'purpose', 'locale', 'hint', 'ip', 'code'].flatMap((field) =>
    hostile.map(([kind, value]) => [field, kind, value] as const),
  ),
)('a start whose %s is %s is 400 at that field and sends nothing', async (field, _, value) => {
  const api = await apiUnderTest({ verifier: { policy: { allowOwnCode: true } } });
  const { status, body } = await api.call('POST', start, { to, [field]: value });
  expect([status, body['code'], pointers(body)]).toEqual([400, 'invalid_request', [`/${field}`]]);
  expect(api.provider.messages).toEqual([]);
  const next = await api.call('POST', start, { to });
  expect([next.status, next.body['sends_left']]).toEqual([201, 2]);
});

test.each([
  ['country', 'USA'],
  ['channel', 'pigeon'],
  ['purpose', 'Sign In'],
  ['locale', 'en_'],
  ['hint', 'ios'],
  // No hash of an app is configured.
  ['hint', 'android'],
  ['ip', '203.0.113'],
  ['ip', 'fe80::1%eth0'],
  ['ip', '203.0.113.9, 10.0.0.1'],
])('a start whose %s is %s is 400 at that field', async (field, value) => {
  const { status, body } = await (await apiUnderTest()).call('POST', start, { to, [field]: value });
  expect([status, pointers(body)]).toEqual([400, [`/${field}`]]);
});

test.each(['203.0.113.9', '2001:db8::7', '::ffff:203.0.113.9'])('%s is an address', async (ip) => {
  expect((await (await apiUnderTest()).call('POST', start, { to, ip })).status).toBe(201);
});

test.each([
  ['POST /v1/verifications', {}, ['/to']],
  ['POST /v1/verifications/check', { to }, ['/code']],
  ['POST /v1/verifications/check', { code: '493027' }, ['']],
  ['POST /v1/verifications/check', { id: 'v1x', to, code: '493027' }, ['/to']],
  [
    'POST /v1/verifications/check',
    { id: 'v1x', country: 'US', purpose: 'a', code: '493027' },
    ['/country', '/purpose'],
  ],
  ['POST /v1/verifications/cancel', {}, ['/to']],
  ['POST /v1/verifications/cancel', { id: 'v1x' }, ['/to', '/id']],
  ['POST /v1/verifications/v1x/cancel', { to }, ['/to']],
  ['POST /v1/numbers/lookup', { to, purpose: 'a' }, ['/purpose']],
  ['POST /v1/numbers/erase', { number: to }, ['/to', '/number']],
  ['POST /v1/numbers/unlock', {}, ['/to']],
])('%s with %j is 400 at %j', async (request, sent, expected) => {
  const [method = '', path = ''] = request.split(' ');
  const { status, body } = await (await apiUnderTest()).call(method, path, sent);
  expect([status, pointers(body)]).toEqual([400, expected]);
});

test.each([
  ['an unknown field', '{"to":"+12025550143","sends":9}', ['/sends']],
  ['a field that JSON pointers escape', '{"to":"+12025550143","a/b~c":1}', ['/a~1b~0c']],
  ['__proto__', '{"to":"+12025550143","__proto__":{"purpose":"admin"}}', ['/__proto__']],
  ['constructor', '{"to":"+12025550143","constructor":{"prototype":{}}}', ['/constructor']],
  ['a prototype in place of the fields', '{"__proto__":{"to":"+12025550143"}}', ['/to', '/__proto__']],
  ['a key twice', '{"to":"+12025550143","to":"+12025550144"}', ['/to']],
  ['a key twice, once in escapes', String.raw`{"to":"+12025550143","\u0074o":"+12025550144"}`, ['/to']],
  ['an array', '[{"to":"+12025550143"}]', ['']],
  ['a string', '"+12025550143"', ['']],
  ['null', 'null', ['']],
  ['a number', '12025550143', ['']],
  ['half of JSON', '{"to":"+12025550143"', ['']],
  ['JSON and more', '{"to":"+12025550143"}{}', ['']],
  ['JSON with a comment', '{"to":"+12025550143"/**/}', ['']],
  ['a form', 'to=%2B12025550143', ['']],
  ['brackets to the limit', '['.repeat(8_000), ['']],
  ['objects to the limit', `${'{"to":'.repeat(2_000)}1${'}'.repeat(2_000)}`, ['/to']],
])('a body of %s is 400 and sends nothing', async (_, body, expected) => {
  const api = await apiUnderTest();
  const answer = await api.call('POST', start, body);
  expect([answer.status, answer.body['code'], pointers(answer.body)]).toEqual([400, 'invalid_request', expected]);
  expect(api.provider.messages).toEqual([]);
});

test('strings that look like keys are no keys', async () => {
  const api = await apiUnderTest();
  const { status } = await api.call('POST', start, String.raw`{ "to" : "+12025550143\u200e" , "purpose":"to" }`);
  expect(status).toBe(201);
  const quoted = await api.call('POST', start, String.raw`{"to":"\",\"to\":\"+12025550143"}`);
  expect(quoted.body['code']).toBe('invalid_phone_number');
});

test('of a body of thousands of unknown fields only some are named', async () => {
  const fields = Array.from({ length: 1_500 }, (_, i) => `"f${i}":1`);
  const { status, body } = await (await apiUnderTest()).call('POST', start, `{${fields.join(',')}}`);
  expect([status, pointers(body).length]).toEqual([400, 20]);
});

test('bytes that are not UTF-8 are 400, not another number', async () => {
  const api = await apiUnderTest();
  const body = Buffer.from([...Buffer.from('{"to":"+1202555'), 0xff, ...Buffer.from('0143"}')]);
  const answer = await api.handler.fetch(
    new Request('http://api.test/v1/verifications', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body,
    }),
  );
  expect([answer.status, api.provider.messages]).toEqual([400, []]);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/jsonx',
  'application/ld+json',
  'text/json',
  'text/plain; application/json',
  'application/json, text/plain',
])('a body of type %s is 415 and sends nothing', async (type) => {
  const api = await apiUnderTest();
  const { status, body } = await api.call('POST', start, JSON.stringify({ to }), { 'content-type': type });
  expect([status, body['code'], api.provider.messages]).toEqual([415, 'unsupported_media_type', []]);
});

test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
  'a body of type %s is JSON',
  async (type) => {
    const { status } = await (await apiUnderTest()).call('POST', start, { to }, { 'content-type': type });
    expect(status).toBe(201);
  },
);

test('a body that says it is compressed is 415', async () => {
  const { status } = await (await apiUnderTest()).call('POST', start, { to }, { 'content-encoding': 'gzip' });
  expect(status).toBe(415);
});

test('a call whose path says it all takes no body, of whatever type that is', async () => {
  const api = await apiUnderTest();
  const { id } = await api.start();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await api.call('POST', `${start}/${id}/cancel`)).status).toBe(200);
  expect((await api.call('POST', `${start}/${id}/cancel`, null, form)).status).toBe(200);
  expect((await api.call('POST', `${start}/${id}/cancel`, {})).status).toBe(200);
});

test('a body of exactly 16 KiB is read, one byte more is 413', async () => {
  const api = await apiUnderTest();
  const body = JSON.stringify({ to });
  expect((await api.call('POST', start, body.padEnd(16_384))).status).toBe(201);
  const { status, body: problem } = await api.call('POST', start, body.padEnd(16_385));
  expect([status, problem['code']]).toEqual([413, 'payload_too_large']);
  expect(api.provider.messages).toHaveLength(1);
});

/** A body of a mebibyte, and how much of it was taken. */
function mebibyte() {
  const taken = { chunks: 0, canceled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken.chunks++;
      controller.enqueue(Buffer.alloc(1_024, 0x20));
      if (taken.chunks === 1_024) controller.close();
    },
    cancel() {
      taken.canceled = true;
    },
  });
  return { stream, taken };
}

test('a body of unknown length is 413 after 16 KiB, and not read on', async () => {
  const api = await apiUnderTest();
  const { stream, taken } = mebibyte();
  const headers = { ...json, authorization: `Bearer ${key}` };
  const init: RequestInit = { method: 'POST', headers, body: stream, duplex: 'half' };
  const answer = await api.handler.fetch(new Request('http://api.test/v1/verifications', init));
  expect([answer.status, taken.canceled]).toEqual([413, true]);
  expect(taken.chunks).toBeLessThan(20);
});

test.each(['16385', '1e9', '99999999999999999999', 'NaN', '-'])(
  'a body that is declared %s bytes long is 413, unread',
  async (length) => {
    const api = await apiUnderTest();
    const { stream, taken } = mebibyte();
    const headers = { ...json, authorization: `Bearer ${key}`, 'content-length': length };
    const init: RequestInit = { method: 'POST', headers, body: stream, duplex: 'half' };
    const answer = await api.handler.fetch(new Request('http://api.test/v1/verifications', init));
    expect(answer.status).toBe(413);
    expect(taken.chunks).toBeLessThan(3);
  },
);

test('a body larger than it was declared is 413', async () => {
  const api = await apiUnderTest();
  const headers = { 'content-length': '10' };
  expect((await api.call('POST', start, JSON.stringify({ to }).padEnd(20_000), headers)).status).toBe(413);
});

test('a body that breaks off is 400', async () => {
  const api = await apiUnderTest();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from('{"to":'));
      controller.error(new Error('connection reset'));
    },
  });
  const init: RequestInit = {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${key}` },
    body: stream,
    duplex: 'half',
  };
  const answer = await api.handler.fetch(new Request('http://api.test/v1/verifications', init));
  expect([answer.status, api.errors]).toEqual([400, []]);
});

test.each([
  ['GET', '/v1/numbers/2025550143?country=US&country=GB', ['/country']],
  ['GET', '/v1/numbers/2025550143?country=US&country=US', ['/country']],
  ['GET', '/v1/numbers/2025550143?country=US&to=1&%63ountry=US', ['/country', '/to']],
  ['GET', `${start}/v1x?id=v1y`, ['/id']],
  ['POST', `${start}/v1x/cancel?id=v1y`, ['/id']],
])('%s %s is 400 at %j: a parameter given twice', async (method, path, expected) => {
  const { status, body } = await (await apiUnderTest()).call(method, path);
  expect([status, pointers(body).toSorted()]).toEqual([400, expected]);
});

test.each([
  [`${start}/v1x?country=US`, '/country'],
  ['/v1/numbers/2025550143?region=US', '/region'],
])('GET %s is 400 at %s: an unknown query is an unknown field', async (path, pointer) => {
  const { status, body } = await (await apiUnderTest()).call('GET', path);
  expect([status, pointers(body)]).toEqual([400, [pointer]]);
});
