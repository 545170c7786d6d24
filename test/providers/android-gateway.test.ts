import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, ReceiptError } from '../../src/errors.ts';
import { androidGatewayProvider, type AndroidGatewayOptions } from '../../src/providers/android-gateway.ts';
import type { Message, ReceiptRequest } from '../../src/providers/provider.ts';
import {
  exampleReference,
  messageWith,
  receiptUrlOf,
  type ProviderUnderTest,
} from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Answer, type Received } from '../../src/testing/provider-cases/vendor.ts';
import { providerConformance } from '../../src/testing/provider-conformance.ts';

const username = 'sms-user';
const password = 'password-of-the-app';
const signingKey = 'signing-key-of-the-app';
const { signal } = new AbortController();

const json = (status: number, body: unknown) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const state = (id: string, word: string, error?: string) => ({
  id,
  deviceId: 'device',
  state: word,
  isHashed: false,
  isEncrypted: false,
  recipients: [{ phoneNumber: '+12025550143', state: word, error }],
  states: {},
});

/** As the app does it (docs.sms-gate.app/features/webhooks): hex of HMAC-SHA256 over the body and, behind it, the time. */
function signed(body: string | Uint8Array, { url, nowMs }: { url: string; nowMs: number }): ReceiptRequest {
  const seconds = String(Math.floor(nowMs / 1_000));
  const bytes = Buffer.from(body as string);
  const signature = createHmac('sha256', signingKey)
    .update(Buffer.concat([bytes, Buffer.from(seconds)]))
    .digest('hex');
  return {
    method: 'POST',
    url,
    headers: new Headers({ 'x-signature': signature, 'x-timestamp': seconds }),
    body: bytes,
    nowMs,
  };
}

const event = (name: string, payload: object) =>
  JSON.stringify({
    deviceId: 'device',
    event: name,
    id: 'event-1',
    payload: { phoneNumber: '+12025550143', simNumber: 1, ...payload },
    webhookId: 'hook-1',
  });

const underTest: ProviderUnderTest = {
  open: (baseUrl) => androidGatewayProvider({ baseUrl, username, password, signingKey }),
  credentials: [username, password, signingKey, `${username}:${password}`],
  accepted: (id) => json(202, state(id, 'Pending')),
  failures: [
    { name: 'a number that is none', reply: json(400, { message: 'invalid phone number' }), kind: 'invalid_number' },
    {
      name: 'a number that cannot be parsed',
      reply: json(400, { message: "can't parse phone number: it is not a number" }),
      kind: 'invalid_number',
    },
    { name: 'a landline', reply: json(400, { message: 'not mobile phone number' }), kind: 'not_sms_capable' },
    { name: 'numbers that are missing', reply: json(400, { message: 'phoneNumbers is empty' }), kind: 'config' },
    { name: 'a SIM that is none', reply: json(400, { message: 'simNumber must be >= 1' }), kind: 'config' },
    { name: 'no phone', reply: json(400, { message: 'no devices found' }), kind: 'config' },
    { name: 'a wrong password', reply: json(401, { message: 'Unauthorized' }), kind: 'auth' },
    { name: 'a scope that is missing', reply: json(403, { message: 'Forbidden' }), kind: 'auth' },
    { name: 'another path', reply: json(404, { message: 'Not Found' }), kind: 'config' },
    { name: 'too many', reply: json(429, { message: 'Too Many Requests' }), kind: 'rate_limited' },
    { name: 'an error of the server', reply: json(500, { message: 'failed to handle request' }), kind: 'ambiguous' },
    {
      name: 'an error of the server about a number',
      reply: json(500, { message: 'invalid phone number' }),
      kind: 'ambiguous',
    },
    { name: 'a queue that is full', reply: json(503, { message: 'queue limits exceeded' }), kind: 'temporary' },
    { name: 'taken and failed', reply: json(202, state('id-1', 'Failed')), kind: 'temporary' },
    {
      name: 'taken and failed for its number',
      reply: json(202, state('id-1', 'Failed', 'sendSMS: Invalid phone number')),
      kind: 'invalid_number',
    },
    {
      name: 'taken and failed for its SIM',
      reply: json(200, state('id-1', 'Failed', "Can't send message: No SIMs found")),
      kind: 'config',
    },
    { name: 'taken and canceled', reply: json(202, state('id-1', 'Cancelled')), kind: 'temporary' },
  ],
  readRequest({ body }) {
    const { phoneNumbers, textMessage } = JSON.parse(body) as { phoneNumbers: string[]; textMessage: { text: string } };
    return { to: phoneNumbers.join(), text: textMessage.text };
  },
  receipts: {
    oldestMs: 300_000,
    signsUrl: false,
    signed: ({ messageId, status, url, nowMs }) => signed(event(`sms:${status}`, { messageId }), { url, nowMs }),
    sign: (body, about) => signed(body, about),
  },
};

