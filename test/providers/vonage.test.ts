import type { ServerResponse } from 'node:http';
import { Vonage } from '@vonage/server-sdk';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, type ProviderError, type ProviderErrorKind } from '../../src/errors.ts';
import { vonageProvider, type VonageOptions } from '../../src/providers/vonage.ts';
import type { Message } from '../../src/providers/provider.ts';
import { messageWith } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Received } from '../../src/testing/provider-cases/vendor.ts';
import {
  providerConformance,
  type ProviderUnderTest,
  type ReceiptAbout,
  type VendorReply,
} from '../../src/testing/provider-conformance.ts';
import { parametersSigned, tokenSigned } from './vonage-signatures.ts';

const credentials = { apiKey: 'a1b2c3d4', apiSecret: 'wC7hT9vXq2LmR4sZ' };
const signatureSecret = 'kR8fJ2nVwQ5xB7zD1gH4';
const options: VonageOptions = { ...credentials, from: 'Example' };

const smsAnswer = (...parts: object[]): VendorReply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ 'message-count': String(parts.length), messages: parts }),
});
const part = (status: string, id?: string): object => ({
  to: '12025550143',
  status,
  ...(id === undefined ? { 'error-text': 'As the vendor says' } : { 'message-id': id, 'message-price': '0.0333' }),
});
const problem = (status: number, code: string, title = 'As the vendor says'): VendorReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    type: `https://developer.vonage.com/api-errors${/^\d/.test(code) ? '/messages' : ''}#${code}`,
    title,
    detail: 'As the vendor says',
    instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
  }),
});

const kindsOfSms: Readonly<Record<string, ProviderErrorKind>> = {
  1: 'rate_limited',
  2: 'config',
  3: 'config',
  4: 'auth',
  5: 'temporary',
  6: 'invalid_number',
  7: 'blocked_destination',
  8: 'auth',
  9: 'funds',
  10: 'rate_limited',
  11: 'config',
  12: 'config',
  13: 'temporary',
  14: 'auth',
  15: 'config',
  16: 'config',
  19: 'config',
  20: 'config',
  22: 'config',
  23: 'config',
  29: 'config',
  32: 'auth',
  33: 'invalid_number',
  34: 'invalid_number',
  987: 'unknown',
};

const kindsOfMessages: readonly [status: number, code: string, kind: ProviderErrorKind][] = [
  [401, 'unauthorized', 'auth'],
  [401, 'invalid-signature', 'auth'],
  [402, 'low-balance', 'funds'],
  [403, 'forbidden', 'auth'],
  [403, 'unprovisioned', 'auth'],
  [403, 'account-suspended', 'auth'],
  [403, 'application-suspended', 'auth'],
  [403, 'invalid-ip', 'auth'],
  [401, 'invalid-api-key', 'auth'],
  [400, 'multiple-auth-methods', 'auth'],
  [404, 'not-found', 'config'],
  [404, 'invalid-id', 'config'],
  [400, 'invalid-json', 'config'],
  [400, 'invalid-params', 'config'],
  [405, 'wrong-verb', 'config'],
  [406, 'accept-header', 'config'],
  [415, 'content-type-header', 'config'],
  [451, 'unavailable-legal', 'blocked_destination'],
  [429, 'throttled', 'rate_limited'],
  [429, '1000', 'rate_limited'],
  [422, '1010', 'config'],
  [422, '1020', 'config'],
  [422, '1021', 'config'],
  [422, '1022', 'config'],
  [500, '1030', 'temporary'],
  [422, '1040', 'invalid_number'],
  [403, '1050', 'blocked_destination'],
  [403, '1060', 'auth'],
  [402, '1070', 'funds'],
  [403, '1080', 'config'],
  [422, '1090', 'config'],
  [500, '1100', 'temporary'],
  [422, '1120', 'config'],
  [422, '1130', 'config'],
  [403, '1140', 'config'],
  [422, '1150', 'config'],
  [403, '1160', 'config'],
  [422, '1170', 'invalid_number'],
  [422, '1180', 'temporary'],
  [422, '1190', 'invalid_number'],
  [422, '1200', 'temporary'],
  [422, '1210', 'filtered'],
  [422, '1220', 'temporary'],
  [422, '1230', 'temporary'],
  [422, '1240', 'opted_out'],
  [422, '1241', 'rate_limited'],
  [422, '1250', 'config'],
  [422, '1251', 'config'],
  [422, '1260', 'invalid_number'],
  [422, '1270', 'filtered'],
  [422, '1280', 'not_sms_capable'],
  [422, '1282', 'filtered'],
  [422, '1290', 'temporary'],
  [422, '1300', 'not_sms_capable'],
  [422, '1310', 'not_sms_capable'],
  [422, '1320', 'ambiguous'],
  [422, '1330', 'unknown'],
  [422, '1331', 'temporary'],
  [422, '1360', 'temporary'],
  [422, '1400', 'config'],
  [422, '1410', 'config'],
  [422, '1420', 'config'],
  [422, '1430', 'invalid_number'],
  [422, '1440', 'config'],
  [422, '1450', 'config'],
  [422, '1460', 'rate_limited'],
  [422, '1461', 'rate_limited'],
  [422, '1470', 'blocked_destination'],
  [422, '1472', 'rate_limited'],
  [422, '1473', 'blocked_destination'],
  [422, '1480', 'config'],
  [422, '1481', 'config'],
  [422, '1482', 'config'],
  [422, '1483', 'filtered'],
  [422, '1484', 'config'],
  [422, '1999', 'config'],
];

