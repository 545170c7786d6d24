import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { toNodeListener } from '../../src/http/index.ts';
import { shortWayOf } from '../../src/http/short-way.ts';
import { ReceiptError, StoreError, type Receipt, type ReceiptRequest } from '../../src/index.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';
import { apiUnderTest, key, to, type Api } from './api-under-test.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const receiptsUrl = 'https://verify.test/v1/receipts';
const most = 65_536;

/** An API whose provider's vendor signs with a header, tells JSON, and is heard word for word. */
async function setUp() {
  const seen: ReceiptRequest[] = [];
  const sending = recordingProvider({ name: 'carrier' });
  const provider = {
    ...sending,
    async receipts(request: ReceiptRequest) {
      seen.push(request);
      if (request.headers.get('x-signature') !== 'good') throw new ReceiptError('The signature is wrong.');
      const text = new TextDecoder().decode(request.body);
      return text.startsWith('[') ? (JSON.parse(text) as Receipt[]) : [];
    },
  };
  const api = await apiUnderTest({ verifier: { provider, receiptsUrl } });
  const address = new URL(api.verifier.receiptAddress('carrier') ?? '');
  const token = address.pathname.split('/').at(-1) ?? '';
  const post = (
    body: string,
    headers: Record<string, string> = {},
    path = address.pathname,
    method = 'POST',
  ): ReturnType<Api['call']> =>
    api.call(method, path, body, {
      authorization: '',
      'x-signature': 'good',
      'content-type': 'text/plain',
      ...headers,
    });
  async function start(): Promise<{ id: string; reference: string; path: string }> {
    const { body } = await api.call('POST', '/v1/verifications', { to });
    await api.verifier.idle();
    const message = sending.messages.at(-1);
    const url = new URL(message?.receiptUrl('carrier') ?? '');
    return { id: String(body['id']), reference: message?.reference ?? '', path: url.pathname + url.search };
  }
  const told = (receipts: readonly Partial<Receipt>[]): string =>
    JSON.stringify(receipts.map((receipt) => ({ messageId: 'm', reference: null, errorKind: null, ...receipt })));
  return { api, seen, address, token, post, start, told };
}

async function deliveriesOf(api: Api, id: string): Promise<unknown> {
  return (await api.call('GET', `/v1/verifications/${id}`)).body['deliveries'];
}

test('a receipt at the address that went out shows in the verification, and approves nobody', async () => {
  const { api, post, start, told } = await setUp();
  const { id, reference, path } = await start();
  const { status, text } = await post(told([{ reference, status: 'delivered' }]), {}, path);
  expect([status, text]).toEqual([204, '']);
  expect(await deliveriesOf(api, id)).toMatchObject([{ provider: 'carrier', status: 'delivered' }]);
  expect((await api.call('GET', `/v1/verifications/${id}`)).body).toMatchObject({ status: 'pending' });
});

test('a receipt of what nobody knows is received too: the vendor must not try for ever', async () => {
  const { post, told } = await setUp();
  expect((await post(told([{ reference: null, status: 'delivered' }]))).status).toBe(204);
});

describe('the vendor is heard word for word:', () => {
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
  test.each([
    ['a form', 'application/x-www-form-urlencoded', 'MessageStatus=delivered&To=%2B12025550143'],
    ['JSON that says one thing twice', 'application/json', '{"a":1,"a":2}'],
    ['JSON that is none', 'application/json', '{'],
    ['plain text, as Amazon SNS sends JSON', 'text/plain; charset=UTF-8', '{"Type":"Notification"}'],
    ['no body', 'text/plain', ''],
  ])('%s', async (_, type, body) => {
    const { post, seen, address } = await setUp();
    const search = '?ref=a.1&bodySHA256=ab%2Fc&ref=b';
    expect((await post(body, { 'content-type': type, 'x-twice': 'a, b' }, address.pathname + search)).status).toBe(204);
    const [request] = seen;
    expect(Buffer.from(request!.body).toString()).toBe(body);
    expect(request).toMatchObject({ method: 'POST', url: address.href + search });
    expect(request?.headers.get('content-type')).toBe(type);
    expect(request?.headers.get('x-twice')).toBe('a, b');
    expect(Math.abs(request!.nowMs - Date.now())).toBeLessThan(60_000);
  });

  test('bytes that are no text, over a socket, with whatever stands in the query', async () => {
    const { api, seen, address } = await setUp();
    expect(shortWayOf(api.handler.fetch)).toBeDefined();
    const listener = toNodeListener(api.handler);
    const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const status = await new Promise((resolve, reject) => {
      const path = `${address.pathname}?a=%20&b=+`;
      const headers = { 'x-signature': 'good', connection: 'close' };
      const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      request.on('error', reject);
      // Twice, without a length: it comes in chunks.
      request.write(Buffer.from(everyByte, 'latin1'));
      request.end(Buffer.from(everyByte, 'latin1'));
    });
    expect(status).toBe(204);
    expect(Buffer.from(seen[0]!.body).toString('latin1')).toBe(everyByte + everyByte);
    expect(seen[0]?.url).toBe(`${address.href}?a=%20&b=+`);
  });
});

