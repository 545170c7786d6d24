import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { androidGatewayEmulator } from '../../src/inbox/emulators/android-gateway.ts';
import { createCarrier, type ScriptedCarrier } from '../../src/inbox/emulators/carrier.ts';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import { mountEmulators } from '../../src/inbox/emulators/index.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { androidGatewayProvider } from '../../src/providers/android-gateway.ts';
import type { Receipt } from '../../src/providers/provider.ts';
import { messageWith } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Vendor } from '../../src/testing/provider-cases/vendor.ts';

const signingKey = 'signing-key-of-the-app';
const to = '+12025550143';
const { signal } = new AbortController();

let inbox: Inbox;
let carrier: ScriptedCarrier;
let ending: AbortController;
let server: Server;
let origin: string;
/** What waits between tries; never for real. */
let waits: number[];

beforeEach(async () => {
  inbox = createInbox();
  ending = new AbortController();
  waits = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  carrier = createCarrier({ inbox, wait, signal: ending.signal });
  const app = new Hono();
  mountEmulators(app, { emulators: [androidGatewayEmulator({ signingKey })], carrier });
  const listener = getRequestListener(app.fetch);
  server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/android-gateway`;
});

afterEach(async () => {
  ending.abort();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const authorization = `Basic ${Buffer.from('sms:password').toString('base64')}`;

function call(
  method: string,
  path: string,
  body?: object | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${origin}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const text = { textMessage: { text: '493817 is your code' }, phoneNumbers: [to] };
const answerOf = async (response: Response) => [response.status, await response.json()] as const;
const script = (fault: Fault, next = 1) => carrier.faults.add({ vendor: 'android-gateway', fault, next });
const bodies = () => inbox.list().map(({ body }) => body);

/** The adapter, as it is used. */
function provider(base = '') {
  return androidGatewayProvider({ baseUrl: `${origin}${base}`, username: 'sms', password: 'password', signingKey });
}

describe('a send', () => {
  test.each(['/message', '/messages', '/3rdparty/v1/message', '/3rdparty/v1/messages'])(
    'by %s is answered and delivered',
    async (path) => {
      expect(await answerOf(await call('POST', path, { id: 'id-1', ...text }))).toMatchObject([
        202,
        { id: 'id-1', state: 'Pending', recipients: [{ phoneNumber: to, state: 'Pending' }] },
      ]);
      expect(inbox.list()).toMatchObject([
        { to, body: '493817 is your code', code: '493817', provider: 'android-gateway' },
      ]);
    },
  );

  test('is what the page of the provider shows', async () => {
    const page = readFileSync('docs/providers/android-gateway.md', 'utf8');
    const [, credentials = '', address = '', body = ''] =
      /curl -u (\S+) '(.*?)' -H '.*?' \\\n +-d '(.*?)'/.exec(page) ?? [];
    const { pathname, search } = new URL(address);
    const headers = { authorization: `Basic ${btoa(credentials)}` };
    const response = await call('POST', `${pathname.replace('/android-gateway', '')}${search}`, body, headers);
    expect(response.status).toBe(202);
    expect(bodies()).toEqual(['493817 is your Acme code']);
    // The adapter asks the same, and for an id of its own.
    await withVendor({ status: 202, body: '{"id":"id-1"}' }, async (vendor) => {
      const asked = androidGatewayProvider({ baseUrl: vendor.url, username: 'sms', password: 'password' });
      await asked.send(messageWith({ text: '493817 is your Acme code' }), { signal });
      const { id, ...request } = JSON.parse(vendor.received[0]?.body ?? '') as Record<string, unknown>;
      expect([typeof id, request]).toEqual(['string', JSON.parse(body)]);
    });
  });

  test('without an id gets one', async () => {
    const [, { id }] = (await answerOf(await call('POST', '/messages', text))) as [number, { id: string }];
    expect(id).toMatch(/^[\w-]{21}$/);
    expect((await call('GET', `/messages/${id}`)).status).toBe(200);
  });

  test('of the old shape is taken', async () => {
    expect((await call('POST', '/message', { message: 'hello', phoneNumbers: [to] })).status).toBe(202);
    expect(bodies()).toEqual(['hello']);
  });

  test('to several numbers reaches each', async () => {
    await call('POST', '/messages', { ...text, phoneNumbers: [to, '+447400123456'] });
    expect(
      inbox
        .list()
        .map((message) => message.to)
        .toSorted(),
    ).toEqual([to, '+447400123456'].toSorted());
  });

  test('by the adapter arrives as it was sent, under the id that it resolves with', async () => {
    const message = messageWith();
    const { messageId } = await provider().send(message, { signal });
    expect(bodies()).toEqual([message.text]);
    expect(await answerOf(await call('GET', `/messages/${messageId}`))).toMatchObject([
      200,
      { id: messageId, state: 'Delivered' },
    ]);
  });

  test.each(['', '/3rdparty/v1'])('that is asked for again below "%s" is taken and not sent again', async (base) => {
    const first = await provider(base).send(messageWith(), { signal });
    expect(await provider(base).send(messageWith(), { signal })).toEqual(first);
    expect(bodies()).toHaveLength(1);
  });

  test('with an id that is there is answered by the phone, and refused by the cloud', async () => {
    await call('POST', '/messages', { id: 'id-1', ...text });
    expect((await call('POST', '/messages', { id: 'id-1', ...text })).status).toBe(202);
    expect(await answerOf(await call('POST', '/3rdparty/v1/messages', { id: 'id-1', ...text }))).toEqual([
      409,
      { message: 'duplicate id' },
    ]);
  });

  test.each<[string, object | string]>([
    ['failed to parse body', '{'],
    ['failed to parse body', []],
    ['Must specify exactly one', { phoneNumbers: [to] }],
    ['Cannot specify multiple', { ...text, message: 'hello' }],
    ['This emulator', { dataMessage: { data: 'aGVsbG8=', port: 1 }, phoneNumbers: [to] }],
    ['Text message is empty', { ...text, textMessage: { text: '' } }],
    ['Text message is empty', { ...text, textMessage: {} }],
    ['phoneNumbers is empty', { ...text, phoneNumbers: [] }],
    ['phoneNumbers is empty', { textMessage: text.textMessage }],
    ['failed to parse body', { ...text, phoneNumbers: [12_025_550_143] }],
    ['failed to parse body', { ...text, phoneNumbers: [to, { toString: 1, valueOf: 1 }] }],
    ['invalid phone number', { ...text, phoneNumbers: ['12025550143'] }],
    ['invalid phone number', { ...text, phoneNumbers: [to, 'x'] }],
    ['simNumber', { ...text, simNumber: 0 }],
    ['fields conflict', { ...text, ttl: 60, validUntil: '2030-01-01T00:00:00Z' }],
    ["Field validation for 'TTL'", { ...text, ttl: 4 }],
    ["Field validation for 'Priority'", { ...text, priority: 128 }],
    ["Field validation for 'ID'", { ...text, id: 'x'.repeat(37) }],
  ])('that is wrong is refused: %s', async (says, body) => {
    const [status, answer] = await answerOf(await call('POST', '/messages', body));
    expect([status, answer]).toEqual([400, { message: expect.stringMatching(new RegExp(`^${says}`)) as string }]);
    expect(bodies()).toEqual([]);
  });

  test.each([{}, { authorization: '' }, { authorization: 'Bearer x' }, { authorization: `Basic ${btoa(':')}` }])(
    'without user and password is refused: %j',
    async (headers) => {
      const response = await fetch(`${origin}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers } as Record<string, string>,
        body: JSON.stringify(text),
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Basic');
      expect(bodies()).toEqual([]);
    },
  );

  test('with another user or password than was set is refused', async () => {
    const app = new Hono();
    mountEmulators(app, { emulators: [androidGatewayEmulator({ username: 'sms', password: 'right' })], carrier });
    const statusOf = async (credentials: string) => {
      const headers = { authorization: `Basic ${btoa(credentials)}`, 'content-type': 'application/json' };
      const request = new Request('http://127.0.0.1/android-gateway/messages', {
        method: 'POST',
        headers,
        body: JSON.stringify(text),
      });
      return (await app.fetch(request)).status;
    };
    expect(await Promise.all(['sms:right', 'sms:wrong', 'other:right'].map(statusOf))).toEqual([202, 401, 401]);
  });
});