const failuresOfSms = Object.entries(kindsOfSms).map(([status, kind]) => ({
  name: status,
  reply: smsAnswer(part(status)),
  kind,
}));
const failuresOfMessages = kindsOfMessages.map(([status, code, kind]) => ({
  name: code,
  reply: problem(status, code),
  kind,
}));

/** The slowest promises are tried with some failures of each kind; `every code of the vendor` has them all. */
const common = {
  credentials: [credentials.apiSecret, credentials.apiKey, signatureSecret],
  receipts: {
    sign: (body: Uint8Array, { url, nowMs }: Pick<ReceiptAbout, 'url' | 'nowMs'>) =>
      tokenSigned(Buffer.from(body).toString(), { url, nowMs, secret: signatureSecret }),
    oldestMs: 24 * 3_600_000 + 300_000,
    signsUrl: false,
  },
};

const underTest: Readonly<Record<string, ProviderUnderTest>> = {
  'SMS API': {
    ...common,
    open: (baseUrl) => vonageProvider({ ...options, baseUrl, signatureSecret }),
    accepted: (messageId) => smsAnswer(part('0', messageId)),
    failures: [
      ...failuresOfSms.filter(({ name }) => ['1', '4', '5', '6', '7', '9', '15', '987'].includes(name)),
      { name: 'throttled as a 429', reply: { ...smsAnswer(part('1')), status: 429 }, kind: 'rate_limited' },
    ],
    readRequest: ({ body }) => {
      const { to, text } = JSON.parse(body);
      return { to: `+${to}`, text };
    },
    receipts: {
      ...common.receipts,
      signatureHeaders: [],
      signed: ({ messageId, reference, status, url, nowMs }) =>
        parametersSigned(
          {
            messageId,
            'client-ref': reference,
            status: { sent: 'accepted', delivered: 'delivered', failed: 'failed' }[status],
            'err-code': status === 'failed' ? '2' : '0',
            timestamp: String(Math.floor(nowMs / 1_000)),
          },
          { url: url.split('?')[0] ?? '', nowMs, secret: signatureSecret, method: 'sha256' },
        ),
    },
  },
  'Messages API': {
    ...common,
    open: (baseUrl) => vonageProvider({ ...options, api: 'messages', baseUrl, signatureSecret }),
    accepted: (messageId) => ({ status: 202, body: JSON.stringify({ message_uuid: messageId }) }),
    failures: failuresOfMessages.filter(({ name }) =>
      ['unauthorized', 'low-balance', '1000', '1030', '1120', '1170', '1240', '1320', '1330', '1999'].includes(name),
    ),
    readRequest: ({ body }) => {
      const { to, text } = JSON.parse(body);
      return { to: `+${to}`, text };
    },
    receipts: {
      ...common.receipts,
      signed: ({ messageId, reference, status, url, nowMs }) =>
        tokenSigned(
          JSON.stringify({
            message_uuid: messageId,
            client_ref: reference,
            status: { sent: 'submitted', delivered: 'delivered', failed: 'rejected' }[status],
            ...(status === 'failed' && { error: { type: 'x#1180', title: 1180 } }),
          }),
          { url, nowMs, secret: signatureSecret },
        ),
    },
  },
};

