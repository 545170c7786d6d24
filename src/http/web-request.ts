import type { Context } from 'hono';
import { InvalidRequestError } from '../errors.ts';
import { bodyTooLarge, maxBodyBytes } from './body.ts';
import { jsonPointer, maxFaults } from './input.ts';
import type { Received } from './received.ts';

/** Reads a request of the Web standard, as Hono hands it on. */
export function receivedFromWeb({ req, env }: Context): Received {
  const { raw } = req;
  return {
    method: req.method,
    url: req.url,
    path: req.path,
    request: raw,
    env,
    header: (name) => raw.headers.get(name),
    headers: () => raw.headers,
    body: (maxBytes = maxBodyBytes) => readBytes(raw, maxBytes),
    pathParameters: () => req.param(),
    parameters: () => readParameters(req),
  };
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (declared !== null && !(Number(declared) <= maxBytes)) throw bodyTooLarge(maxBytes);
  // A server ends the body where its Content-Length does, so that it can be read in one go, for less than through a stream.
  const bytes =
    declared === null ? await readStream(request.body, maxBytes) : new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > maxBytes) throw bodyTooLarge(maxBytes);
  return bytes;
}

async function readStream(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw bodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function readParameters(req: Context['req']): ReturnType<Received['parameters']> {
  const path = req.param();
  const query = Object.entries(req.queries());
  const repeated = query.filter(([name, values]) => values.length > 1 || Object.hasOwn(path, name));
  if (repeated.length > 0) {
    throw new InvalidRequestError(
      repeated.slice(0, maxFaults).map(([name]) => ({ pointer: jsonPointer([name]), detail: 'is given twice' })),
    );
  }
  return { ...Object.fromEntries(query.map(([name, [value]]) => [name, value])), ...path };
}
