import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import twilio from 'twilio';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError, ReceiptError, type ProviderErrorKind } from '../../src/errors.ts';
import type { Message, ReceiptRequest } from '../../src/providers/provider.ts';
import { twilioProvider, type TwilioOptions } from '../../src/providers/twilio.ts';
import { providerConformance, type ProviderUnderTest, type VendorReply } from '../../src/testing/index.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const apiKey = `SK${'fedcba9876543210'.repeat(2)}`;
const messagingServiceSid = `MG${'00112233445566ff'.repeat(2)}`;
const authToken = 'c9e1f0a2b3d4958677685940312f1e2d';
const apiSecret = 'lHcR5uS0pQ7xW2zK9mN4vB6tY8jD1fGe';
const from = '+15005550006';

const message: Message = {
  to: '+12025550143',
  country: 'US',
  text: 'Grüße & 493817 🔐 + "x"\n\n@example.com #493817',
  code: '493817',
  channel: 'sms',
  locale: 'de',
  lifetimeSeconds: 600,
  reference: `v1${'a'.repeat(56)}.1`,
  receiptUrl: (name) => `https://verify.example.com/v1/receipts/${name}/token?ref=v1${'a'.repeat(56)}.1`,
  earlier: [],
};
const { signal } = new AbortController();

const json = (status: number, body: object): VendorReply => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: JSON.stringify(body),
});

/** As Twilio writes a message that it has taken. */
const taken = (sid: string, over: object = {}): VendorReply =>
  json(201, {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: 'Your code',
    date_created: 'Thu, 24 Aug 2023 05:01:45 +0000',
    date_sent: null,
    date_updated: 'Thu, 24 Aug 2023 05:01:45 +0000',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from,
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: null,
    sid,
    status: 'queued',
    subresource_uris: { media: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}/Media.json` },
    to: '+12025550143',
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`,
    ...over,
  });

const refused = (status: number, code: number): VendorReply =>
  json(status, { code, message: 'No', more_info: `https://www.twilio.com/docs/errors/${code}`, status });

/** Codes of a refusal, by what they mean. */
const refusals: readonly (readonly [status: number, code: number, kind: ProviderErrorKind])[] = [
  [400, 21211, 'invalid_number'],
  [400, 21265, 'not_sms_capable'],
  [400, 21614, 'not_sms_capable'],
  [400, 21635, 'not_sms_capable'],
  [400, 21610, 'opted_out'],
  [400, 21408, 'blocked_destination'],
  [400, 21212, 'config'],
  [400, 21266, 'config'],
  [400, 21603, 'config'],
  [400, 21606, 'config'],
  [400, 21607, 'config'],
  [400, 21608, 'config'],
  [400, 21609, 'config'],
  [400, 21612, 'config'],
  [400, 21617, 'config'],
  [400, 21624, 'config'],
  [400, 21659, 'config'],
  [400, 21660, 'config'],
  [400, 21661, 'config'],
  [400, 21703, 'config'],
  [400, 90007, 'config'],
  [400, 21611, 'rate_limited'],
  [429, 20429, 'rate_limited'],
  [401, 20003, 'auth'],
  [403, 20403, 'auth'],
  [403, 20005, 'funds'],
  [404, 20404, 'config'],
  [500, 20500, 'ambiguous'],
  [503, 20503, 'temporary'],
  [503, 21730, 'temporary'],
  [400, 29999, 'config'],
];

/** Codes of a message that was taken and failed, at once or later. */
const failures: readonly (readonly [code: number, kind: ProviderErrorKind])[] = [
  [30001, 'rate_limited'],
  [30002, 'funds'],
  [30003, 'temporary'],
  [30004, 'blocked_destination'],
  [30005, 'invalid_number'],
  [30006, 'not_sms_capable'],
  [30007, 'filtered'],
  [30008, 'temporary'],
  [30022, 'rate_limited'],
  [30032, 'config'],
  [30034, 'config'],
  [30036, 'temporary'],
  [30450, 'blocked_destination'],
  [30453, 'blocked_destination'],
  [30500, 'temporary'],
  [39999, 'unknown'],
];