describe.each(Object.entries(underTest))('%s keeps the promises of a provider:', (_api, provider) => {
  test.each(providerConformance().map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run(provider));
});

test.each([
  ['SMS API', 'sms', failuresOfSms],
  ['Messages API', 'messages', failuresOfMessages],
] as const)('every code of the vendor’s %s is its kind', async (_name, api, failures) => {
  let asked = 0;
  const answer = (_request: Received, response: ServerResponse): void => {
    const { status, headers, body } = failures[asked++]!.reply;
    response.writeHead(status, headers).end(body);
  };
  const kinds = await withVendor(answer, async ({ url }) => {
    const provider = vonageProvider({ ...options, api, baseUrl: url });
    const came: [string, string][] = [];
    for (const { name } of failures) {
      const sending = provider.send(messageWith(), { signal: new AbortController().signal });
      came.push([
        name,
        await sending.then(
          () => 'accepted',
          (error: unknown) => (error as ProviderError).kind,
        ),
      ]);
    }
    return came;
  });
  expect(kinds).toEqual(failures.map(({ name, kind }) => [name, kind]));
});

test('a refusal by the Messages API is one, also where it bears an id', async () => {
  const refusal = problem(422, '1120');
  const answer = { ...refusal, body: JSON.stringify({ ...JSON.parse(refusal.body), message_uuid: 'id-1' }) };
  await withVendor(answer, async ({ url }) => {
    const sending = vonageProvider({ ...options, api: 'messages', baseUrl: url }).send(messageWith(), {
      signal: new AbortController().signal,
    });
    await expect(sending).rejects.toMatchObject({ kind: 'config' });
  });
});

/** What one send puts on the wire. */
async function requestOf(over: Partial<Message> = {}, of: Partial<VonageOptions> = {}): Promise<Received> {
  const answer = of.api === 'messages' ? '{"message_uuid":"id-1"}' : smsAnswer(part('0', 'id-1')).body;
  return withVendor({ status: 200, body: answer }, async ({ url, received }) => {
    const { signal } = new AbortController();
    await vonageProvider({ ...options, baseUrl: url, ...of }).send(messageWith(over), { signal });
    const [request, ...others] = received;
    if (!request || others.length > 0) throw new Error(`${received.length} requests`);
    return request;
  });
}

const fieldsOf = async (over?: Partial<Message>, of?: Partial<VonageOptions>) =>
  JSON.parse((await requestOf(over, of)).body);

describe('the same message by the vendor’s own SDK and by the provider is the same request:', () => {
  const shown = ({ method, url, headers, body }: Received) => ({
    method,
    path: new URL(url).pathname + new URL(url).search,
    authorization: headers.get('authorization'),
    contentType: headers.get('content-type'),
    body: JSON.parse(body),
  });
  const receiptUrl = () => `https://example.com/v1/receipts/vonage/token?ref=${messageWith().reference}`;
  const texts = { 'letters of GSM 03.38': 'Ihr Code: 493817 €', 'other letters': 'رمزك هو 493817 🔐' };

  test.each(Object.entries(texts))('SMS API, %s', async (_letters, text) => {
    const { to, reference, lifetimeSeconds } = messageWith();
    const bySdk = await withVendor(smsAnswer(part('0', 'id-1')), async ({ url, received }) => {
      const answer = await new Vonage(credentials, { restHost: url }).sms.send({
        from: '12025550100',
        to: to.slice(1),
        text,
        ...(text.includes('🔐') && { type: 'unicode' as never }),
        ttl: lifetimeSeconds * 1_000,
        clientRef: reference,
        callback: 'https://example.com/v1/receipts/vonage/token',
      });
      expect(answer.messages[0]).toMatchObject({ messageId: 'id-1' });
      return shown(received[0]!);
    });
    const byProvider = shown(await requestOf({ text, receiptUrl }, { from: '+12025550100' }));
    expect(byProvider).toEqual(bySdk);
    expect(bySdk).toMatchObject({
      method: 'POST',
      path: '/sms/json',
      authorization: expect.stringMatching(/^Basic /),
      body: { text },
    });
  });

  test.each(Object.entries(texts))('Messages API, %s', async (_letters, text) => {
    const { to, reference, lifetimeSeconds } = messageWith();
    const accepted = { status: 202, headers: { 'content-type': 'application/json' }, body: '{"message_uuid":"id-1"}' };
    const bySdk = await withVendor(accepted, async ({ url, received }) => {
      const { messageUUID } = await new Vonage(credentials, { apiHost: url }).messages.send({
        messageType: 'text',
        channel: 'sms',
        from: 'Example',
        to: to.slice(1),
        text,
        ttl: lifetimeSeconds,
        clientRef: reference,
        webhookUrl: receiptUrl(),
        webhookVersion: 'v1',
      });
      expect(messageUUID).toBe('id-1');
      return shown(received[0]!);
    });
    const byProvider = shown(await requestOf({ text, receiptUrl }, { api: 'messages' }));
    expect(byProvider).toEqual(bySdk);
    expect(bySdk).toMatchObject({
      method: 'POST',
      path: '/v1/messages',
      authorization: expect.stringMatching(/^Basic /),
      body: { text },
    });
  });
});

