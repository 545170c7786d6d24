import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import type { OpenApiDocument } from '../../src/http/openapi.ts';
import { ProviderError, StoreError, type Provider } from '../../src/index.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';
import { apiUnderTest, minuteMs, to, wrongFor, type Api } from './api-under-test.ts';
import { contractOf } from './contract.ts';

let document: OpenApiDocument;
beforeAll(async () => {
  ({ document } = await apiUnderTest());
});

const operations = (of: OpenApiDocument) =>
  Object.entries(of.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** Every value anywhere in the document that bears this name. */
function everywhere(name: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...everywhere(name, value),
  ]);
}

test('the document is OpenAPI 3.1 and describes the calls of the contract', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(
    operations(document)
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
      .toSorted(),
  ).toEqual(
    [
      'POST /v1/verifications',
      'POST /v1/verifications/check',
      'GET /v1/verifications/{id}',
      'POST /v1/verifications/{id}/cancel',
      'POST /v1/verifications/cancel',
      'POST /v1/numbers/lookup',
      'POST /v1/numbers/erase',
      'POST /v1/numbers/unlock',
      'GET /v1/numbers/{to}',
      'DELETE /v1/numbers/{to}',
      'POST /v1/receipts/{provider}/{token}',
      'GET /livez',
      'GET /readyz',
    ].toSorted(),
  );
});

test('every reference leads somewhere and nothing that is defined goes unused', () => {
  const refs = new Set(everywhere('$ref', document) as string[]);
  const defined = (['schemas', 'headers'] as const).flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`),
  );
  // What answers where no operation does is described, but by no operation.
  const unlisted = ['#/components/schemas/NotFoundProblem', '#/components/schemas/MethodNotAllowedProblem'];
  expect([...refs, ...unlisted].toSorted()).toEqual(defined.toSorted());
});

test('every operation has an id of its own, says who may call, and names its path parameters', () => {
  const all = operations(document);
  expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
  for (const { path, operation } of all) {
    const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(named.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(named.every(({ required }) => required)).toBe(true);
    const isOpen = !path.startsWith('/v1') || path.startsWith('/v1/receipts');
    expect(operation.security).toEqual(isOpen ? [] : undefined);
  }
  expect(document.security).toEqual([{ apiKey: [] }]);
});

test('every example is what its schema says', () => {
  const ajv = new Ajv2020({
    strict: false,
    formats: { 'date-time': true, uuid: true, 'uri-reference': true, ipv4: true, ipv6: true },
  });
  ajv.addSchema({ ...document, $id: 'https://openapi.test/' });
  let examples = 0;
  const media = everywhere('content', document.paths).flatMap((content) => Object.values(content as object)) as {
    schema: object;
    examples?: Record<string, { value: unknown }>;
  }[];
  const inSchemas = Object.values(document.components.schemas).map((schema) => ({
    schema,
    examples: Object.fromEntries((schema.examples ?? []).map((value, i) => [i, { value }])),
  }));
  for (const { schema, examples: given = {} } of [...media, ...inSchemas]) {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://openapi.test/#/')) as object;
    const validate = ajv.compile(absolute);
    for (const { value } of Object.values(given)) {
      examples++;
      expect(validate(value), `${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
  }
  expect(examples).toBeGreaterThan(100);
});

test('a handler that asks nobody for a key does not ask for one in its document', async () => {
  const open = (await apiUnderTest({ authenticate: 'none' })).document;
  expect([open.security, open.components.securitySchemes]).toEqual([[], {}]);
  expect(operations(open).filter(({ operation }) => '401' in operation.responses)).toEqual([]);
});

test.each([
  [{}, '/'],
  [{ basePath: '/api/phone' }, '/api/phone'],
  [{ publicUrl: 'https://verify.example.com/' }, 'https://verify.example.com'],
])('the document is the same at every host (%j)', async (options, url) => {
  const { handler } = await apiUnderTest(options);
  const base = 'basePath' in options ? options.basePath : '';
  const at = async (host: string) => (await handler.fetch(new Request(`http://${host}${base}/openapi.json`))).text();
  const [one, two] = [await at('one.test'), await at('two.test')];
  expect(one).toBe(two);
  expect((JSON.parse(one) as OpenApiDocument).servers).toEqual([{ url }]);
});