/** Signs as Twilio's own SDK does. */
function sign(body: Uint8Array, { url, nowMs }: { url: string; nowMs: number }, token = authToken): ReceiptRequest {
  const form = new URLSearchParams(Buffer.from(body).toString());
  const params = Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name)]));
  const headers = new Headers({
    'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'user-agent': 'TwilioProxy/1.1',
    'x-twilio-signature': twilio.getExpectedTwilioSignature(token, url, params),
  });
  return { method: 'POST', url, headers, body, nowMs };
}

const formOf = (params: Record<string, string>): Uint8Array => Buffer.from(new URLSearchParams(params).toString());

const receiptOf = (sid: string, status: string, over: Record<string, string> = {}): Uint8Array =>
  formOf({
    SmsSid: sid,
    SmsStatus: status,
    MessageStatus: status,
    To: '+12025550143',
    MessageSid: sid,
    AccountSid: accountSid,
    From: from,
    ApiVersion: '2010-04-01',
    ...over,
  });

const withAuthToken: ProviderUnderTest = {
  open: (baseUrl) => twilioProvider({ accountSid, authToken, from, baseUrl }),
  credentials: [authToken],
  accepted: (sid) => taken(sid),
  failures: [
    ...refusals.map(([status, code, kind]) => ({ name: `${code}`, reply: refused(status, code), kind })),
    ...failures.map(([code, kind]) => ({
      name: `${code} in a 2xx answer`,
      reply: taken('SM1', { status: 'failed', error_code: code }),
      kind,
    })),
    { name: 'failed without a code', reply: taken('SM1', { status: 'failed' }), kind: 'unknown' },
    { name: 'undelivered', reply: taken('SM1', { status: 'undelivered', error_code: 30005 }), kind: 'invalid_number' },
  ],
  readRequest({ body }) {
    const form = new URLSearchParams(body);
    return { to: form.get('To') ?? '', text: form.get('Body') };
  },
  receipts: {
    signed: ({ messageId, status, url, nowMs }) =>
      sign(receiptOf(messageId, status, status === 'failed' ? { ErrorCode: '30008' } : {}), { url, nowMs }),
    sign,
    oldestMs: null,
    signsUrl: true,
  },
};

const { receipts: _, ...withoutReceipts } = withAuthToken;
const withApiKey: ProviderUnderTest = {
  ...withoutReceipts,
  open: (baseUrl) => twilioProvider({ accountSid, apiKey, apiSecret, messagingServiceSid, baseUrl }),
  credentials: [apiSecret, apiKey],
};

describe('keeps every promise of a provider', () => {
  test.each(providerConformance())('with the auth token: $name', async ({ run }) => run(withAuthToken));
  test.each(providerConformance())('with an API key: $name', async ({ run }) => run(withApiKey));
});

