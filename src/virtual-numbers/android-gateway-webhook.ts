import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { VirtualNumberError } from '../errors.ts';
import { readObject } from '../providers/exchange.ts';
import { isAddress } from './option-faults.ts';
import type { ReceivedText } from './virtual-number.ts';

/** Where the app tells of texts. */
export interface WebhookAddress {
  /** What to listen on, as long as the number is lent: `127.0.0.1`, `0.0.0.0`. */
  readonly host: string;
  readonly port: number;
  /** The address at which the phone reaches that: https, by a tunnel or a proxy in front; or http://127.0.0.1, by a port of the phone that leads here. */
  readonly url: string;
}

/** What was told so far. */
interface ToldTexts {
  /** The newest last. */
  readonly texts: () => readonly ReceivedText[];
  /** Again: nothing. */
  readonly close: () => Promise<void>;
}

interface Listening {
  /** Of the adapter: stands in errors. */
  readonly name: string;
  readonly address: WebhookAddress;
  readonly signingKey: string;
  /** Of the webhook: what is told to another one is not taken. */
  readonly id: string;
  readonly simNumber: number | undefined;
  readonly clock: () => number;
}

const maxBodyBytes = 65_536;
const windowMs = 5 * 60_000;

/** What is wrong with an address. */
export function faultsOfListen({ host, port, url }: WebhookAddress): string[] {
  const faults: string[] = [];
  if (typeof host !== 'string' || host === '') faults.push('listen.host must be an address of this machine');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) faults.push('listen.port must be a port, 0 to 65535');
  if (!isAddress(url) || !(url.startsWith('https:') || new URL(url).hostname === '127.0.0.1')) {
    faults.push('listen.url must be https, or http://127.0.0.1: the app calls no other');
  }
  return faults;
}

/**
 * Opens a port and takes from it what the app tells of one webhook: signed, not older than 5 minutes, each event once. Rejects with a `VirtualNumberError` of the kind `config`
 * where it cannot listen.
 */
export async function openWebhookListener(listening: Listening): Promise<ToldTexts> {
  const { name, address } = listening;
  const texts = new Map<string, ReceivedText>();
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request).catch(() => null);
      if (body === null) response.writeHead(413, { connection: 'close' }).end();
      else response.writeHead(take(request, body, texts, listening)).end();
    })();
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = `${name} cannot listen on ${address.host} port ${address.port} (${error.code}): take another, or end what has it.`;
      reject(new VirtualNumberError('config', why));
    });
    server.listen(address.port, address.host, resolve);
  });
  // A number that nobody gives back keeps no process from ending.
  server.unref();
  return {
    texts: () => [...texts.values()],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Takes one request; the status that answers it. */
function take(
  { method, headers }: IncomingMessage,
  body: Buffer,
  texts: Map<string, ReceivedText>,
  { signingKey, id, simNumber, clock }: Listening,
): number {
  if (method !== 'POST') return 405;
  if (!isSigned(headers, body, signingKey, clock())) return 401;
  const { event, id: eventId, webhookId, payload } = readObject(body.toString()) ?? {};
  if (typeof event !== 'string' || typeof eventId !== 'string') return 400;
  // The app would tell it again for days: what is not ours is taken, and dropped.
  if (event !== 'sms:received' || webhookId !== id) return 204;
  const { message, sender, phoneNumber, simNumber: sim } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof message !== 'string') return 400;
  if (simNumber !== undefined && typeof sim === 'number' && sim !== simNumber) return 204;
  const from = sender ?? phoneNumber;
  if (!texts.has(eventId))
    texts.set(eventId, { code: null, text: message, from: typeof from === 'string' ? from : null });
  return 204;
}

/** Hex HMAC-SHA256 over the body and the time behind it, as in receipts. */
function isSigned(headers: IncomingHttpHeaders, body: Buffer, signingKey: string, nowMs: number): boolean {
  const seconds = String(headers['x-timestamp']);
  const given = String(headers['x-signature']);
  if (!/^\d{1,12}$/.test(seconds) || !/^[0-9a-f]{64}$/i.test(given)) return false;
  const right = createHmac('sha256', signingKey).update(body).update(seconds).digest();
  return timingSafeEqual(Buffer.from(given, 'hex'), right) && Math.abs(nowMs - Number(seconds) * 1_000) <= windowMs;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new Error('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