test('a base URL replaces the vendor’s address, with or without a slash at its end, and keeps its path', async () => {
  await withVendor(smsAnswer(part('0', 'id-1')), async ({ url, received }) => {
    for (const baseUrl of [`${url}/vonage`, `${url}/vonage/`]) {
      await vonageProvider({ ...options, baseUrl }).send(messageWith(), { signal: new AbortController().signal });
    }
    expect(received.map((request) => new URL(request.url).pathname)).toEqual(['/vonage/sms/json', '/vonage/sms/json']);
  });
});

test('a text is sent as Unicode only when GSM 03.38 has not all its letters', async () => {
  for (const text of ['493817 is your code.', 'Ihr Code für Müßiggänger: 493817', '^{}\\[~]|€ 493817']) {
    expect(await fieldsOf({ text })).not.toHaveProperty('type');
  }
  for (const text of ['код 493817', '493817 🔐', '493817 “code”', 'ế 493817']) {
    expect(await fieldsOf({ text })).toMatchObject({ type: 'unicode' });
  }
});

test('delivery is tried for as long as the code is good: milliseconds at one API, seconds at the other, within the vendor’s bounds', async () => {
  const lifetimes = [5, 20, 300, 599.5, 10_000_000];
  const ttls = async (api: 'sms' | 'messages') =>
    Promise.all(lifetimes.map(async (lifetimeSeconds) => (await fieldsOf({ lifetimeSeconds }, { api })).ttl));
  expect(await ttls('sms')).toEqual([20_000, 20_000, 300_000, 600_000, 604_800_000]);
  expect(await ttls('messages')).toEqual([20, 20, 300, 600, 604_800]);
});

describe('where the vendor may tell what became of a message:', () => {
  const { reference } = messageWith();
  const address = `https://example.com/${'a'.repeat(80)}`;

  test('at the SMS API the address goes without the reference, which goes beside it: 100 characters are all it takes', async () => {
    expect(address).toHaveLength(100);
    const fields = await fieldsOf({ receiptUrl: () => `${address}?ref=${reference}` });
    expect(fields).toMatchObject({ callback: address, 'client-ref': reference });
    const tooLong = await fieldsOf({ receiptUrl: () => `${address}a?ref=${reference}` });
    expect(tooLong).not.toHaveProperty('callback');
    expect(tooLong).toMatchObject({ 'client-ref': reference });
  });

  test('at the Messages API the whole address goes out, and the reference too', async () => {
    const receiptUrl = (name: string) => `${address}/${name}?ref=${reference}`;
    expect(await fieldsOf({ receiptUrl }, { api: 'messages', name: 'vonage-eu' })).toMatchObject({
      webhook_url: `${address}/vonage-eu?ref=${reference}`,
      webhook_version: 'v1',
      client_ref: reference,
    });
  });

  test.each(['sms', 'messages'] as const)('nowhere, then nothing is said of it: %s', async (api) => {
    const fields = await fieldsOf({ receiptUrl: () => null }, { api });
    for (const name of ['callback', 'webhook_url', 'webhook_version']) expect(fields).not.toHaveProperty(name);
  });

  test.each([
    ['sms', 'client-ref'],
    ['messages', 'client_ref'],
  ] as const)('a reference of more than 100 characters would be refused, and is left out: %s', async (api, name) => {
    expect(await fieldsOf({ reference: 'r'.repeat(100) }, { api })).toHaveProperty([name]);
    expect(await fieldsOf({ reference: 'r'.repeat(101) }, { api })).not.toHaveProperty([name]);
  });
});

