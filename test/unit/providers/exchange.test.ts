import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '../../../src/errors.ts';
import { kindOfStatus, postToVendor, readObject, retryAfterSeconds } from '../../../src/providers/exchange.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that writes these bytes to whoever connects, one piece after the other, and closes. */
async function serving(...pieces: readonly (string | Buffer)[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      void (async () => {
        for (const [at, piece] of pieces.entries()) {
          // So that it is read as a piece.
          if (at > 0) await passed(30);
          socket.write(piece);
        }
        socket.end();
      })();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const call = { name: 'acme', headers: {}, body: 'text', signal: new AbortController().signal };

async function kindAt(url: string): Promise<ProviderErrorKind> {
  const error = await postToVendor({ ...call, url }).catch((thrown: unknown) => thrown);
  if (!(error instanceof ProviderError)) throw new Error('no ProviderError');
  expect(error.message).not.toContain(url);
  expect(error.cause).toBeUndefined();
  return error.kind;
}

describe('a vendor that cannot be asked', () => {
  test('because its address is none is a matter of configuration', async () => {
    expect(await kindAt('http://')).toBe('config');
  });

  test('because it does not speak TLS was sent nothing', async () => {
    const at = await serving('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
    expect(await kindAt(`https://${at}/`)).toBe('config');
  });

  test('because it does not speak HTTP may have taken the message', async () => {
    const at = await serving('SSH-2.0-OpenSSH_9.2\r\n');
    expect(await kindAt(`http://${at}/`)).toBe('ambiguous');
  });
});

test('an answer is handed on whatever its status, at most 64 KiB and a piece of it', async () => {
  const body = 'x'.repeat(500_000);
  const at = await serving(`HTTP/1.1 418 I'm a teapot\r\nx-a: 1\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  const answer = await postToVendor({ ...call, url: `http://${at}/` });
  expect(answer.status).toBe(418);
  expect(answer.headers.get('x-a')).toBe('1');
  expect(answer.text.length).toBeGreaterThanOrEqual(65_536);
  expect(answer.text.length).toBeLessThan(200_000);
});

test('a character that is split over two pieces of an answer is read whole', async () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
  const at = await serving(head, Buffer.from([0xc3]), Buffer.from([0xa9]));
  expect((await postToVendor({ ...call, url: `http://${at}/` })).text).toBe('é');
});

test.each<[number, ProviderErrorKind]>([
  [301, 'config'],
  [400, 'config'],
  [401, 'auth'],
  [402, 'funds'],
  [403, 'auth'],
  [404, 'config'],
  [408, 'temporary'],
  [429, 'rate_limited'],
  [500, 'ambiguous'],
  [502, 'ambiguous'],
  [503, 'temporary'],
  [504, 'ambiguous'],
  [599, 'ambiguous'],
  [200, 'unknown'],
])('a status of %d is %s', (status, kind) => {
  expect(kindOfStatus(status)).toBe(kind);
});

const nowMs = Date.UTC(2030, 0, 1);
test.each([
  ['7', 7],
  [' 7 ', 7],
  ['0', 0],
  ['Tue, 01 Jan 2030 00:01:00 GMT', 60],
  ['Mon, 31 Dec 2029 23:59:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['12025550143', undefined],
  ['', undefined],
])('Retry-After: "%s" is %s seconds', (given, seconds) => {
  expect(retryAfterSeconds({ headers: new Headers({ 'retry-after': given }) }, nowMs)).toBe(seconds);
});

test('no Retry-After is no time', () => {
  expect(retryAfterSeconds({ headers: new Headers() }, nowMs)).toBeUndefined();
});

test.each([
  ['{"a":1}', { a: 1 }],
  ['{}', {}],
  ['[]', null],
  ['null', null],
  ['"x"', null],
  ['{', null],
  ['', null],
])('%s as an object', (text, object) => {
  expect(readObject(text)).toEqual(object);
});