describe('a request', () => {
  const recorded: { method: string; path: string; params: string[]; authorization: string; type: string }[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const params = [...new URLSearchParams(await text(incoming))]
        .map(([name, value]) => `${name}=${value}`)
        .toSorted();
      const { method = '', url: path = '', headers } = incoming;
      const { authorization = '', 'content-type': type = '' } = headers;
      recorded.push({ method, path, params, authorization, type });
      const { status, body } = taken('SM00000000000000000000000000000001');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    })();
  });
  let baseUrl = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    recorded.length = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Twilio's own client, which does not know that Twilio is elsewhere. */
  const redirected = (): InstanceType<typeof twilio.RequestClient> => {
    const client = new twilio.RequestClient();
    const request = client.request.bind(client);
    client.request = async (options) =>
      request({ ...options, uri: options.uri.replace('https://api.twilio.com', baseUrl) });
    return client;
  };

  const ways: readonly (readonly [string, TwilioOptions, [string, string, { accountSid?: string }]])[] = [
    ['the auth token and a number', { accountSid, authToken, from }, [accountSid, authToken, {}]],
    [
      'an API key and a service',
      { accountSid, apiKey, apiSecret, messagingServiceSid },
      [apiKey, apiSecret, { accountSid }],
    ],
    [
      'an API key, a number and a service',
      { accountSid, authToken, apiKey, apiSecret, from, messagingServiceSid },
      [apiKey, apiSecret, { accountSid }],
    ],
  ];
  test.each(ways)("with %s is the same as that of Twilio's own SDK", async (_name, options, [user, password, rest]) => {
    const sdk = twilio(user, password, { ...rest, httpClient: redirected() });
    const { sid } = await sdk.messages.create({
      to: message.to,
      body: message.text,
      statusCallback: message.receiptUrl('twilio') ?? '',
      validityPeriod: message.lifetimeSeconds,
      ...(options.from !== undefined && { from: options.from }),
      ...(options.messagingServiceSid !== undefined && { messagingServiceSid: options.messagingServiceSid }),
    });
    const { messageId } = await twilioProvider({ ...options, baseUrl }).send(message, { signal });
    expect(messageId).toBe(sid);
    const [theirs, ours] = recorded;
    expect(recorded).toHaveLength(2);
    expect(ours).toEqual(theirs);
    expect(ours?.params).toContain(`Body=${message.text}`);
  });

  const sent = async (over: Partial<Message>, options: Partial<TwilioOptions> = {}): Promise<string[]> => {
    await twilioProvider({ accountSid, authToken, from, baseUrl, ...options }).send(
      { ...message, ...over },
      { signal },
    );
    return recorded.at(-1)?.params ?? [];
  };

  test.each([
    [0, 1],
    [1, 1],
    [299.9, 299],
    [36_000, 36_000],
    [86_400, 36_000],
  ])('with %d seconds left asks for a delivery within %d', async (lifetimeSeconds, seconds) => {
    expect(await sent({ lifetimeSeconds })).toContain(`ValidityPeriod=${seconds}`);
  });

  test('says where receipts go, or nothing of them', async () => {
    const names = (params: string[]): string[] => params.map((param) => param.slice(0, param.indexOf('=')));
    expect(names(await sent({}))).toEqual(['Body', 'From', 'StatusCallback', 'To', 'ValidityPeriod']);
    expect(names(await sent({ receiptUrl: () => null }))).toEqual(['Body', 'From', 'To', 'ValidityPeriod']);
    const other = await sent({}, { name: 'twilio-eu' });
    expect(other).toContain(`StatusCallback=${message.receiptUrl('twilio-eu')}`);
  });

  test('goes below a base address that ends with a slash or a path', async () => {
    await sent({}, { baseUrl: `${baseUrl}/twilio/` });
    expect(recorded.at(-1)?.path).toBe(`/twilio/2010-04-01/Accounts/${accountSid}/Messages.json`);
  });
});

