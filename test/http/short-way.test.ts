import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { toNodeListener, type HttpHandler } from '../../src/http/index.ts';
import { receivedFromNode } from '../../src/http/node-request.ts';
import { endOfTurn, shortWayOf } from '../../src/http/short-way.ts';
import { apiUnderTest, key, otherKey, to, type Api } from './api-under-test.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Listens on a free port, until the test has ended. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Sends bytes, and hears all that comes back until the connection ends. */
function ask(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

/** Serves a handler, and returns a way to ask it. */
async function serve(handler: Pick<HttpHandler, 'fetch'>): Promise<(bytes: Buffer) => Promise<string>> {
  const listener = toNodeListener(handler);
  const port = await listen(createServer((incoming, outgoing) => void listener(incoming, outgoing)));
  return (bytes) => ask(port, bytes);
}

/** What of an answer is the same each time: not when it was given, nor its names. */
function lasting(answer: string): string[] {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const headers = head.split('\r\n').filter((line) => !/^(?:date|x-request-id|content-length):/i.test(line));
  const told = body.replaceAll(/"(?:id|request_id|\w+_at)":"[^"]+"/g, '').replaceAll(/^[0-9a-f]+\r\n|\r\n/g, '');
  return [...headers.map((line) => line.toLowerCase()).toSorted(), told];
}

interface Sent {
  path?: string;
  version?: string;
  headers?: readonly string[];
  body?: string | Buffer;
}

const json = 'content-type: application/json';
const bearer = `authorization: Bearer ${key}`;
const host = 'host: api.test';

function bytesOf({ path = '/v1/verifications', version = '1.1', headers = [host, bearer, json], body = '' }: Sent) {
  const declared = headers.some((line) => /^(?:content-length|transfer-encoding)/i.test(line));
  const length = declared ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [`POST ${path} HTTP/${version}`, ...headers, ...length, 'connection: close'].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)]);
}

const start = JSON.stringify({ to });
const check = JSON.stringify({ to, code: '000' });

/** Ordinary and odd requests, and the status that each gets. */
const requests: Record<string, [status: number, Sent]> = {
  'a start': [201, { body: start }],
  'a check': [400, { path: '/v1/verifications/check', body: check }],
  'a number that is none': [422, { body: '{"to":"+1"}' }],
  'a lookup': [200, { path: '/v1/numbers/lookup', body: start }],
  'an erase, which has no body': [204, { path: '/v1/numbers/erase', body: start }],
  'spaces in JSON': [201, { body: ' { "to" : "+12025550143" } ' }],
  'a byte order mark': [201, { body: `\u{feff}${start}` }],
  'no JSON': [400, { body: '{"to":' }],
  'no UTF-8': [400, { body: Buffer.from([0x22, 0xff, 0x22]) }],
  'a key twice': [400, { body: '{"to":"+12025550143","to":"+12025550144"}' }],
  'an unknown field': [400, { body: '{"to":"+12025550143","a":1}' }],
  'no body': [400, {}],
  'a body of an unknown length': [
    201,
    {
      headers: [host, bearer, json, 'transfer-encoding: chunked'],
      body: `${start.length.toString(16)}\r\n${start}\r\n0\r\n\r\n`,
    },
  ],
  'a body of 16 KiB': [201, { body: start.padEnd(16_384) }],
  'a longer body': [413, { body: start.padEnd(16_385) }],
  'another type': [415, { headers: [host, bearer, 'content-type: text/plain'], body: start }],
  'no type': [415, { headers: [host, bearer], body: start }],
  'the type twice': [415, { headers: [host, bearer, json, json], body: start }],
  'a compressed body': [415, { headers: [host, bearer, json, 'content-encoding: gzip'], body: start }],
  'no key': [401, { headers: [host, json], body: start }],
  'another key': [401, { headers: [host, json, 'authorization: Bearer another'], body: start }],
  'the key twice': [401, { headers: [host, bearer, bearer, json], body: start }],
  'two keys': [401, { headers: [host, bearer, `authorization: Bearer ${otherKey}`, json], body: start }],
  'a key for an answer once': [201, { headers: [host, bearer, json, 'idempotency-key: a'], body: start }],
  'two of them': [400, { headers: [host, bearer, json, 'idempotency-key: a', 'idempotency-key: b'], body: start }],
  'one that is empty': [400, { headers: [host, bearer, json, 'idempotency-key:'], body: start }],
  'another header twice': [201, { headers: [host, bearer, json, 'x-a: 1', 'x-a: 2'], body: start }],
  'a host with a port': [201, { headers: ['host: 127.0.0.1:8080', bearer, json], body: start }],
  'a host of another form': [201, { headers: ['host: [::1]:8080', bearer, json], body: start }],
  'a host that is none': [400, { headers: ['host: a b', bearer, json], body: start }],
  'a port that is none': [400, { headers: ['host: a:65536', bearer, json], body: start }],
  'two hosts': [201, { headers: [host, 'host: b', bearer, json], body: start }],
  'HTTP/1.0': [201, { version: '1.0', body: start }],
  'HTTP/1.0 without a host': [400, { version: '1.0', headers: [bearer, json], body: start }],
  'a query': [201, { path: '/v1/verifications?a=1', body: start }],
  'escapes in the path': [201, { path: '/v1/%76erifications', body: start }],
  'a path with a slash at its end': [404, { path: '/v1/verifications/', body: start }],
  'a whole address': [201, { path: 'http://api.test/v1/verifications', body: start }],
  'dots in the path': [201, { path: '/v1/x/../verifications', body: start }],
  'a path that is not there': [404, { path: '/v1/verification', body: start }],
};

