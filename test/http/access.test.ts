import { expect, test } from 'vitest';
import { createHttpHandler, type HttpHandlerOptions } from '../../src/http/index.ts';
import { ConfigurationError } from '../../src/index.ts';
import { apiUnderTest, key, otherKey, to } from './api-under-test.ts';

const lookup = '/v1/numbers/lookup';

test.each([
  ['none', undefined],
  ['an empty one', ''],
  ['the key without a scheme', key],
  ['another scheme', `Basic ${key}`],
  ['a wrong key', 'Bearer wrong'],
  ['a key that begins like one', `Bearer ${key.slice(0, -1)}`],
  ['a key that goes on after one', `Bearer ${key}x`],
  ['tenant and key', `Bearer other:${otherKey}`],
  ['two keys', `Bearer ${key} ${otherKey}`],
  ['two headers', `Bearer ${key}, Bearer ${key}`],
  ['nothing after the scheme', 'Bearer '],
  ['a property of objects', 'Bearer constructor'],
])('with %s for an Authorization, every call is 401 and does nothing', async (_, authorization) => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const calls = [
    ['POST', '/v1/verifications', { to: '+12025550144' }],
    ['POST', '/v1/verifications/check', { id, code }],
    ['POST', '/v1/verifications/cancel', { to }],
    ['POST', `/v1/verifications/${id}/cancel`, {}],
    ['GET', `/v1/verifications/${id}`, null],
    ['POST', lookup, { to }],
    ['POST', '/v1/numbers/erase', { to }],
    ['POST', '/v1/numbers/unlock', { to }],
    ['GET', `/v1/numbers/${to}`, null],
    ['DELETE', `/v1/numbers/${to}`, null],
  ] as const;
  for (const [method, path, body] of calls) {
    const request = new Request(`http://api.test${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: body && JSON.stringify(body),
    });
    const answer = await api.handler.fetch(request);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await answer.json()).toMatchObject({ code: 'unauthorized' });
  }
  expect(api.provider.messages).toHaveLength(1);
  expect((await api.call('POST', '/v1/verifications/check', { id, code })).status).toBe(200);
});

test('who is not known is told so before the body is read', async () => {
  const api = await apiUnderTest();
  const body = 'x'.repeat(100_000);
  const { status } = await api.call('POST', lookup, body, {
    authorization: 'Bearer wrong',
    'content-type': 'text/plain',
  });
  expect(status).toBe(401);
});

test.each(['bearer', 'BEARER', 'Bearer'])('the scheme may be written %s', async (scheme) => {
  const { status } = await (await apiUnderTest()).call('POST', lookup, { to }, { authorization: `${scheme} ${key}` });
  expect(status).toBe(200);
});

test('a key names its tenant', async () => {
  const api = await apiUnderTest();
  await api.call('POST', lookup, { to });
  await api.call('POST', lookup, { to }, { authorization: `Bearer ${otherKey}` });
  await api.call('POST', lookup, { to }, { authorization: 'Bearer wrong' });
  expect(api.answered.map(({ tenant }) => tenant)).toEqual(['default', 'other', null]);
});

test('health and reference ask nobody for a key', async () => {
  const api = await apiUnderTest();
  for (const path of ['/livez', '/readyz', '/openapi.json', '/docs']) {
    expect((await api.call('GET', path, null, { authorization: '' })).status).toBe(200);
  }
  expect(api.answered.map(({ tenant }) => tenant)).toEqual([null, null, null, null]);
});

test("an application's own authentication names the tenant, or nobody", async () => {
  const api = await apiUnderTest({
    authenticate: async (request) => {
      const tenant = request.headers.get('x-tenant');
      return tenant === null ? null : { tenant };
    },
  });
  expect((await api.call('POST', '/v1/verifications', { to })).status).toBe(401);
  const started = await api.call('POST', '/v1/verifications', { to }, { 'x-tenant': 'a' });
  const path = `/v1/verifications/${String(started.body['id'])}`;
  expect((await api.call('GET', path, null, { 'x-tenant': 'a' })).status).toBe(200);
  expect((await api.call('GET', path, null, { 'x-tenant': 'b' })).status).toBe(404);
  expect((await api.call('GET', path)).status).toBe(401);
});

test('an authentication that fails lets nobody in', async () => {
  const api = await apiUnderTest({
    authenticate: () => {
      throw new Error('directory down');
    },
  });
  const { status, body, text } = await api.call('POST', '/v1/verifications', { to });
  expect([status, body['code'], api.provider.messages]).toEqual([500, 'internal_error', []]);
  expect(text).not.toContain('directory');
  expect(api.errors).toHaveLength(1);
});

test.each([undefined, false, {}, { tenant: undefined }, { tenant: null }, { tenant: ['default'] }])(
  'an authentication that answers %j lets nobody in',
  async (answer) => {
    const api = await apiUnderTest({ authenticate: () => answer as never });
    expect((await api.call('POST', '/v1/verifications', { to })).status).toBe(401);
    expect(api.provider.messages).toEqual([]);
  },
);

test('nobody is asked only where that is said', async () => {
  const api = await apiUnderTest({ authenticate: 'none' });
  expect((await api.call('POST', lookup, { to }, { authorization: '' })).status).toBe(200);
  expect(api.answered.map(({ tenant }) => tenant)).toEqual(['default']);
});

const wrong: [string, Partial<HttpHandlerOptions>][] = [
  ['neither keys nor an authentication', {}],
  ['both keys and an authentication', { apiKeys: [key], authenticate: 'none' }],
  ['no key', { apiKeys: [] }],
  ['keys that are null', { apiKeys: null as never }],
  ['an authentication that is null', { authenticate: null as never }],
  ['an authentication of another word', { authenticate: 'any' as never }],
  ['an empty key', { apiKeys: [''] }],
  ['an empty key of a tenant', { apiKeys: ['acme:'] }],
  ['a key with a space', { apiKeys: ['a b'] }],
  ['a tenant that is none', { apiKeys: ['a cme:key'] }],
  ['one key for two tenants', { apiKeys: ['a:key', 'b:key'] }],
  ['a base path without a slash', { apiKeys: [key], basePath: 'api' }],
  ['a base path with a pattern', { apiKeys: [key], basePath: '/:tenant' }],
  ['a public address without a scheme', { apiKeys: [key], publicUrl: 'api.example.com' }],
];

test.each(wrong)('%s is refused at once', async (_, options) => {
  const { verifier } = await apiUnderTest();
  expect(() => createHttpHandler({ verifier, ...options })).toThrow(ConfigurationError);
});

test('what is said of a wrong key does not hold it', async () => {
  const { verifier } = await apiUnderTest();
  const faults = (apiKeys: string[]) => {
    try {
      createHttpHandler({ verifier, apiKeys });
    } catch (error) {
      return String(error);
    }
    return '';
  };
  expect(faults(['canary key', 'canary:canary key'])).not.toBe('');
  expect(faults(['canary key', 'canary:canary key'])).not.toContain('canary');
});