describe('a receipt', () => {
  const url = 'https://verify.example.com/v1/receipts/twilio/token?ref=reference-1';
  const read = async (request: ReceiptRequest, token = authToken) =>
    twilioProvider({ accountSid, authToken: token, from }).receipts?.(request);
  const refuses = async (request: ReceiptRequest, token = authToken): Promise<void> => {
    await expect(read(request, token)).rejects.toThrow(ReceiptError);
  };
  const signedBy = (signature: string, address: string, body: Uint8Array): ReceiptRequest => ({
    method: 'POST',
    url: address,
    headers: new Headers({ 'x-twilio-signature': signature }),
    body,
    nowMs: 0,
  });

  test('has the signature that Twilio documents: a call', async () => {
    const params = formOf({
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    });
    const at = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    // Rightly signed, and no receipt of a message.
    await expect(read(signedBy('RSOYDt4T1cUTdK1PDd93/VVr8B8=', at, params), '12345')).rejects.toThrow(/MessageSid/);
    await expect(read(signedBy('RSOYDt4T1cUTdK1PDd93/VVr8B9=', at, params), '12345')).rejects.toThrow(/signature/);
  });

  test('has the signature that Twilio documents: a status', async () => {
    const sid = 'SM00000000000000000000000000000001';
    const params = formOf({
      SmsSid: sid,
      MessageSid: sid,
      SmsStatus: 'delivered',
      MessageStatus: 'delivered',
      To: '+15017122661',
      AccountSid: 'AC00000000000000000000000000000000',
      From: '+15005550006',
      ApiVersion: '2010-04-01',
    });
    const request = signedBy('JuYzDQ7zi0uU9aS+LbMTGGSpYgQ=', 'http://localhost:3000/status', params);
    expect(await read(request, '12345')).toEqual([
      { messageId: sid, reference: null, status: 'delivered', errorKind: null },
    ]);
    await refuses(request, '12346');
  });

  test('has the signature that Twilio documents: JSON, signed by its hash', async () => {
    const at = 'https://example.com/hook?bodySHA256=b713f6d2a989e907c58516a7c8bb487792c8785ddbf367b80dc774bf33b85a85';
    const signature = 'o3zeyFh9CjQwPbtE/Kl4EZnmy7A=';
    await expect(read(signedBy(signature, at, Buffer.from('[{"a":1}]')), '12345')).rejects.toThrow(/MessageSid/);
    await expect(read(signedBy(signature, at, Buffer.from('[{"a":2}]')), '12345')).rejects.toThrow(/bodySHA256/);
  });

  test('in JSON is read once its hash and the address are right', async () => {
    const body = Buffer.from(JSON.stringify({ MessageSid: 'SM1', MessageStatus: 'delivered' }));
    const hash = createHash('sha256').update(body).digest('hex');
    const at = `${url}&bodySHA256=${hash}`;
    const request = signedBy(twilio.getExpectedTwilioSignature(authToken, at, {}), at, body);
    expect(await read(request)).toEqual([
      { messageId: 'SM1', reference: 'reference-1', status: 'delivered', errorKind: null },
    ]);
    await refuses({ ...request, body: Buffer.from(JSON.stringify({ MessageSid: 'SM2', MessageStatus: 'delivered' })) });
    await refuses({ ...request, url: `${url}&bodySHA256=${'0'.repeat(64)}` });
    // A form whose address is signed alone would say anything.
    await refuses({ ...request, url, body: receiptOf('SM1', 'delivered') });
  });

  test.each([
    ['https://example.com/r?ref=1', 'https://example.com:443/r?ref=1'],
    ['http://example.com/r?ref=1', 'http://example.com:80/r?ref=1'],
    ['https://example.com:8443/r?ref=1', 'https://example.com/r?ref=1'],
    ['https://[2001:db8::1]:8443/r?ref=1', 'https://[2001:db8::1]/r?ref=1'],
    ['https://[2001:db8::1]/r?ref=1', 'https://[2001:db8::1]:443/r?ref=1'],
  ])('that came to %s may have been signed for %s, as in the SDK', async (came, signed) => {
    const body = receiptOf('SM1', 'sent');
    const request = sign(body, { url: signed, nowMs: 0 });
    expect(await read({ ...request, url: came })).toHaveLength(1);
    const params = Object.fromEntries(new URLSearchParams(Buffer.from(body).toString()));
    expect(twilio.validateRequest(authToken, request.headers.get('x-twilio-signature') ?? '', came, params)).toBe(true);
  });

  test('that was signed for another host, port or scheme is refused', async () => {
    const request = sign(receiptOf('SM1', 'sent'), { url, nowMs: 0 });
    for (const [part, other] of [
      ['https:', 'http:'],
      ['verify.example.com', 'verify.example.org'],
      ['reference-1', 'reference-2'],
    ] as const) {
      await refuses({ ...request, url: url.replace(part, other) });
    }
    await refuses({
      ...sign(receiptOf('SM1', 'sent'), { url: 'https://example.com:8443/r', nowMs: 0 }),
      url: 'https://example.com/r',
    });
  });

  test('with a parameter several times is signed over each value once, as in the SDK', async () => {
    const body = Buffer.from(`${Buffer.from(receiptOf('SM1', 'sent')).toString()}&Tag=b&Tag=a&Tag=b`);
    expect(await read(sign(body, { url, nowMs: 0 }))).toHaveLength(1);
  });

  test.each([
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['failed', 'failed'],
    ['undelivered', 'failed'],
    ['canceled', 'failed'],
  ])('of %s says %s', async (said, status) => {
    const receipts = await read(sign(receiptOf('SM1', said), { url, nowMs: 0 }));
    expect(receipts).toEqual([{ messageId: 'SM1', reference: 'reference-1', status, errorKind: null }]);
  });

  test.each([
    'accepted',
    'queued',
    'sending',
    'scheduled',
    'receiving',
    'received',
    'partially_delivered',
    'constructor',
    '',
  ])('of "%s" says nothing', async (said) => {
    expect(await read(sign(receiptOf('SM1', said), { url, nowMs: 0 }))).toEqual([]);
  });

  test.each(failures)('of a failure with code %d says that it is %s', async (code, errorKind) => {
    const body = receiptOf('SM1', 'undelivered', { ErrorCode: String(code), RawDlrDoneDate: '2303222338' });
    expect(await read(sign(body, { url, nowMs: 0 }))).toMatchObject([{ status: 'failed', errorKind }]);
  });

  test('is not read without the auth token, which is what Twilio signs with', () => {
    expect(twilioProvider({ accountSid, apiKey, apiSecret, from }).receipts).toBeUndefined();
    expect(twilioProvider({ accountSid, authToken, apiKey, apiSecret, from }).receipts).toBeDefined();
  });
});