describe('the state of a message', () => {
  test.each<[string, Fault | null, boolean, string]>([
    ['a delivery report was asked for', null, true, 'Delivered'],
    ['none was asked for', null, false, 'Sent'],
    ['it was dropped', { kind: 'dropped' }, true, 'Sent'],
    ['it was not delivered', { kind: 'undelivered', code: undefined }, true, 'Failed'],
  ])('where %s', async (_name, fault, withDeliveryReport, word) => {
    if (fault) script(fault);
    await call('POST', '/messages', { id: 'id-1', ...text, withDeliveryReport });
    expect(await answerOf(await call('GET', '/message/id-1'))).toMatchObject([
      200,
      { id: 'id-1', state: word, recipients: [{ state: word }] },
    ]);
  });

  test('that is unknown is a 404, as every path that there is not', async () => {
    expect((await call('GET', '/messages/id-2')).status).toBe(404);
    expect((await call('GET', '/health-check')).status).toBe(404);
  });
});

describe('a fault', () => {
  test.each<[Fault, string, number]>([
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, 'rate_limited', 0],
    [{ kind: 'server_error', status: 500 }, 'ambiguous', 0],
    [{ kind: 'server_error', status: 504 }, 'ambiguous', 0],
    [{ kind: 'cut_before' }, 'ambiguous', 0],
    [{ kind: 'cut_after' }, 'ambiguous', 1],
    [{ kind: 'refused', code: undefined }, 'temporary', 0],
    [{ kind: 'refused', code: 'invalid_phone_number' }, 'invalid_number', 0],
    [{ kind: 'refused', code: 'not_mobile_phone_number' }, 'not_sms_capable', 0],
  ])('%j is %s to the adapter', async (fault, kind, delivered) => {
    script(fault);
    await expect(provider().send(messageWith(), { signal })).rejects.toMatchObject({
      kind,
      retryAfterSeconds: fault.kind === 'rate_limited' ? 7 : undefined,
    });
    expect(bodies()).toHaveLength(delivered);
    // What was not taken before is taken now, and what was is not sent twice.
    await provider().send(messageWith(), { signal });
    expect(bodies()).toHaveLength(1);
  });

  test.each<[Fault, number]>([
    [{ kind: 'dropped' }, 0],
    [{ kind: 'undelivered', code: undefined }, 0],
    [{ kind: 'duplicate' }, 2],
    [{ kind: 'late_receipts', delayMs: 60_000 }, 1],
    [{ kind: 'early_receipts' }, 1],
  ])('%j is taken, and delivered so many times: %i', async (fault, delivered) => {
    script(fault);
    await provider().send(messageWith(), { signal });
    expect(bodies()).toHaveLength(delivered);
  });
});