test('an answer that is not as documented is noticed', async () => {
  const contract = contractOf(document);
  const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': crypto.randomUUID() });
  const faults = (status: number, body: object, more: Record<string, string> = {}) =>
    contract.faults('GET', `/v1/numbers/${to}`, {
      status,
      headers: new Headers([...headers, ...Object.entries(more)]),
      text: JSON.stringify(body),
      body: body as Record<string, unknown>,
    });
  expect(faults(200, { to, verified: false })).toEqual([]);
  expect(faults(200, { to })).not.toEqual([]);
  expect(faults(200, { to, verified: true })).not.toEqual([]);
  expect(faults(200, { to, verified: false, code: '493817' })).not.toEqual([]);
  expect(faults(201, { to, verified: false })).not.toEqual([]);
  expect(faults(200, { to, verified: false }, { server: 'x' })).not.toEqual([]);
  expect(faults(422, { to, verified: false })).not.toEqual([]);
});

/** Each call with something that it takes. */
const calls = (id: string): [method: string, path: string, body: object | null][] => [
  ['POST', '/v1/verifications', { to }],
  ['POST', '/v1/verifications/check', { id, code: '000000' }],
  ['POST', '/v1/verifications/cancel', { to, purpose: 'none' }],
  ['GET', `/v1/verifications/${id}`, null],
  ['POST', `/v1/verifications/${id}/cancel`, null],
  ['POST', '/v1/numbers/lookup', { to }],
  ['POST', '/v1/numbers/erase', { to }],
  ['POST', '/v1/numbers/unlock', { to }],
  ['GET', `/v1/numbers/${to}`, null],
  ['DELETE', `/v1/numbers/${to}`, null],
];

const unknownId = `v1${'A'.repeat(56)}`;

/** Drives the API into every corner that it has. */
const corners: Record<string, (api: Api) => Promise<unknown>> = {
  async 'good answers'(api) {
    const { id, code } = await api.start();
    await api.start();
    await api.call('GET', `/v1/verifications/${id}`);
    await api.call('POST', '/v1/verifications/check', { id, code });
    for (const [method, path, body] of calls('').slice(5)) await api.call(method, path, body);
    const { id: canceled } = await api.start();
    await api.call('POST', `/v1/verifications/${canceled}/cancel`);
    await api.call('POST', '/v1/verifications/cancel', { to });
    await api.call('GET', '/livez');
    await api.call('GET', '/readyz');
  },
  async 'nobody known'(api) {
    for (const [method, path, body] of calls('x')) await api.call(method, path, body, { authorization: 'Bearer x' });
  },
  async 'a broken store'(api) {
    const { id } = await api.start();
    for (const error of [new StoreError('down'), new Error('bug')]) {
      api.breakStore(error);
      for (const [method, path, body] of calls(id)) await api.call(method, path, body);
    }
  },
  async 'bodies that are none'(api) {
    for (const [method, path] of calls('x')) {
      if (method === 'POST') {
        await api.call(method, path, { unknown: true });
        await api.call(method, path, ' '.repeat(16_385));
        await api.call(method, path, '{}', { 'content-type': 'text/plain' });
      } else {
        await api.call(method, `${path}?unknown=true`);
      }
    }
  },
  async 'numbers that are none'(api) {
    for (const [method, path] of calls('x')) {
      if (path.includes('/x')) continue;
      const code = path.endsWith('/check') ? { code: '000000' } : {};
      await api.call(method, path.replace(to, '1'), method === 'POST' ? { to: '1', ...code } : null);
    }
  },
  async 'nothing found'(api) {
    await api.call('POST', '/v1/verifications/cancel', { to });
    for (const [method, path, body] of calls(unknownId)) await api.call(method, path, body);
  },
  async 'what has ended'(api) {
    const end = async (how: (id: string, code: string) => unknown) => {
      const { id, code } = await api.start({ to: '+12025550199' });
      await how(id, code);
      await api.call('POST', '/v1/verifications/check', { id, code });
      await api.call('POST', `/v1/verifications/${id}/cancel`);
      api.clock.advance(60 * minuteMs);
    };
    await end(() => api.clock.advance(6 * minuteMs));
    await end((id) => api.call('POST', `/v1/verifications/${id}/cancel`));
    await end((id, code) => api.call('POST', '/v1/verifications/check', { id, code }));
    await end(async () => {
      api.clock.advance(4 * minuteMs);
      await api.start({ to: '+12025550199' });
      api.clock.advance(4 * minuteMs);
      await api.start({ to: '+12025550199' });
    });
    await end(async (id, code) => {
      for (let by = 1; by <= 5; by++) {
        await api.call('POST', '/v1/verifications/check', { id, code: wrongFor(code, by) });
      }
    });
  },
  async 'texts that are not taken'(api) {
    api.provider.script(
      new ProviderError('temporary', 'no'),
      new ProviderError('filtered', 'no'),
      new ProviderError('opted_out', 'no'),
    );
    const failed = await api.call('POST', '/v1/verifications', { to });
    const id = String(failed.body['id']);
    await api.call('POST', '/v1/verifications/check', { id, code: '000000' });
    await api.call('POST', `/v1/verifications/${id}/cancel`);
    for (let i = 0; i < 2; i++) await api.call('POST', '/v1/verifications', { to });
  },
  async limits(api) {
    for (let i = 0; i < 4; i++) await api.call('POST', '/v1/verifications', { to });
    for (let round = 0; round < 2; round++) {
      const { id, code } = await api.start({ to: '+12025550155' });
      for (let by = 1; by <= 5; by++) {
        await api.call('POST', '/v1/verifications/check', { id, code: wrongFor(code, by) });
      }
    }
    await api.call('POST', '/v1/verifications', { to: '+12025550155' });
  },
  async 'keys that stand for something else, or for what is still being done'(api) {
    for (const [method, route, body] of calls('x').slice(0, 2)) {
      const twice = { 'idempotency-key': 'twice' };
      await api.call(method, route, body, twice);
      await api.call(method, route, { ...body, to: '+12025550199', id: undefined }, twice);
      void api.verifier.once({ route, key: 'slow', request: body }, () => new Promise(() => {}));
      await api.call(method, route, body, { 'idempotency-key': 'slow' });
    }
  },
};