describe('is refused with 403 receipt_refused, and its provider is not even asked:', () => {
  test.each([
    ['a token that is wrong', (path: string) => `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`],
    ['a token that is too long', (path: string) => `${path}A`],
    ['a provider that is not there', (path: string) => path.replace('/carrier/', '/another/')],
    ['a provider that is none', (path: string) => path.replace('/carrier/', '/%E0%A4%A/')],
  ])('%s', async (_, bend) => {
    const { post, seen, address } = await setUp();
    const { status, body } = await post('x', {}, bend(address.pathname));
    expect([status, body['code'], seen.length]).toEqual([403, 'receipt_refused', 0]);
  });
});

test('what the vendor has not signed is 403 receipt_refused, and tells nothing of why', async () => {
  const { api, post, start, told } = await setUp();
  const { id, reference, path } = await start();
  const { status, body, text } = await post(told([{ reference, status: 'failed' }]), { 'x-signature': 'bad' }, path);
  expect([status, body['code']]).toEqual([403, 'receipt_refused']);
  expect(text).not.toContain('signature is wrong');
  expect(await deliveriesOf(api, id)).toMatchObject([{ status: 'accepted' }]);
  expect(api.errors).toEqual([]);
});

test('64 KiB are taken, and a byte more is 413', async () => {
  const { post, seen } = await setUp();
  expect((await post('x'.repeat(most))).status).toBe(204);
  const { status, body } = await post('x'.repeat(most + 1));
  expect([status, body['code'], body['detail']]).toEqual([413, 'payload_too_large', 'Send at most 64 KiB.']);
  expect(seen.map(({ body: bytes }) => bytes.length)).toEqual([most]);
});

test('every other call takes 16 KiB, as before', async () => {
  const { api } = await setUp();
  const { status, body } = await api.call('POST', '/v1/verifications', ' '.repeat(16_385));
  expect([status, body['detail']]).toEqual([413, 'Send at most 16 KiB.']);
});

test('a body that breaks off is refused', async () => {
  const { api, address, seen } = await setUp();
  const body = new ReadableStream({
    pull(controller) {
      controller.error(new Error('gone'));
    },
  });
  const init = { method: 'POST', headers: { 'x-signature': 'good' }, body, duplex: 'half' } as const;
  const response = await api.handler.fetch(new Request(`http://api.test${address.pathname}`, init));
  expect([response.status, seen.length]).toEqual([403, 0]);
});

test.each(['GET', 'HEAD', 'DELETE', 'PUT'])('%s is 405: vendors only post', async (method) => {
  const { api, address } = await setUp();
  const { status, headers } = await api.call(method, `${address.pathname}?ref=a`);
  expect([status, headers.get('allow')]).toEqual([405, 'POST']);
});

test('a store that is down is 503, so that the vendor tells again; then it is taken', async () => {
  const { api, post, start, told } = await setUp();
  const { id, reference, path } = await start();
  api.breakStore(new StoreError('down'));
  const { status, body, headers } = await post(told([{ reference, status: 'delivered' }]), {}, path);
  expect([status, body['code']]).toEqual([503, 'store_unavailable']);
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(api.errors).toHaveLength(1);
  api.breakStore(null);
  expect((await post(told([{ reference, status: 'delivered' }]), {}, path)).status).toBe(204);
  expect(await deliveriesOf(api, id)).toMatchObject([{ status: 'delivered' }]);
});

test('neither address nor reference gets into what the log is told', async () => {
  const { api, post, start, token } = await setUp();
  const { reference, path } = await start();
  await post('x', {}, path);
  await post('x', { 'x-signature': 'bad' }, path);
  await api.call('GET', path);
  const told = JSON.stringify([api.answered, api.errors]);
  expect(told).not.toContain(token);
  expect(told).not.toContain(reference);
  expect(api.answered.slice(-3).map(({ route, status }) => [route, status])).toEqual([
    ['/v1/receipts/{provider}/{token}', 204],
    ['/v1/receipts/{provider}/{token}', 403],
    [null, 405],
  ]);
});

test('nobody is asked for a key, and a key changes nothing', async () => {
  const { post } = await setUp();
  expect((await post('x', { authorization: 'Bearer wrong' })).status).toBe(204);
  expect((await post('x', { authorization: `Bearer ${key}` })).status).toBe(204);
});

test('without an address of its own a handler refuses all receipts', async () => {
  const api = await apiUnderTest();
  const { status, body } = await api.call('POST', '/v1/receipts/recording/AAAAAAAAAAAAAAAAAAAAAA', 'x');
  expect([status, body['code']]).toEqual([403, 'receipt_refused']);
});
