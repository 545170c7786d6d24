import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { Exception } from './aws-answers.ts';

/** Whose calls are answered. */
export interface EmulatorCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignedRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly nowMs: number;
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z\d-]+)\/sms-voice\/aws4_request, ?SignedHeaders=([a-z\d;-]+), ?Signature=([\da-f]{64})$/;
const windowMs = 5 * 60_000;

/** What AWS says of a request that is not signed by Signature Version 4; null: it is. Without credentials only the form is looked at. */
export async function signatureException(
  { url, headers, body, nowMs }: SignedRequest,
  credentials: EmulatorCredentials | null,
): Promise<Exception | null> {
  const authorization = headers.get('authorization');
  if (authorization === null)
    return { type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  const [, accessKeyId, date = '', region = '', signedHeaders = '', signature] = form.exec(authorization) ?? [];
  const names = signedHeaders.split(';');
  const datetime = headers.get('x-amz-date') ?? '';
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(datetime) ?? [];
  if (accessKeyId === undefined || year === undefined || !datetime.startsWith(date) || !names.includes('host')) {
    return {
      type: 'IncompleteSignatureException',
      message: 'The Authorization header must be of Signature Version 4, for the service sms-voice, beside X-Amz-Date.',
    };
  }
  if (!credentials) return null;
  const { secretAccessKey, sessionToken } = credentials;
  if (accessKeyId !== credentials.accessKeyId || (headers.get('x-amz-security-token') ?? undefined) !== sessionToken) {
    return { type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' };
  }
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const expected = await new AwsV4Signer({
    method: 'POST',
    url,
    headers: names.flatMap((name) => {
      const value = headers.get(name);
      return value === null || name === 'host' || name === 'x-amz-date' ? [] : [[name, value] as [string, string]];
    }),
    body,
    accessKeyId,
    secretAccessKey,
    ...(names.includes('x-amz-security-token') && sessionToken !== undefined && { sessionToken }),
    region,
    service: 'sms-voice',
    datetime,
    allHeaders: true,
  }).signature();
  // The signer takes this header's word for what the body is.
  const given = headers.get('x-amz-content-sha256');
  const isWhole = given === null || given === createHash('sha256').update(body).digest('hex');
  const isInTime = Math.abs(nowMs - atMs) <= windowMs;
  if (signature === expected && isWhole && isInTime) return null;
  return {
    type: 'InvalidSignatureException',
    message: isInTime
      ? 'The request signature we calculated does not match the signature you provided.'
      : 'Signature expired, or not yet current: compare the clocks.',
  };
}
