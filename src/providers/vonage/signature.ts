import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ReceiptError } from '../../errors.ts';
import { readObject } from '../exchange.ts';
import type { ReceiptRequest } from '../provider.ts';

/** Vonage goes on telling for a day, and does not say that it signs anew. */
const oldestMs = 24 * 3_600_000 + 300_000;
const furthestAheadMs = 300_000;

/**
 * Throws a `ReceiptError` unless Vonage signed the request with that secret, at most 24 hours and five minutes ago: by a JWT over the body's SHA-256, as the Messages API does, or by
 * `sig` among the parameters, as the SMS API does, in each of its five ways.
 */
export function assertSigned(
  request: ReceiptRequest,
  parameters: Readonly<Record<string, unknown>>,
  secret: string,
): void {
  const token = request.headers.get('authorization');
  if (token === null && parameters.sig === undefined) {
    throw new ReceiptError('is not signed: turn on signed webhooks at Vonage, or leave signatureSecret out');
  }
  const signedAtSeconds =
    token === null ? timeOfParameters(parameters, secret) : timeOfToken(token, request.body, secret);
  if (signedAtSeconds === null) throw new ReceiptError('is signed with another secret than signatureSecret');
  const ageMs = request.nowMs - signedAtSeconds * 1_000;
  // Without a time: not a number.
  if (!(ageMs <= oldestMs && ageMs >= -furthestAheadMs)) {
    throw new ReceiptError('was signed too long ago, or later than now: look at the clock');
  }
}

/** When it was signed; null: it was not, by this secret. developer.vonage.com/en/messages/concepts/signed-webhooks */
function timeOfToken(token: string, body: Uint8Array, secret: string): number | null {
  const [, header = '', claims = '', signature = ''] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(token) ?? [];
  const right = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
  if (!isSame(signature, right) || decoded(header)?.alg !== 'HS256') return null;
  const { iat, payload_hash: hash } = decoded(claims) ?? {};
  const isWhole =
    typeof hash === 'string' && isSame(hash.toLowerCase(), createHash('sha256').update(body).digest('hex'));
  return isWhole ? Number(iat) : null;
}

function decoded(part: string): Readonly<Record<string, unknown>> | null {
  return readObject(Buffer.from(part, 'base64url').toString());
}

/** By how many hex digits a signature has. The MD5 of the parameters and the secret has as many as the HMAC. */
const algorithms: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' };

/** When they were signed; null: they were not, by this secret. developer.vonage.com/en/getting-started/concepts/signing-messages */
function timeOfParameters({ sig, ...signed }: Readonly<Record<string, unknown>>, secret: string): number | null {
  const algorithm = typeof sig === 'string' ? algorithms[sig.length] : undefined;
  const parameters = Object.entries(signed).toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (typeof sig !== 'string' || algorithm === undefined || !parameters.every(isSignable)) return null;
  const text = parameters.map(([key, value]) => `&${key}=${String(value).replaceAll(/[&=]/g, '_')}`).join('');
  const given = sig.toLowerCase();
  const isRight =
    isSame(given, createHmac(algorithm, secret).update(text).digest('hex')) ||
    (algorithm === 'md5' && isSame(given, createHash('md5').update(`${text}${secret}`).digest('hex')));
  return isRight ? Number(signed.timestamp) : null;
}

/** Vonage replaces what separates parameters in their values only: a name that holds any could stand for two. */
function isSignable(parameter: [string, unknown]): parameter is [string, string | number | boolean] {
  return /^[\w-]+$/.test(parameter[0]) && ['string', 'number', 'boolean'].includes(typeof parameter[1]);
}

function isSame(given: string, right: string): boolean {
  const bytes = Buffer.from(given);
  return bytes.byteLength === right.length && timingSafeEqual(bytes, Buffer.from(right));
}
