import { createHmac } from 'node:crypto';
import { Vonage } from '@vonage/server-sdk';
import { describe, expect, test } from 'vitest';
import { ReceiptError, type ProviderErrorKind } from '../../src/errors.ts';
import { vonageProvider } from '../../src/providers/vonage.ts';
import type { Provider, ReceiptRequest } from '../../src/providers/provider.ts';
import { parametersSigned, tokenSigned, withParameters, type SignatureMethod } from './vonage-signatures.ts';

const options = { apiKey: 'a1b2c3d4', apiSecret: 'wC7hT9vXq2LmR4sZ', from: 'Example' };
const secret = 'kR8fJ2nVwQ5xB7zD1gH4';
const signing = { url: 'https://example.com/v1/receipts/vonage/token', nowMs: 1_800_000_000_000, secret };
const reference = `v1${'Ab3_-'.repeat(11)}9.1`;
const parameters = {
  msisdn: '12025550143',
  to: 'A&B=C',
  'network-code': '310410',
  messageId: '0A0000000123ABCD1',
  price: '0.03330000',
  status: 'delivered',
  scts: '2701150800',
  'err-code': '0',
  'api-key': 'a1b2c3d4',
  'client-ref': reference,
  'message-timestamp': '2027-01-15 08:00:00',
  timestamp: '1800000000',
  nonce: 'ec11dd3e-1e7f-4db5-9467-82b02cd223b9',
};
const status = {
  message_uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
  to: '12025550143',
  from: 'Example',
  timestamp: '2027-01-15T08:00:00.000Z',
  status: 'delivered',
  channel: 'sms',
  client_ref: reference,
};
const delivered = { messageId: parameters.messageId, reference, status: 'delivered', errorKind: null };

const withSecret = vonageProvider({ ...options, signatureSecret: secret });
const withoutSecret = vonageProvider(options);
const read = async (provider: Provider, request: ReceiptRequest | Promise<ReceiptRequest>) =>
  provider.receipts?.(await request);
const refused = async (request: ReceiptRequest | Promise<ReceiptRequest>) =>
  expect(read(withSecret, request)).rejects.toThrow(ReceiptError);

/** As the vendor's SDK calls the five ways. */
const methods: Readonly<Record<SignatureMethod, string>> = {
  md5hash: 'MD5HASH',
  md5: 'MD5HMAC',
  sha1: 'SHA1HMAC',
  sha256: 'SHA256HMAC',
  sha512: 'SHA512HMAC',
};

describe.each(Object.entries(methods) as [SignatureMethod, string][])('parameters signed by %s', (method, atSdk) => {
  test.each([false, true])('are read where the vendor’s SDK finds them right, as a form: %s', async (asForm) => {
    const request = parametersSigned(parameters, { ...signing, method, asForm });
    const body = Buffer.from(request.body).toString();
    const given: Record<string, string> = asForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
    const { sms } = new Vonage(options);
    expect(sms.verifySignature(given.sig ?? '', given, secret, atSdk as never)).toBe(true);
    expect(await read(withSecret, request)).toEqual([delivered]);
    const inSmallLetters = withParameters({ ...given, sig: given.sig?.toLowerCase() ?? '' }, { ...signing, asForm });
    expect(await read(withSecret, inSmallLetters)).toEqual([delivered]);
  });

  test('are refused when anything in them is changed, added or left out, or the secret is another', async () => {
    const given = JSON.parse(Buffer.from(parametersSigned(parameters, { ...signing, method }).body).toString());
    for (const name of Object.keys(parameters)) {
      await refused(withParameters({ ...given, [name]: `${given[name]}x` }, signing));
      const { [name]: _leftOut, ...others } = given;
      await refused(withParameters(others, signing));
    }
    await refused(withParameters({ ...given, more: '1' }, signing));
    await refused(withParameters({ ...given, 'client-ref': { toString: 'x' } }, signing));
    await refused(parametersSigned(parameters, { ...signing, method, secret: `${secret}x` }));
  });
});

test('parameters without a time are refused: they could be sent again for ever', async () => {
  const { timestamp: _leftOut, ...timeless } = parameters;
  await refused(parametersSigned(timeless, { ...signing, method: 'sha256' }));
  await refused(parametersSigned({ ...parameters, timestamp: 'today' }, { ...signing, method: 'sha256' }));
});

describe('a token', () => {
  const body = JSON.stringify(status);

  test('is refused when the hash in it is of another body, or of none', async () => {
    const right = await tokenSigned(body, signing);
    expect(await read(withSecret, right)).toEqual([{ ...delivered, messageId: status.message_uuid }]);
    await refused({ ...right, body: Buffer.from(body.replace('delivered', 'rejected')) });
    await refused(tokenSigned(body, signing, { payload_hash: undefined }));
    await refused(tokenSigned(body, signing, { payload_hash: '' }));
  });

  test('is refused without a time', async () => {
    await refused(tokenSigned(body, signing, { iat: undefined }));
    await refused(tokenSigned(body, signing, { iat: 'now' }));
  });

  test('is refused that says it is signed in another way, or not at all', async () => {
    const right = await tokenSigned(body, signing);
    const [, claims] = right.headers.get('authorization')?.split('.') ?? [];
    const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const hmac = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
    for (const signature of ['', 'AA', hmac]) {
      const authorization = `Bearer ${header}.${claims}.${signature}`;
      await refused({ ...right, headers: new Headers({ authorization }) });
    }
  });

  test('is refused when it is signed with another secret, the one for calls too', async () => {
    await refused(tokenSigned(body, { ...signing, secret: options.apiSecret }));
    await refused(tokenSigned(body, { ...signing, secret: ' ' }));
  });

  test('does not stand in for what else is signed: a wrong one beside a right sig is refused', async () => {
    const right = parametersSigned(parameters, { ...signing, method: 'sha256' });
    await refused({ ...right, headers: new Headers({ authorization: 'Bearer a.b.c' }) });
  });
});