describe('a text of several parts', () => {
  const sent = (...parts: object[]) =>
    withVendor(smsAnswer(...parts), async ({ url }) =>
      vonageProvider({ ...options, baseUrl: url }).send(messageWith(), { signal: new AbortController().signal }),
    );
  const kindOf = async (...parts: object[]) =>
    sent(...parts).then(
      () => 'accepted',
      (error: unknown) => (error as ProviderError).kind,
    );

  test('is accepted under the id of its first part', async () => {
    expect(await sent(part('0', 'id-1'), part('0', 'id-2'))).toEqual({ messageId: 'id-1' });
  });

  test('is accepted when its first part is, whatever became of the others: it is on its way', async () => {
    expect(await sent(part('0', 'id-1'), part('5'))).toEqual({ messageId: 'id-1' });
  });

  test('may arrive when any part was taken, or its answer cannot be read', async () => {
    expect(await kindOf(part('5'), part('0', 'id-2'))).toBe('ambiguous');
    expect(await kindOf(part('5'), {})).toBe('ambiguous');
    expect(await kindOf({}, part('4'))).toBe('unknown');
  });

  test('is refused only when all of it is', async () => {
    expect(await kindOf(part('1'), part('5'))).toBe('rate_limited');
  });
});

test('an error names the provider, the kind and the vendor’s code, and nothing that the vendor says', async () => {
  const errorAt = async (answer: VendorReply, of: Partial<VonageOptions> = {}): Promise<string> =>
    withVendor(answer, async ({ url }) => {
      const provider = vonageProvider({ ...options, baseUrl: url, name: 'vonage-eu', ...of });
      const sending = provider.send(messageWith(), { signal: new AbortController().signal });
      return sending.then(String, String);
    });
  expect(await errorAt(smsAnswer(part('4')))).toBe('ProviderError: vonage-eu: auth (status 4)');
  expect(await errorAt(smsAnswer(part('493817')))).toBe('ProviderError: vonage-eu: unknown (HTTP 200)');
  const messages = { api: 'messages' } as const;
  expect(await errorAt(problem(422, '1120'), messages)).toBe('ProviderError: vonage-eu: config (HTTP 422, 1120)');
  expect(await errorAt(problem(422, '4938'), messages)).toBe('ProviderError: vonage-eu: config (HTTP 422)');
  expect(await errorAt(problem(500, 'constructor'), messages)).toBe('ProviderError: vonage-eu: ambiguous (HTTP 500)');
});

test('every fault in the options is named at once, and no secret', () => {
  const wrong = { name: 'Vonage!', apiKey: 'key:5ecr3t', apiSecret: ' ', from: '', api: 'rcs', baseUrl: 'vonage' };
  const open = () => vonageProvider({ ...wrong, signatureSecret: '', timeoutMs: 0 } as never);
  expect(open).toThrow(ConfigurationError);
  const faults = (() => {
    try {
      open();
    } catch (error) {
      return (error as ConfigurationError).faults;
    }
  })();
  const options = ['name', 'apiKey', 'apiSecret', 'from', 'api', 'signatureSecret', 'baseUrl', 'timeoutMs'];
  expect(faults?.map((fault) => fault.split(' ')[1])).toEqual(options);
  expect(String(faults)).not.toContain('5ecr3t');
  expect(() => vonageProvider({} as never)).toThrow(ConfigurationError);
});

test('it goes by the name and the time-out that it is given', () => {
  expect(vonageProvider({ ...options, name: 'vonage-eu', timeoutMs: 1_500 })).toMatchObject({
    name: 'vonage-eu',
    timeoutMs: 1_500,
    channels: ['sms'],
  });
  expect(vonageProvider(options)).toMatchObject({ name: 'vonage' });
  expect(vonageProvider(options).timeoutMs).toBeUndefined();
});
