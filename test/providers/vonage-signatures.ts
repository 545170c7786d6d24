import { createHash, createHmac } from 'node:crypto';
import { sign } from 'hono/jwt';
import type { ReceiptRequest } from '../../src/providers/provider.ts';

export type SignatureMethod = 'md5hash' | 'md5' | 'sha1' | 'sha256' | 'sha512';

interface Signing {
  url: string;
  nowMs: number;
  secret: string;
}

/** A receipt of the Messages API: a JWT over the SHA-256 of its body. `claims`: what differs in it. */
export async function tokenSigned(
  body: string,
  { url, nowMs, secret }: Signing,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<ReceiptRequest> {
  const token = await sign(
    {
      iat: Math.floor(nowMs / 1_000),
      jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5',
      iss: 'Vonage',
      payload_hash: createHash('sha256').update(body).digest('hex'),
      api_key: 'a1b2c3d4',
      ...claims,
    },
    secret,
    'HS256',
  );
  const headers = new Headers({ 'content-type': 'application/json', authorization: `Bearer ${token}` });
  return { method: 'POST', url, headers, body: Buffer.from(body), nowMs };
}

/** A receipt of the SMS API: `sig` among the parameters. */
export function parametersSigned(
  parameters: Readonly<Record<string, string>>,
  { url, nowMs, secret, method, asForm = false }: Signing & { method: SignatureMethod; asForm?: boolean },
): ReceiptRequest {
  const text = Object.entries(parameters)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `&${name}=${value.replaceAll('&', '_').replaceAll('=', '_')}`)
    .join('');
  const hash = method === 'md5hash' ? createHash('md5').update(text + secret) : createHmac(method, secret).update(text);
  return withParameters({ ...parameters, sig: hash.digest('hex').toUpperCase() }, { url, nowMs, asForm });
}

/** A receipt of the SMS API with whatever parameters. */
export function withParameters(
  parameters: Readonly<Record<string, string>>,
  { url, nowMs, asForm = false }: { url: string; nowMs: number; asForm?: boolean },
): ReceiptRequest {
  const body = asForm ? new URLSearchParams(parameters).toString() : JSON.stringify(parameters);
  const headers = new Headers({ 'content-type': asForm ? 'application/x-www-form-urlencoded' : 'application/json' });
  return { method: 'POST', url, headers, body: Buffer.from(body), nowMs };
}
