import type { IncomingMessage, ServerResponse } from 'node:http';
import { maxBodyBytes } from './body.ts';
import type { Answer, Received } from './received.ts';

/** What every reader of `Host` takes for the same. */
const plainHost = /^[a-z0-9._-]+(?::(?:\d{1,4}|[1-5]\d{4}))?$/;
const plainLength = /^\d{1,5}$/;

/**
 * Reads a request of `node:http` as it is, for half of what it takes to make one of the Web standard first. Null for all that is out of the ordinary, which so is
 * judged in one place: a header given twice, a host of unusual form, a body of unknown length or too long, or that something has read before.
 */
export function receivedFromNode(incoming: IncomingMessage): Received | null {
  const { headers, rawHeaders } = incoming;
  const { host = '', 'content-length': length = '' } = headers;
  const plain =
    plainHost.test(host) &&
    plainLength.test(length) &&
    Number(length) <= maxBodyBytes &&
    // Node takes the first of some headers, the Web joins all.
    rawHeaders.length === 2 * Object.keys(headers).length &&
    !incoming.readableDidRead &&
    !('rawBody' in incoming);
  if (!plain) return null;
  return {
    method: incoming.method ?? '',
    url: `${'encrypted' in incoming.socket ? 'https' : 'http'}://${host}${incoming.url}`,
    path: incoming.url ?? '',
    request: null,
    env: { incoming },
    header: (name) => (headers[name] as string | undefined) ?? null,
    headers: () => new Headers(headers as Record<string, string>),
    body: () => readBytes(incoming),
    pathParameters: () => ({}),
    parameters: () => ({}),
  };
}

function readBytes(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array = new Uint8Array();
    const onClose = (): void => {
      if (!incoming.readableEnded) reject(new Error('The connection was closed.'));
    };
    incoming.on('data', (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    });
    incoming.on('end', () => resolve(bytes));
    incoming.on('close', onClose);
    // Closed before anybody listened.
    if (incoming.destroyed) onClose();
  });
}

/** Sends an answer. */
export function writeAnswer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const length = body === null ? {} : { 'content-length': Buffer.byteLength(body) };
  outgoing.writeHead(status, { ...headers, ...length }).end(body);
}