/** The same API twice: by what is offered to `node:http`, and by the Web standard alone. */
async function bothWays(options?: Parameters<typeof apiUnderTest>[0]) {
  const apis = [await apiUnderTest(options), await apiUnderTest(options)] as const;
  const [short, long] = apis;
  const longHandler = { fetch: (request: Request, env?: unknown) => long.handler.fetch(request, env) };
  return { apis, sends: [await serve(short.handler), await serve(longHandler)] as const };
}

const told = ({ answered }: Api) => answered.map(({ requestId: _, durationMs: __, ...rest }) => rest);

describe('the short way', () => {
  test.each(Object.entries(requests))('answers %s as the long way does', async (_, [status, sent]) => {
    const { apis, sends } = await bothWays();
    const [short, long] = await Promise.all(sends.map((send) => send(bytesOf(sent))));
    expect(short).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(lasting(short!)).toEqual(lasting(long!));
    expect(told(apis[0])).toEqual(told(apis[1]));
    expect(apis.map(({ errors }) => errors)).toEqual([[], []]);
  });

  test('an answer tells its length and has a name of its own', async () => {
    const { sends } = await bothWays();
    const answers = [await sends[0](bytesOf({ body: start })), await sends[0](bytesOf({ body: start }))];
    const names = answers.map((answer) => /\r\nx-request-id: ([0-9a-f-]{36})\r\n/i.exec(answer)?.[1]);
    expect(new Set(names).size).toBe(2);
    for (const answer of answers) {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head.toLowerCase()).toContain(`\r\ncontent-length: ${Buffer.byteLength(body)}`);
    }
  });

  test.each([
    ['the first of some addresses', ['x-forwarded-for: 198.51.100.1, 203.0.113.9']],
    ['two headers', ['x-forwarded-for: 198.51.100.1', 'x-forwarded-for: 203.0.113.9']],
    ['none', []],
  ])("takes a person's address from %s as the long way does", async (_, headers) => {
    const { sends } = await bothWays({ trustedProxies: 1, verifier: { policy: { maxSendsPerAddress: 1 } } });
    for (const send of sends) {
      const sent = { headers: [host, bearer, json, ...headers] };
      const first = await send(bytesOf({ ...sent, body: '{"to":"+12025550143"}' }));
      const second = await send(bytesOf({ ...sent, body: '{"to":"+12025550144"}' }));
      expect([first.slice(9, 12), second.slice(9, 12)]).toEqual(['201', '429']);
      expect(second).toContain('"limit":"address"');
    }
  });

  test('a store that is down is 503, and told of', async () => {
    const { apis, sends } = await bothWays();
    for (const api of apis) api.breakStore(new Error('down'));
    const answers = await Promise.all(sends.map((send) => send(bytesOf({ body: start }))));
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['500', '500']);
    expect(apis.map(({ errors }) => errors.length)).toEqual([1, 1]);
  });

  test('is not there where others want to see a request', async () => {
    const seen: Request[] = [];
    const { handler } = await apiUnderTest({
      authenticate: (request) => {
        seen.push(request);
        return { tenant: 'default' };
      },
    });
    expect(shortWayOf(handler.fetch)).toBeUndefined();
    expect(await (await serve(handler))(bytesOf({ body: start }))).toMatch(/^HTTP\/1\.1 201 /);
    expect(seen.map(({ url }) => url)).toEqual(['http://api.test/v1/verifications']);
    const reader = await apiUnderTest({ clientAddress: () => null });
    expect(shortWayOf(reader.handler.fetch)).toBeUndefined();
    expect(shortWayOf((await apiUnderTest()).handler.fetch)).toBeDefined();
  });

  test('never passes by a function that wraps the handler', async () => {
    const { handler } = await apiUnderTest();
    let wrapped = 0;
    const fetch: HttpHandler['fetch'] = (request, env) => {
      wrapped += 1;
      return handler.fetch(request, env);
    };
    expect(await (await serve({ ...handler, fetch }))(bytesOf({ body: start }))).toMatch(/^HTTP\/1\.1 201 /);
    expect(wrapped).toBe(1);
  });

  test('callers that go away at any moment leave nothing behind and harm nobody', async () => {
    const api = await apiUnderTest();
    const listener = toNodeListener(api.handler);
    let underWay = 0;
    const server = createServer((incoming, outgoing) => {
      underWay += 1;
      void listener(incoming, outgoing).finally(() => (underWay -= 1));
    });
    const port = await listen(server);
    const whole = bytesOf({ body: start });
    for (let cut = whole.length - 30; cut <= whole.length; cut++) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(whole.subarray(0, cut), () => socket.resetAndDestroy());
        });
        socket.on('close', () => resolve());
        socket.on('error', () => {});
      });
    }
    await expect.poll(() => underWay).toBe(0);
    expect(api.errors).toEqual([]);
  });

  test('what was closed before anybody read it is no body', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const server = createServer((incoming) => {
      const received = receivedFromNode(incoming);
      incoming.on('close', () => setImmediate(() => resolve(received?.body().catch((error: unknown) => error))));
      incoming.destroy();
    });
    const port = await listen(server);
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .write(bytesOf({ body: start }));
    expect(await promise).toBeInstanceOf(Error);
  });

  test('what something else has read is not read again', async () => {
    const { handler } = await apiUnderTest();
    const listener = toNodeListener(handler);
    const server = createServer((incoming, outgoing) => {
      incoming.resume().on('end', () => void listener(incoming, outgoing));
    });
    expect(await ask(await listen(server), bytesOf({ body: start }))).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a body that comes in pieces is put together', async () => {
    const listener = toNodeListener((await apiUnderTest()).handler);
    const port = await listen(createServer((incoming, outgoing) => void listener(incoming, outgoing)));
    const whole = bytesOf({ body: start });
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      const write = (from: number): void => {
        socket.write(whole.subarray(from, from + 9), () => from + 9 < whole.length && setImmediate(write, from + 9));
      };
      write(0);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  });
});

test('all that wait for the end of a turn go on before the next one begins', async () => {
  const order: string[] = [];
  const waits = ['a', 'b'].map(async (name) => {
    await endOfTurn();
    order.push(name);
  });
  await new Promise<void>((resolve) => process.nextTick(resolve));
  order.push('still this turn');
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  order.push('the next');
  await Promise.all(waits);
  expect(order).toEqual(['still this turn', 'a', 'b', 'the next']);
});
