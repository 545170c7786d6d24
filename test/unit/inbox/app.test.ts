import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInboxApp } from '../../../src/inbox/app.ts';
import type { Emulator } from '../../../src/inbox/emulators/emulator.ts';
import { vendorEmulators } from '../../../src/inbox/emulators/index.ts';
import { createInbox, type Inbox, type InboxMessage } from '../../../src/inbox/messages.ts';

const alice = '+12025550143';
const bob = '+447400123456';

let inbox: Inbox;
let ending: AbortController;
let server: Server;
let origin: string;

beforeEach(async () => {
  inbox = createInbox();
  ending = new AbortController();
  const app = createInboxApp({ inbox, page: (c) => c.html('<p>the page'), signal: ending.signal });
  const listener = getRequestListener(app.fetch);
  server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  ending.abort();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

function text(to: string, body = '493817 is your Example code.'): InboxMessage {
  return inbox.add({ to, from: 'Example', body, provider: 'inbox' });
}

const get = (path: string, init?: RequestInit) => fetch(`${origin}${path}`, init);
const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters).toString()}`;
const json = async (path: string): Promise<unknown> => (await get(path)).json();

/** Reads server-sent events, at least to the letter of what the inbox writes. */
async function* sse(response: Response): AsyncGenerator<Record<string, string>> {
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
  }
}

describe('a text that a program posts', () => {
  const post = (body: string, type = 'application/json') =>
    get('/inbox/api/messages', { method: 'POST', headers: { 'content-type': type }, body });

  test('is a message like any other', async () => {
    const response = await post(JSON.stringify({ to: alice, from: 'Acme', body: '493817 is your Acme code.' }));
    expect(response.status).toBe(201);
    const message = (await response.json()) as { id: string };
    expect(message).toMatchObject({ to: alice, from: 'Acme', code: '493817', provider: 'http' });
    expect(await json(`/inbox/api/wait${query({ to: alice })}`)).toEqual(message);
  });

  test.each([
    ['not JSON', '{'],
    ['nothing', ''],
    ['no number', '{"to":"alice","body":"hi"}'],
    ['no body', `{"to":"${alice}"}`],
    ['a list for a body', `{"to":"${alice}","body":["hi"]}`],
    ['an unknown field', `{"to":"${alice}","body":"hi","text":"hi"}`],
    ['too much', JSON.stringify({ to: alice, body: 'x'.repeat(20_000) })],
  ])('that is %s is refused, and nothing arrives', async (_, body) => {
    expect((await post(body)).status).toBe(400);
    expect(inbox.list()).toEqual([]);
  });

  test('is JSON: what a form on some website can send is refused', async () => {
    expect((await post(JSON.stringify({ to: alice, body: 'hi' }), 'text/plain')).status).toBe(415);
  });
});

describe('messages', () => {
  test('are told newest first, with a cursor from which to wait', async () => {
    const [first, second] = [text(alice), text(bob)];
    expect(await json('/inbox/api/messages')).toEqual({
      data: [expect.objectContaining({ id: second.id }), expect.objectContaining({ id: first.id })],
      cursor: second.id,
      total: 2,
    });
    expect(await json(`/inbox/api/messages${query({ to: alice })}`)).toEqual({
      data: [
        {
          id: first.id,
          to: alice,
          from: 'Example',
          body: '493817 is your Example code.',
          code: '493817',
          provider: 'inbox',
          status: 'delivered',
          received_at: first.receivedAt.toISOString(),
          segments: 1,
          encoding: 'GSM-7',
          run: null,
          by_hand: [],
        },
      ],
      cursor: second.id,
      total: 1,
    });
    expect(await json(`/inbox/api/messages?after=${first.id}&limit=1`)).toMatchObject({ data: [{ id: second.id }] });
  });

  test('are told as many as asked for, up to all that an inbox keeps, and how many there are', async () => {
    for (let i = 0; i < 5_001; i += 1) text(i === 7 ? bob : alice);
    const told = async (parameters: Record<string, string>) => {
      const { data, total } = (await json(`/inbox/api/messages${query(parameters)}`)) as { data: []; total: number };
      return [data.length, total];
    };
    expect(await told({})).toEqual([100, 5_000]);
    expect(await told({ limit: '5000' })).toEqual([5_000, 5_000]);
    expect(await told({ to: bob })).toEqual([1, 1]);
    expect(await told({ query: `-to:${bob}`, limit: '3' })).toEqual([3, 4_999]);
  });

  test('are searched as the page searches', async () => {
    text(bob, 'Hello');
    const { id } = text(alice);
    expect(await json(`/inbox/api/messages${query({ query: 'has:code from:example after:1m' })}`)).toMatchObject({
      data: [{ id }],
      total: 1,
    });
    const cleared = await get(`/inbox/api/messages${query({ query: 'has:code' })}`, { method: 'DELETE' });
    expect(cleared.status).toBe(204);
    expect(inbox.list()).toMatchObject([{ to: bob }]);
  });

  test('are not cleared by a search that makes no sense', async () => {
    text(alice);
    const path = `/inbox/api/messages${query({ query: 'before:tomorrow is:lost' })}`;
    for (const method of ['GET', 'DELETE']) {
      const response = await get(path, { method });
      expect(response.status).toBe(400);
      const { errors } = (await response.json()) as { errors: unknown };
      expect(errors).toEqual([
        { pointer: '/query', detail: 'before: needs a date like 2026-01-31 or an age like 10m' },
        { pointer: '/query', detail: 'is: must be delivered or failed' },
      ]);
    }
    expect(inbox.count()).toBe(1);
  });

  test('are told one by one with the request by which they came', async () => {
    const request = { method: 'POST', path: '/twilio/x', headers: { 'content-type': 'text/plain' }, body: 'To=%2B1' };
    const { id } = inbox.add({
      to: alice,
      from: 'Example',
      body: 'Hello',
      provider: 'twilio',
      request,
      byHand: ['receipt'],
    });
    expect(await json(`/inbox/api/messages/${id}`)).toMatchObject({ id, to: alice, by_hand: ['receipt'], request });
    expect(await json('/inbox/api/messages')).toMatchObject({ data: [{ id }] });
    expect(JSON.stringify(await json('/inbox/api/messages'))).not.toContain('request');
    expect(await json(`/inbox/api/messages/${text(bob).id}`)).toMatchObject({ to: bob, request: null });
    const unknown = await get('/inbox/api/messages/nothing');
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'message_not_found' }),
    ]);
  });

  test('are found by a number whose plus became a space', async () => {
    text(alice);
    expect(await json(`/inbox/api/messages?to=${alice}`)).toMatchObject({ data: [{ to: alice }] });
  });

  test('are cleared for one number, or all', async () => {
    text(alice);
    text(bob);
    const one = await get(`/inbox/api/messages${query({ to: alice })}`, { method: 'DELETE' });
    expect(one.status).toBe(204);
    expect(inbox.list()).toMatchObject([{ to: bob }]);
    expect((await get('/inbox/api/messages', { method: 'DELETE' })).status).toBe(204);
    expect(inbox.list()).toEqual([]);
  });

  test('of all numbers are not cleared by a variable that turned out empty', async () => {
    text(alice);
    expect((await get('/inbox/api/messages?to=', { method: 'DELETE' })).status).toBe(400);
    expect(inbox.list()).toHaveLength(1);
  });

  test('are not stored on their way', async () => {
    expect((await get('/inbox/api/messages')).headers.get('cache-control')).toBe('no-store');
  });
});

test.each([
  ['GET', '/inbox/api/messages?limit=0', '/limit'],
  ['GET', '/inbox/api/messages?limit=5001', '/limit'],
  ['GET', '/inbox/api/messages?query=', '/query'],
  ['GET', `/inbox/api/messages?query=${'a'.repeat(501)}`, '/query'],
  ['GET', '/inbox/api/messages?query=a&query=b', '/query'],
  ['DELETE', '/inbox/api/messages?query=', '/query'],
  ['GET', '/inbox/api/messages/nothing?to=1', '/to'],
  ['GET', '/inbox/api/info?to=1', '/to'],
  ['GET', '/inbox/api/messages?limit=1e2', '/limit'],
  ['GET', '/inbox/api/messages?limit=', '/limit'],
  ['GET', '/inbox/api/messages?to=alice', '/to'],
  ['GET', '/inbox/api/messages?to=%2B1&to=%2B2', '/to'],
  ['GET', '/inbox/api/messages?after=yesterday', '/after'],
  ['GET', '/inbox/api/messages?form=1', '/form'],
  ['GET', '/inbox/api/wait?timeout=61', '/timeout'],
  ['GET', '/inbox/api/wait?timeout=-1', '/timeout'],
  ['GET', '/inbox/api/events?after=x', '/after'],
  ['DELETE', '/inbox/api/messages?form=1', '/form'],
])('%s %s is a problem that names the parameter', async (method, path, pointer) => {
  const response = await get(path, { method });
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ pointer }] });
  expect(problem['request_id']).toBe(response.headers.get('x-request-id'));
});

describe('waiting', () => {
  test('answers with the next message after the cursor', async () => {
    const waited = vi.spyOn(inbox, 'wait');
    const before = text(alice);
    const waiting = get(`/inbox/api/wait${query({ to: alice, after: before.id })}`);
    await vi.waitUntil(() => waited.mock.calls.length === 1);
    const next = text(alice);
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: next.id, to: alice, code: '493817' });
  });

  test('for nothing is a 408 that says what to do', async () => {
    text(bob);
    const response = await get(`/inbox/api/wait${query({ to: alice, timeout: '0' })}`);
    expect(response.status).toBe(408);
    expect(await response.json()).toMatchObject({ status: 408, code: 'no_message' });
  });

  test('a hundred times at once, while a hundred texts come, misses none', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => `+1202555${String(index).padStart(4, '0')}`);
    const after = inbox.cursor();
    const waits = numbers.map(async (to) => {
      const response = await get(`/inbox/api/wait${query({ to, after, timeout: '5' })}`);
      return ((await response.json()) as { to: string }).to;
    });
    // In between, so that some texts come before their wait and some after.
    for (const to of numbers.toReversed()) {
      await new Promise(setImmediate);
      text(to);
    }
    expect(await Promise.all(waits)).toEqual(numbers);
  });

  test('ends when the server is about to end', async () => {
    const waited = vi.spyOn(inbox, 'wait');
    const waiting = get('/inbox/api/wait?timeout=60');
    await vi.waitUntil(() => waited.mock.calls.length === 1);
    ending.abort();
    const response = await waiting;
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'not_ready' });
  });

  test.each(['GET', 'HEAD'])('by %s ends when the client leaves', async (method) => {
    const waited = vi.spyOn(inbox, 'wait');
    const client = new AbortController();
    const waiting = get('/inbox/api/wait?timeout=60', { method, signal: client.signal });
    await vi.waitUntil(() => waited.mock.calls.length === 1);
    client.abort();
    await expect(waiting).rejects.toBe(client.signal.reason);
    const signal = waited.mock.calls[0]?.[0]?.signal;
    await vi.waitUntil(() => signal?.aborted);
  });
});

describe('events', () => {
  test('come as they happen, each under its own id', async () => {
    const response = await get('/inbox/api/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = sse(response);
    await events.next();
    const message = text(alice);
    const told = (await events.next()).value;
    inbox.clear({ to: alice });
    const cleared = (await events.next()).value;
    expect(told).toMatchObject({ event: 'message', id: message.id });
    expect(JSON.parse(told?.['data'] ?? '')).toMatchObject({ id: message.id, to: alice, code: '493817', segments: 1 });
    expect(cleared).toEqual({ event: 'cleared', id: inbox.cursor(), data: JSON.stringify({ to: alice }) });
  });

  test('tell a message again when its status changed, and what was forgotten', async () => {
    const small = createInbox({ maxMessages: 1 });
    const app = createInboxApp({ inbox: small, signal: ending.signal });
    const events = sse(await app.request('http://localhost/inbox/api/events'));
    await events.next();
    const first = small.add({ to: alice, from: 'Example', body: 'Hello', provider: 'inbox' });
    expect((await events.next()).value).toMatchObject({ event: 'message', id: first.id });
    small.setStatus(first.id, 'failed');
    const changed = (await events.next()).value;
    expect(changed).toMatchObject({ event: 'message', id: small.cursor() });
    expect(JSON.parse(changed?.['data'] ?? '')).toMatchObject({ id: first.id, status: 'failed' });
    const second = small.add({ to: bob, from: 'Example', body: 'Hello', provider: 'inbox' });
    expect((await events.next()).value).toMatchObject({ event: 'message', id: second.id });
    expect((await events.next()).value).toMatchObject({
      event: 'forgotten',
      data: JSON.stringify({ through: first.id }),
    });
  });

  test('go on after the last one that a client has seen, over a new connection', async () => {
    const first = sse(await get('/inbox/api/events'));
    await first.next();
    text(alice);
    const seen = (await first.next()).value?.['id'] ?? '';
    await first.return(undefined);
    const [missed, alsoMissed] = [text(bob), text(alice)];
    const second = sse(await get('/inbox/api/events', { headers: { 'last-event-id': seen } }));
    await second.next();
    expect((await second.next()).value).toMatchObject({ id: missed.id });
    expect((await second.next()).value).toMatchObject({ id: alsoMissed.id });
    const later = text(bob);
    expect((await second.next()).value).toMatchObject({ id: later.id });
  });

  test('start over for a client from before a restart', async () => {
    const message = text(alice);
    const cursor = createInbox().cursor();
    const events = sse(await get('/inbox/api/events', { headers: { 'last-event-id': cursor } }));
    await events.next();
    expect((await events.next()).value).toMatchObject({ event: 'cleared', data: '{"to":null}' });
    expect((await events.next()).value).toMatchObject({ event: 'message', id: message.id });
  });

  test('can begin after a cursor, which the browser overrides when it comes back', async () => {
    const [first, second, third] = [text(alice), text(alice), text(alice)];
    const path = `/inbox/api/events?after=${first.id}`;
    const anew = sse(await get(path));
    await anew.next();
    expect((await anew.next()).value).toMatchObject({ id: second.id });
    const back = sse(await get(path, { headers: { 'last-event-id': second.id } }));
    await back.next();
    expect((await back.next()).value).toMatchObject({ id: third.id });
  });

  test('end when the server is about to end', async () => {
    const events = sse(await get('/inbox/api/events'));
    await events.next();
    ending.abort();
    expect(await events.next()).toMatchObject({ done: true });
  });

  test('end when the client leaves', async () => {
    const followed = vi.spyOn(inbox, 'events');
    const events = sse(await get('/inbox/api/events'));
    await events.next();
    const signal = followed.mock.calls[0]?.[0]?.signal;
    expect(signal?.aborted).toBe(false);
    await events.return(undefined);
    await vi.waitUntil(() => signal?.aborted);
  });

  test('tell a client at once how soon to come back', async () => {
    expect((await sse(await get('/inbox/api/events')).next()).value).toEqual({ retry: '1000' });
  });

  test('are not begun by HEAD, which nobody reads', async () => {
    const followed = vi.spyOn(inbox, 'events');
    const beats = vi.spyOn(globalThis, 'setInterval');
    const response = await get('/inbox/api/events', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(followed).not.toHaveBeenCalled();
    expect(beats.mock.calls.filter(([, ms]) => ms === 15_000)).toEqual([]);
    beats.mockRestore();
  });

  test('do not pile up heartbeats for a client that does not read', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const app = createInboxApp({ inbox, signal: ending.signal });
      const response = await app.request('http://localhost/inbox/api/events');
      for (let i = 0; i < 20; i++) {
        await new Promise(setImmediate);
        vi.advanceTimersByTime(15_000);
      }
      text(alice);
      let read = '';
      const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      while (chunks && !read.includes('event: message')) read += (await chunks.read()).value ?? '';
      await chunks?.cancel();
      expect(read.match(/still here/g)?.length).toBeLessThan(5);
    } finally {
      vi.useRealTimers();
    }
  });

  test('are kept alive by a comment every 15 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const chunks = (await get('/inbox/api/events')).body?.pipeThrough(new TextDecoderStream()).getReader();
      await chunks?.read();
      vi.advanceTimersByTime(15_000);
      expect(await chunks?.read()).toMatchObject({ value: expect.stringMatching(/^:.*\n\n$/) });
      await chunks?.cancel();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the page', () => {
  test('is at /inbox', async () => {
    const response = await get('/inbox');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('<p>the page');
  });

  test('is also found with a slash at the end', async () => {
    expect((await get('/inbox/', { redirect: 'manual' })).headers.get('location')).toBe(`${origin}/inbox`);
  });
});

describe('other sites', () => {
  const paths = ['/inbox', '/inbox/api/messages', '/inbox/api/wait?timeout=0', '/inbox/api/events'];

  function send(path: string, headers: Record<string, string>, method = 'GET'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${origin}${path}`, { method, headers }, (response) => {
        response.resume();
        resolve(response);
      });
      request.on('error', reject).end();
    });
  }

  test.each(paths)('cannot read %s by DNS rebinding or from another origin', async (path) => {
    expect((await send(path, { host: 'rebound.example.com' })).statusCode).toBe(403);
    expect((await send(path, { origin: 'https://example.com' })).statusCode).toBe(403);
    expect((await send(path, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  });

  test('cannot clear messages', async () => {
    text(alice);
    const response = await send('/inbox/api/messages', { origin: 'https://example.com' }, 'DELETE');
    expect(response.statusCode).toBe(403);
    expect(inbox.list()).toHaveLength(1);
  });

  test('are never given a header that opens an answer to them', async () => {
    const response = await get('/inbox/api/messages');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('what the inbox is', () => {
  const version = expect.stringMatching(/^\d+\.\d+\.\d+/) as string;

  test('is told: as it is when nothing is configured', async () => {
    expect(await json('/inbox/api/info')).toEqual({
      version,
      max_messages: 5_000,
      keep_hours: null,
      history: false,
      access: 'local',
      addresses: [],
      vendors: [],
      prices: null,
    });
  });

  test('is told: as it was configured', async () => {
    const configured = createInbox({
      maxMessages: 10,
      keepHours: 24,
      prices: { currency: 'USD', perSegment: { '*': 0.05, '+1': 0.0083 } },
      history: { load: () => ({ messages: [], places: null }), add() {}, change() {}, remove() {} },
    });
    const app = createInboxApp({
      inbox: configured,
      emulators: vendorEmulators(),
      access: { password: 'correct-horse', emulators: 'this-machine' },
      addresses: () => ['http://192.168.1.5:8025/inbox?key=correct-horse'],
    });
    const headers = { authorization: 'Bearer correct-horse' };
    expect(await (await app.request('http://192.168.1.5:8025/inbox/api/info', { headers })).json()).toEqual({
      version,
      max_messages: 10,
      keep_hours: 24,
      history: true,
      access: 'password',
      addresses: ['http://192.168.1.5:8025/inbox?key=correct-horse'],
      vendors: expect.arrayContaining(['twilio', 'vonage', 'aws', 'android-gateway']) as string[],
      prices: { currency: 'USD', per_segment: { '*': 0.05, '+1': 0.0083 } },
    });
  });
});

describe('an inbox with a password', () => {
  const emulator: Emulator = {
    vendor: 'acme',
    rootPaths: ['/user/get.php'],
    mount: (app) => void app.get('/user/get.php', (c) => c.text('number')),
  };
  const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

  function answer(
    path: string,
    address: string,
    emulators: 'this-machine' | 'anyone',
    headers: Record<string, string> = {},
  ) {
    const app = createInboxApp({
      inbox,
      page: (c) => c.html('<p>the page'),
      emulators: [emulator],
      access: { password: 'correct-horse', emulators },
    });
    const init = { headers: { host: '192.168.1.5:8025', ...headers } };
    return app.request(`http://192.168.1.5:8025${path}`, init, from(address));
  }

  test.each([
    '/inbox',
    '/inbox/api/messages',
    '/inbox/api/wait?timeout=0',
    '/inbox/api/events',
    '/inbox/api/info',
    '/inbox/api/numbers',
    '/inbox/api/held',
    '/inbox/api/faults',
  ])('asks for it at %s, and of this machine too', async (path) => {
    text(alice);
    for (const address of ['192.168.1.9', '127.0.0.1']) {
      expect((await answer(path, address, 'anyone', { host: 'localhost' })).status).toBe(401);
      const response = await answer(path, address, 'anyone', { authorization: 'Bearer correct-horse' });
      await response.body?.cancel();
      expect(response.status).toBe(200);
    }
  });

  test.each(['/acme/user/get.php', '/user/get.php'])(
    'has emulators that ask for none at %s: of this machine, or open to all',
    async (path) => {
      const local = { host: 'localhost:8025' };
      expect((await answer(path, '127.0.0.1', 'this-machine', local)).status).toBe(200);
      expect((await answer(path, '192.168.1.9', 'this-machine', local)).status).toBe(403);
      expect((await answer(path, '192.168.1.9', 'this-machine')).status).toBe(403);
      expect((await answer(path, '192.168.1.9', 'anyone')).status).toBe(200);
      expect((await answer(path, '192.168.1.9', 'anyone', { origin: 'https://example.com' })).status).toBe(403);
    },
  );
});