describe('it keeps the promises of a provider:', () => {
  for (const { name, run } of providerConformance()) test(name, () => run(underTest));
});

async function sent(
  options: Partial<AndroidGatewayOptions> = {},
  message: Partial<Message> = {},
  answer: Answer = json(202, state('id-1', 'Pending')),
) {
  return withVendor(answer, async (vendor) => {
    const provider = androidGatewayProvider({ baseUrl: vendor.url, username, password, ...options });
    const came = await provider.send(messageWith(message), { signal }).catch((error: unknown) => error);
    const request = vendor.received[0] as Received;
    return { came, request, body: JSON.parse(request.body) as Record<string, unknown> };
  });
}

describe('the request', () => {
  test('is the one of the API', async () => {
    const { request, body } = await sent();
    const { pathname, search } = new URL(request.url);
    expect([request.method, pathname, search]).toEqual(['POST', '/messages', '?skipPhoneValidation=true']);
    expect(request.headers.get('authorization')).toBe(
      `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    );
    expect(request.headers.get('content-type')).toBe('application/json');
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
      textMessage: { text: messageWith().text },
      phoneNumbers: ['+12025550143'],
      ttl: 300,
      priority: 100,
      withDeliveryReport: true,
    });
  });

  test('names the SIM that is to send', async () => {
    expect((await sent({ simNumber: 2 })).body).toMatchObject({ simNumber: 2 });
  });

  test('asks for no shorter life than the server takes', async () => {
    expect((await sent({}, { lifetimeSeconds: 2 })).body).toMatchObject({ ttl: 5 });
  });

  test('has an id that derives from the whole reference', async () => {
    const idOf = async (reference: string) => (await sent({}, { reference })).body['id'];
    const id = await idOf(exampleReference);
    expect(await idOf(exampleReference)).toBe(id);
    expect(await idOf(`${exampleReference.slice(0, -1)}2`)).not.toBe(id);
  });

  test('goes below whatever base there is', async () => {
    const { url } = await withVendor(json(202, state('id-1', 'Pending')), async (vendor) => {
      const provider = androidGatewayProvider({ baseUrl: `${vendor.url}/3rdparty/v1/`, username, password });
      await provider.send(messageWith(), { signal });
      return vendor.received[0] as Received;
    });
    expect(new URL(url).pathname).toBe('/3rdparty/v1/messages');
  });
});

test('a message that is there already counts as taken, under the same id', async () => {
  const { came, body } = await sent({}, {}, json(409, { message: 'duplicate id' }));
  expect(came).toEqual({ messageId: body['id'] });
});

describe('options that cannot work', () => {
  const faultsOf = (options: Partial<Record<keyof AndroidGatewayOptions, unknown>>): readonly string[] => {
    const valid = { baseUrl: 'http://192.168.1.20:8080', username, password };
    try {
      androidGatewayProvider({ ...valid, ...options } as AndroidGatewayOptions);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  test.each<[string, Partial<Record<keyof AndroidGatewayOptions, unknown>>]>([
    ['baseUrl', { baseUrl: undefined }],
    ['baseUrl', { baseUrl: '192.168.1.20:8080' }],
    ['baseUrl', { baseUrl: 'ftp://192.168.1.20' }],
    ['baseUrl', { baseUrl: 'http://user:password@192.168.1.20:8080' }],
    ['baseUrl', { baseUrl: 'http://192.168.1.20:8080/?a=1' }],
    ['username', { username: '' }],
    ['username', { username: 'a:b' }],
    ['username', { username: undefined }],
    ['password', { password: '' }],
    ['signingKey', { signingKey: '' }],
    ['simNumber', { simNumber: 0 }],
    ['simNumber', { simNumber: 4 }],
    ['simNumber', { simNumber: 1.5 }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('%s: %j', (name, options) => {
    const faults = faultsOf(options);
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([name]);
    expect(faults.join()).not.toContain(password);
  });

  test('are named all at once', () => {
    const options = { baseUrl: '', username: '', password: '', signingKey: '', simNumber: 9, timeoutMs: -1 };
    expect(faultsOf(options).map((fault) => fault.split(' ')[0])).toEqual(Object.keys(options));
  });
});

describe('a receipt', () => {
  const provider = androidGatewayProvider({ baseUrl: 'http://192.168.1.20:8080', username, password, signingKey });
  const about = { url: receiptUrlOf('android-gateway'), nowMs: 1_700_000_000_000 };
  const read = (body: string) => provider.receipts?.(signed(body, about));

  test('names its message by the id alone: the address is the same for all', async () => {
    expect(await read(event('sms:delivered', { messageId: 'id-1' }))).toEqual([
      { messageId: 'id-1', reference: null, status: 'delivered', errorKind: null },
    ]);
    expect(provider.returnsReference).toBe(false);
  });

  test.each(['sms:received', 'sms:data-received', 'mms:received', 'system:ping', 'constructor'])(
    'of %s says nothing',
    async (name) => {
      expect(await read(event(name, { messageId: 'id-1' }))).toEqual([]);
    },
  );

  test.each([
    ['TTL expired', 'temporary'],
    ['Send result: RESULT_ERROR_NO_SERVICE (Failed because service is currently unavailable)', 'temporary'],
    ['Send result: RESULT_RIL_MODEM_ERR (The vendor RIL received an unexpected or incorrect response)', 'temporary'],
    ['Send result: RESULT_ERROR_LIMIT_EXCEEDED (Failed because we reached the sending queue limit)', 'rate_limited'],
    [
      'Send result: RESULT_RIL_REQUEST_RATE_LIMITED (The radio denied the operation due to overly-frequent requests)',
      'rate_limited',
    ],
    ['Send result: RESULT_NO_DEFAULT_SMS_APP', 'config'],
    ["Can't send message: No SIMs found", 'config'],
    ["Can't send message: SIM 2 not found", 'config'],
    ['Send result: RESULT_ERROR_SHORT_CODE_NEVER_ALLOWED', 'blocked_destination'],
    ['sendSMS: Invalid phone number', 'invalid_number'],
    ['Send result: RESULT_ERROR_GENERIC_FAILURE (Generic failure cause)', null],
    ['Delivery result from SC +12025550100: 70', null],
    [undefined, null],
  ])('of a failure says why, as far as it is known: %s', async (reason, errorKind) => {
    expect(await read(event('sms:failed', { messageId: 'id-1', reason }))).toMatchObject([
      { status: 'failed', errorKind },
    ]);
  });

  test.each([
    ['of no message', event('sms:sent', {})],
    ['without a payload', JSON.stringify({ event: 'sms:sent' })],
    ['that is no object', '["sms:sent"]'],
  ])('%s is refused', async (_name, body) => {
    await expect(read(body)).rejects.toThrow(ReceiptError);
  });

  test('at another time than was signed is refused', async () => {
    const request = signed(event('sms:sent', { messageId: 'id-1' }), about);
    request.headers.set('x-timestamp', String(about.nowMs / 1_000 + 1));
    await expect(provider.receipts?.(request)).rejects.toThrow('X-Signature');
  });

  test('without a signing key there are none, and no ids are remembered for them', () => {
    const without = androidGatewayProvider({ baseUrl: 'http://192.168.1.20:8080', username, password });
    expect(without.receipts).toBeUndefined();
    expect(without.returnsReference).toBeUndefined();
  });
});
