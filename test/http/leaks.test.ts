import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { toNodeListener } from '../../src/http/index.ts';
import { ProviderError, StoreError } from '../../src/index.ts';
import { apiUnderTest, key, wrongFor } from './api-under-test.ts';

const canaryNumber = '+12025550187';
const canaryDigits = '2025550187';
const canaryCode = '73910462';

test('no answer holds a code, and nothing that the log is told holds a code, a number or a key', async () => {
  const api = await apiUnderTest({ verifier: { policy: { allowOwnCode: true } } });
  const answers: string[] = [];
  const call: typeof api.call = async (...args) => {
    const answer = await api.call(...args);
    answers.push(`${answer.text} ${JSON.stringify([...answer.headers])}`);
    return answer;
  };
  const encoded = encodeURIComponent(canaryNumber);

  const started = await call('POST', '/v1/verifications', { to: canaryNumber, code: canaryCode });
  const id = String(started.body['id']);
  await call('POST', '/v1/verifications', { to: canaryNumber, code: canaryCode, purpose: canaryDigits });
  await call('POST', '/v1/verifications/check', { id, code: wrongFor(canaryCode) });
  await call('POST', '/v1/verifications/check', { id, code: [canaryCode] });
  await call('POST', '/v1/verifications/check', { id, code: canaryCode.slice(1) });
  await call('POST', '/v1/verifications/check', { id, code: ` ${canaryCode}` });
  await call('POST', '/v1/verifications/check', { id, code: { nested: canaryCode } });
  await call('POST', '/v1/verifications/check', `{"id":"${id}","code":"${canaryCode}"`);
  await call('POST', '/v1/verifications/check', `"${canaryCode}"`);
  await call('GET', `/v1/verifications/${id}`);
  api.breakStore(new StoreError('unreachable'));
  await call('POST', '/v1/verifications/check', { id, code: canaryCode });
  await call('GET', `/v1/numbers/${encoded}`);
  api.breakStore(null);
  api.provider.script(new ProviderError('filtered', 'no'), new ProviderError('temporary', 'no'));
  await call('POST', '/v1/verifications', { to: canaryNumber, code: canaryCode, purpose: 'again' });
  await call('POST', '/v1/verifications', { to: canaryNumber, code: canaryCode, purpose: 'again' });
  await call('GET', `/v1/numbers/${encoded}?to=${encoded}`);
  await call('DELETE', `/v1/numbers/${encoded}`);
  await call('PATCH', `/v1/numbers/${encoded}`);
  await call('GET', `/${canaryDigits}/${canaryCode}?to=${encoded}`);
  await call('POST', '/v1/verifications/check', { to: canaryNumber, code: canaryCode });
  await call('GET', '/livez', null, { 'x-request-id': canaryNumber, 'user-agent': canaryCode, referer: canaryNumber });

  expect(api.provider.messages.map(({ code }) => code)).toContain(canaryCode);
  for (const answer of answers) {
    expect(answer).not.toContain(canaryCode);
    expect(answer).not.toContain(canaryCode.slice(1));
  }
  const told = inspect([api.answered, api.errors], { depth: 20, maxStringLength: null, maxArrayLength: null });
  for (const secret of [canaryCode, canaryCode.slice(1), canaryDigits, key, id]) expect(told).not.toContain(secret);
  expect(api.answered).toHaveLength(answers.length);
});

test('a number in an answer is only ever the one that was asked about', async () => {
  const api = await apiUnderTest();
  await api.start({ to: canaryNumber });
  const paths = ['/v1/verifications/nothing', '/v1/numbers/1', '/docs', '/openapi.json', '/readyz', '/nowhere'];
  for (const path of paths) expect((await api.call('GET', path)).text).not.toContain(canaryDigits);
});

test('nothing more leaks over a socket', async () => {
  const api = await apiUnderTest();
  const { id, code } = await api.start();
  const server = createServer((request, response) => void toNodeListener(api.handler)(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/v1/verifications/check`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id, code: wrongFor(code) }),
  });
  const headers = [...response.headers.keys()].filter(
    (name) => !['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'].includes(name),
  );
  expect(headers.toSorted()).toEqual([
    'cache-control',
    'content-security-policy',
    'content-type',
    'x-content-type-options',
    'x-request-id',
  ]);
  expect(await response.text()).not.toContain(code);
  await new Promise((resolve) => server.close(resolve));
});