/** A provider whose vendor signs nothing. */
const trusting: Provider = {
  ...recordingProvider(),
  receipts: async () => [{ messageId: 'm', reference: null, status: 'sent', errorKind: null }],
};
const receiptsUrl = 'https://verify.test/v1/receipts';

async function receipts(api: Api): Promise<void> {
  const { pathname } = new URL(api.verifier.receiptAddress('recording') ?? '');
  for (const body of ['x', 'x'.repeat(65_537)]) await api.call('POST', pathname, body);
  await api.call('POST', `${pathname}x`, 'x');
  for (const error of [new StoreError('down'), new Error('bug')]) {
    api.breakStore(error);
    await api.call('POST', pathname, 'x');
  }
}

test('every answer that is documented is given, and none else', async () => {
  const documented = operations(document).flatMap(({ operation: { operationId, responses } }) =>
    Object.entries(responses).flatMap(([status, { content }]) =>
      Object.keys(content?.['application/problem+json']?.examples ?? { '': null }).map((code) =>
        [operationId, status, code].join(' ').trim(),
      ),
    ),
  );
  const given = new Set<string>();
  const notReady = { ready: async () => false };
  const drives = [
    ...Object.values(corners).map((drive) => ({ drive, options: {} })),
    { drive: (api: Api) => api.call('GET', '/readyz'), options: notReady },
    { drive: receipts, options: { verifier: { provider: trusting, receiptsUrl } } },
  ];
  for (const { drive, options } of drives) {
    const api = await apiUnderTest(options);
    const call: Api['call'] = async (method, path, ...rest) => {
      const answer = await api.call(method, path, ...rest);
      const id = api.contract.operationOf(method, path)?.operationId;
      given.add([id, answer.status, answer.status < 300 ? '' : answer.body['code']].join(' ').trim());
      return answer;
    };
    const start: Api['start'] = async (body = { to }) => {
      const { body: started } = await call('POST', '/v1/verifications', body);
      return { id: String(started['id']), code: api.provider.messages.at(-1)?.code ?? '' };
    };
    await drive({ ...api, call, start });
  }
  expect([...given].toSorted()).toEqual(documented.toSorted());
});