describe('a webhook', () => {
  const register = (vendor: Vendor, events: readonly string[]) =>
    Promise.all(events.map((event) => call('POST', '/webhooks', { url: `${vendor.url}/hook`, event })));
  const all = ['sms:sent', 'sms:delivered', 'sms:failed'];

  /** What the adapter makes of what a webhook was told. */
  async function readAll(vendor: Vendor): Promise<readonly Receipt[]> {
    const receipts: Receipt[] = [];
    for (const { method, url, headers, body } of vendor.received) {
      const request = { method, url, headers, body: Buffer.from(body), nowMs: Date.now() };
      receipts.push(...((await provider().receipts?.(request)) ?? []));
    }
    return receipts;
  }

  test('is told what became of a message, in order, as the adapter verifies it', async () => {
    await withVendor({ status: 200, body: '' }, async (vendor) => {
      await register(vendor, all);
      const { messageId } = await provider().send(messageWith(), { signal });
      await vi.waitFor(() => expect(vendor.received).toHaveLength(2));
      const about = { messageId, reference: null, errorKind: null };
      expect(await readAll(vendor)).toEqual([
        { ...about, status: 'sent' },
        { ...about, status: 'delivered' },
      ]);
      const events = vendor.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
      expect(events[1]).toMatchObject({
        event: 'sms:delivered',
        payload: { messageId, phoneNumber: to, recipient: to },
      });
      expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    });
  });

  test('is told why a message failed', async () => {
    await withVendor({ status: 200, body: '' }, async (vendor) => {
      await register(vendor, all);
      script({ kind: 'undelivered', code: 'RESULT_ERROR_NO_SERVICE' });
      await provider().send(messageWith(), { signal });
      await vi.waitFor(() => expect(vendor.received).toHaveLength(1));
      expect(await readAll(vendor)).toMatchObject([{ status: 'failed', errorKind: 'temporary' }]);
    });
  });

  test('is told of its event only', async () => {
    await withVendor({ status: 200, body: '' }, async (vendor) => {
      await register(vendor, ['sms:delivered']);
      await provider().send(messageWith(), { signal });
      await vi.waitFor(() => expect(vendor.received).toHaveLength(1));
      expect(await readAll(vendor)).toMatchObject([{ status: 'delivered' }]);
    });
  });

  test('is told again after 10 s, then twice as long each time, 14 times, each time signed anew', async () => {
    await withVendor({ status: 500, body: '' }, async (vendor) => {
      await register(vendor, ['sms:sent']);
      await provider().send(messageWith(), { signal });
      await vi.waitFor(() => expect(vendor.received).toHaveLength(15));
      expect(waits).toEqual(Array.from({ length: 14 }, (_, index) => 10_000 * 2 ** index));
      expect(await readAll(vendor)).toHaveLength(15);
    });
  });

  test('is listed, replaced by its id and deleted', async () => {
    const hook = { id: 'hook-1', url: 'https://verify.example.com/a', event: 'sms:sent' };
    expect(await answerOf(await call('POST', '/webhooks', hook))).toEqual([201, hook]);
    await call('POST', '/3rdparty/v1/webhooks', { ...hook, event: 'sms:failed' });
    expect(await answerOf(await call('GET', '/webhooks'))).toEqual([200, [{ ...hook, event: 'sms:failed' }]]);
    expect((await call('DELETE', '/webhooks/hook-1')).status).toBe(204);
    expect(await answerOf(await call('GET', '/webhooks'))).toEqual([200, []]);
  });

  test.each([
    ['Invalid URL', { url: 'http://verify.example.com/a', event: 'sms:sent' }],
    ['Invalid URL', { url: 'http://127.0.0.1.example.com/a', event: 'sms:sent' }],
    ['Invalid URL', { event: 'sms:sent' }],
    ['Unsupported event', { url: 'https://verify.example.com/a', event: 'sms:read' }],
    ['Unsupported event', { url: 'https://verify.example.com/a' }],
  ])('that the app does not take is refused: %s', async (message, hook) => {
    expect(await answerOf(await call('POST', '/webhooks', hook))).toEqual([400, { message }]);
  });
});
