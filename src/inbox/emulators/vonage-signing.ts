import { createHash, createHmac, randomUUID } from 'node:crypto';

/** The ways in which an account can have its SMS receipts signed: the MD5 of parameters and secret, or an HMAC. */
export type SignatureMethod = 'md5hash' | 'md5' | 'sha1' | 'sha256' | 'sha512';

/** `sig` of the SMS API: developer.vonage.com/en/getting-started/concepts/signing-messages */
export function signatureOf(
  parameters: Readonly<Record<string, string>>,
  secret: string,
  method: SignatureMethod,
): string {
  const text = Object.keys(parameters)
    .toSorted()
    .map((name) => `&${name}=${parameters[name]?.replaceAll(/[&=]/g, '_')}`)
    .join('');
  const hash = method === 'md5hash' ? createHash('md5').update(text + secret) : createHmac(method, secret).update(text);
  return hash.digest('hex').toUpperCase();
}

/** The bearer token of the Messages API: developer.vonage.com/en/messages/concepts/signed-webhooks */
export function bearerToken(
  body: string,
  { apiKey, secret }: { apiKey: string; secret: string },
  nowMs: number,
): string {
  const claims = {
    iat: Math.floor(nowMs / 1_000),
    jti: randomUUID(),
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(body).digest('hex'),
    api_key: apiKey,
  };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