test('what is not signed is refused with a secret, and believed without one', async () => {
  const unsigned = withParameters(parameters, signing);
  await refused(unsigned);
  expect(await read(withoutSecret, unsigned)).toEqual([delivered]);
});

test('either API’s receipts are read, whichever it sends by: an account is told by one of the two', async () => {
  for (const api of ['sms', 'messages'] as const) {
    const provider = vonageProvider({ ...options, api, signatureSecret: secret });
    expect(await read(provider, parametersSigned(parameters, { ...signing, method: 'sha1' }))).toEqual([delivered]);
    expect(await read(provider, tokenSigned(JSON.stringify(status), signing))).toMatchObject([{ reference }]);
  }
});

test('the reference is the one that is signed; one in the address counts only where nothing is signed', async () => {
  const url = `${signing.url}?ref=another`;
  expect(await read(withSecret, tokenSigned(JSON.stringify(status), { ...signing, url }))).toMatchObject([
    { reference },
  ]);
  const { client_ref: _leftOut, ...bare } = status;
  const withoutReference = tokenSigned(JSON.stringify(bare), { ...signing, url });
  expect(await read(withSecret, withoutReference)).toMatchObject([{ reference: null }]);
  expect(await read(withoutSecret, withoutReference)).toMatchObject([{ reference: 'another' }]);
  expect(await read(withSecret, tokenSigned(JSON.stringify(bare), signing))).toMatchObject([{ reference: null }]);
});

test.each(
  Object.entries({
    accepted: 'sent',
    buffered: 'sent',
    delivered: 'delivered',
    expired: 'failed',
    failed: 'failed',
    rejected: 'failed',
    undelivered: 'failed',
  }),
)('SMS API: %s means %s', async (word, means) => {
  expect(await read(withoutSecret, withParameters({ ...parameters, status: word }, signing))).toMatchObject([
    { status: means },
  ]);
});

test.each(
  Object.entries({
    submitted: 'sent',
    delivered: 'delivered',
    read: 'delivered',
    rejected: 'failed',
    undeliverable: 'failed',
  }),
)('Messages API: %s means %s', async (word, means) => {
  const body = JSON.stringify({ ...status, status: word });
  expect(await read(withoutSecret, tokenSigned(body, signing))).toMatchObject([{ status: means }]);
});

test('what says nothing of a delivery says nothing: an unknown status, a text that came in', async () => {
  expect(await read(withoutSecret, withParameters({ ...parameters, status: 'unknown' }, signing))).toEqual([]);
  expect(await read(withoutSecret, withParameters({ ...parameters, status: 'constructor' }, signing))).toEqual([]);
  const inbound = { msisdn: '12025550143', to: '12025550100', messageId: '0A1', text: 'STOP', type: 'text' };
  expect(await read(withoutSecret, withParameters(inbound, signing))).toEqual([]);
});

test('what cannot be read is refused', async () => {
  for (const body of ['', 'null', '[]', '{', '{"status":"delivered"}', '{"message_uuid":7,"status":"delivered"}']) {
    const request = { ...withParameters({}, signing), body: Buffer.from(body) };
    await expect(read(withoutSecret, request)).rejects.toThrow(ReceiptError);
  }
});

const kindsOfSms: Readonly<Record<string, ProviderErrorKind | null>> = {
  0: null,
  1: 'unknown',
  2: 'temporary',
  3: 'invalid_number',
  4: 'not_sms_capable',
  5: 'temporary',
  6: 'filtered',
  7: 'temporary',
  8: 'temporary',
  9: 'opted_out',
  10: 'config',
  11: 'config',
  12: 'invalid_number',
  13: 'filtered',
  14: 'not_sms_capable',
  15: 'temporary',
  16: 'funds',
  50: 'config',
  51: 'config',
  52: 'config',
  53: 'filtered',
  54: 'config',
  99: 'temporary',
  77: null,
};

test.each(Object.entries(kindsOfSms))('SMS API: failed with err-code %s is %s', async (code, errorKind) => {
  const failed = { ...parameters, status: 'failed', 'err-code': code };
  expect(await read(withoutSecret, withParameters(failed, signing))).toMatchObject([{ status: 'failed', errorKind }]);
});

test('only what failed has a kind', async () => {
  for (const word of ['accepted', 'delivered']) {
    const told = { ...parameters, status: word, 'err-code': '1' };
    expect(await read(withoutSecret, withParameters(told, signing))).toMatchObject([{ errorKind: null }]);
  }
});

test('Messages API: why it failed is in the error’s type, or its title, or in an error inside it', async () => {
  const kindOf = async (error: unknown) => {
    const [receipt] =
      (await read(withoutSecret, tokenSigned(JSON.stringify({ ...status, status: 'rejected', error }), signing))) ?? [];
    return receipt?.errorKind;
  };
  const type = 'https://developer.vonage.com/api-errors/messages#1240';
  expect(await kindOf({ type, title: 1240 })).toBe('opted_out');
  expect(await kindOf({ title: 1240 })).toBe('opted_out');
  expect(await kindOf({ title: '1240' })).toBe('opted_out');
  expect(await kindOf({ error: { type, title: 1240 } })).toBe('opted_out');
  for (const none of [undefined, null, {}, 'x', { type: 'https://developer.vonage.com/api-errors/messages#9999' }]) {
    expect(await kindOf(none)).toBeNull();
  }
});