describe('settings', () => {
  const faultsOf = (options: Partial<TwilioOptions>): readonly string[] => {
    try {
      twilioProvider(options as TwilioOptions);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.faults.map((fault) => fault.split(' ')[0] ?? '');
    }
  };

  test('that are missing are named at once', () => {
    expect(faultsOf({})).toEqual(['accountSid', 'authToken', 'from']);
  });

  const right = { accountSid, authToken, from };
  test.each<[Partial<TwilioOptions>, string[]]>([
    [{}, []],
    [{ from: 'Example Co' }, []],
    [{ from: '12345' }, []],
    [{ from: undefined, messagingServiceSid }, []],
    [{ authToken: undefined, apiKey, apiSecret }, []],
    [{ accountSid: 'project-1', baseUrl: 'https://example.com/api' }, []],
    [{ accountSid: 'project-1' }, ['accountSid']],
    [{ accountSid: `${accountSid}/../x` }, ['accountSid']],
    [{ accountSid: 'a/b', baseUrl: 'https://example.com' }, ['accountSid']],
    [{ authToken: '' }, ['authToken']],
    [{ apiKey }, ['apiKey']],
    [{ apiSecret }, ['apiKey']],
    [{ apiKey: 'key', apiSecret }, ['apiKey']],
    [{ from: 'A sender that is too long' }, ['from']],
    [{ from: '' }, ['from']],
    [{ messagingServiceSid: 'XX' }, ['messagingServiceSid']],
    [{ baseUrl: 'api.twilio.com' }, ['baseUrl']],
    [{ baseUrl: 'https://user:pass@example.com' }, ['baseUrl']],
    [{ timeoutMs: 0 }, ['timeoutMs']],
    [{ timeoutMs: Number.NaN }, ['timeoutMs']],
  ])('%j have the faults %j', (options, faults) => {
    expect(faultsOf({ ...right, ...options })).toEqual(faults);
  });

  test('that are wrong are not repeated', () => {
    const secret = 'not-a-secret-to-be-shown';
    const wrong = { accountSid: secret, apiKey: secret, apiSecret: '', from: secret, baseUrl: `https://${secret}@x` };
    expect(() => twilioProvider(wrong)).toThrow(ConfigurationError);
    expect(() => twilioProvider(wrong)).not.toThrow(secret);
  });
});
