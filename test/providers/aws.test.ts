import { createHash, createHmac } from 'node:crypto';
import {
  AccessDeniedExceptionReason,
  ConflictExceptionReason,
  EventType,
  PinpointSMSVoiceV2Client,
  SendNotifyTextMessageCommand,
  SendTextMessageCommand,
  ServiceQuotaExceededExceptionReason,
  ValidationExceptionReason,
  type SendNotifyTextMessageCommandInput,
  type SendTextMessageCommandInput,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError, ProviderError, ReceiptError, type ProviderErrorKind } from '../../src/errors.ts';
import { awsProvider, type AwsOptions } from '../../src/providers/aws.ts';
import type { Message, Provider, Receipt, ReceiptRequest } from '../../src/providers/provider.ts';
import { exampleCode, exampleReference, messageWith } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Received } from '../../src/testing/provider-cases/vendor.ts';
import {
  providerConformance,
  type ProviderUnderTest,
  type VendorReply,
} from '../../src/testing/provider-conformance.ts';
import {
  certificatePath,
  eventWith,
  snsRequest,
  snsStandIn,
  subscribeUrl,
  topicArn,
  type SnsFields,
  type SnsStandIn,
} from './sns-stand-in.ts';

const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//SESSION==',
};
const nowMs = Date.parse('2026-11-23T12:00:00.250Z');
const hour = 3_600_000;

let sns: SnsStandIn;
beforeAll(async () => {
  sns = await snsStandIn();
});
afterAll(async () => sns.close());
beforeEach(() => {
  sns.asked.length = 0;
  sns.answer = null;
});
afterEach(() => {
  vi.useRealTimers();
});

function open(over: Partial<AwsOptions> = {}): Provider {
  return awsProvider({ region: 'us-east-1', ...keys, topicArns: [topicArn], snsBaseUrl: sns.url, ...over });
}

/** What the vendor gets when a message is sent by this provider, and how that ends. */
async function sent(
  options: Partial<AwsOptions>,
  message: Partial<Message> = {},
  answer: VendorReply = accepted('m-1'),
) {
  return withVendor(answer, async (vendor) => {
    const provider = open({ baseUrl: vendor.url, ...options });
    const { signal } = new AbortController();
    const came = await provider.send(messageWith(message), { signal }).catch((error: unknown) => error);
    return { came, request: vendor.received[0], requests: vendor.received.length };
  });
}

const bodyOf = (request: Received | undefined): Record<string, unknown> => JSON.parse(request?.body ?? 'null');

function accepted(messageId: string): VendorReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ MessageId: messageId }),
  };
}

function refused(
  type: string,
  content: object = {},
  status = type === 'InternalServerException' ? 500 : 400,
): VendorReply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ __type: `com.amazonaws.pinpointsmsvoicev2#${type}`, Message: 'refused', ...content }),
  };
}

/** Where a reason is not as its exception is by itself. */
const special: Readonly<Record<string, ProviderErrorKind>> = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: 'opted_out',
  DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE: 'blocked_destination',
  DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION: 'blocked_destination',
  DESTINATION_COUNTRY_BLOCKED: 'blocked_destination',
  DAILY_NOTIFY_TIER_MESSAGE_LIMIT: 'funds',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_MEDIA: 'funds',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY: 'funds',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS: 'funds',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT: 'funds',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE: 'funds',
};
/** As the SDK lists them. */
const documented: readonly (readonly [string, ProviderErrorKind, readonly string[]])[] = [
  ['AccessDeniedException', 'auth', Object.values(AccessDeniedExceptionReason)],
  ['ConflictException', 'config', Object.values(ConflictExceptionReason)],
  ['InternalServerException', 'ambiguous', []],
  ['ResourceNotFoundException', 'config', []],
  ['ServiceQuotaExceededException', 'config', Object.values(ServiceQuotaExceededExceptionReason)],
  ['ThrottlingException', 'rate_limited', []],
  ['ValidationException', 'config', Object.values(ValidationExceptionReason)],
  ...['ExpiredTokenException', 'IncompleteSignature', 'InvalidSignatureException', 'UnrecognizedClientException'].map(
    (type) => [type, 'auth', []] as const,
  ),
];

const underTest: ProviderUnderTest = {
  open: (baseUrl) => open({ baseUrl, originationIdentity: '+12065550152', configurationSet: 'codes' }),
  credentials: Object.values(keys),
  accepted,
  failures: [
    ...documented.flatMap(([type, kind, reasons]) => [
      { name: type, reply: refused(type), kind },
      ...reasons.map((reason) => ({
        name: `${type} ${reason}`,
        reply: refused(type, { Reason: reason }),
        kind: special[reason] ?? kind,
      })),
    ]),
    {
      name: 'the number breaks the rules of its field',
      reply: refused('ValidationException', {
        Reason: 'FIELD_VALIDATION_FAILED',
        Fields: [{ Name: 'DestinationPhoneNumber', Message: 'no number' }],
      }),
      kind: 'invalid_number',
    },
    {
      name: 'another field breaks its rules',
      reply: refused('ValidationException', {
        Reason: 'FIELD_VALIDATION_FAILED',
        Fields: [{ Name: 'OriginationIdentity', Message: 'no identity' }],
      }),
      kind: 'config',
    },
    {
      name: 'a reason counts for more than the field it is about',
      reply: refused('ValidationException', {
        Reason: 'COUNTRY_NOT_ENABLED',
        Fields: [{ Name: 'DestinationPhoneNumber', Message: 'not here' }],
      }),
      kind: 'config',
    },
    {
      name: 'the exception in the header',
      reply: {
        status: 400,
        headers: {
          'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.availability/',
        },
        body: '{"message":"Rate exceeded"}',
      },
      kind: 'rate_limited',
    },
  ],
  readRequest({ body }) {
    const { DestinationPhoneNumber, MessageBody } = JSON.parse(body);
    return { to: DestinationPhoneNumber, text: MessageBody };
  },
  receipts: {
    signed: ({ messageId, status, nowMs: atMs }) =>
      snsRequest('Notification', {
        nowMs: atMs,
        fields: {
          Message: {
            sent: eventWith({ messageId, eventType: 'TEXT_SENT', isFinal: false }),
            delivered: eventWith({ messageId }),
            failed: eventWith({ messageId, eventType: 'TEXT_CARRIER_BLOCKED' }),
          }[status],
        },
      }),
    sign: (body, about) =>
      snsRequest('Notification', { nowMs: about.nowMs, fields: { Message: new TextDecoder().decode(body) } }),
    oldestMs: hour,
    signsUrl: false,
    signatureHeaders: [],
  },
};

describe('keeps the promises of a provider:', () => {
  for (const { name, run } of providerConformance()) test(name, async () => run(underTest));
});

describe('by Notify keeps the promises of a provider:', () => {
  const { receipts: _receipts, ...sending } = underTest;
  const byNotify: ProviderUnderTest = {
    ...sending,
    open: (baseUrl) => open({ baseUrl, notifyConfiguration: 'nc-1234567890abcdef0', topicArns: [] }),
    failures: documented.map(([type, kind]) => ({ name: type, reply: refused(type), kind })),
    accepted: (messageId) => ({
      ...accepted(messageId),
      body: JSON.stringify({
        MessageId: messageId,
        TemplateId: 'nt-1',
        ResolvedMessageBody: `Your code is ${exampleCode}.`,
      }),
    }),
    readRequest: ({ body }) => ({ to: JSON.parse(body).DestinationPhoneNumber, text: null }),
  };
  for (const { name, run } of providerConformance()) test(name, async () => run(byNotify));
});

/** Signature Version 4 once more, from its documentation: the signature that a request must bear. */
function signatureOf({ url, headers, body }: Received, secretAccessKey: string): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const { scope, signedHeaders } = authorizationOf(headers);
  const [date = '', region = '', service = '', end = ''] = scope;
  const lines = signedHeaders.map((name) => `${name}:${(headers.get(name) ?? '').trim()}\n`);
  const canonical = ['POST', new URL(url).pathname, '', lines.join(''), signedHeaders.join(';'), hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers.get('x-amz-date') ?? '', scope.join('/'), hash(canonical)].join('\n');
  const key = [region, service, end].reduce(hmac, hmac(`AWS4${secretAccessKey}`, date));
  return hmac(key, text).toString('hex');
}

function authorizationOf(headers: Headers) {
  const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/;
  const [, accessKeyId, scope = '', signedHeaders = '', signature] =
    form.exec(headers.get('authorization') ?? '') ?? [];
  return { accessKeyId, scope: scope.split('/'), signedHeaders: signedHeaders.split(';'), signature };
}

describe("sends what AWS's own SDK sends:", () => {
  const { to, text, code, reference } = messageWith();
  const shared = { DestinationPhoneNumber: to, TimeToLive: 300, Context: { phoneproof: reference } };
  const ways: readonly (readonly [
    string,
    Partial<AwsOptions>,
    Partial<Message>,
    SendTextMessageCommandInput | SendNotifyTextMessageCommandInput,
  ])[] = [
    ['the least', {}, {}, { ...shared, MessageBody: text, MessageType: 'TRANSACTIONAL' }],
    [
      'all that can be set',
      { originationIdentity: 'pool-1', configurationSet: 'codes', entityId: '1101000000', templateId: '1107000000' },
      { country: 'IN' },
      {
        ...shared,
        MessageBody: text,
        MessageType: 'TRANSACTIONAL',
        OriginationIdentity: 'pool-1',
        ConfigurationSetName: 'codes',
        DestinationCountryParameters: { IN_ENTITY_ID: '1101000000', IN_TEMPLATE_ID: '1107000000' },
      },
    ],
    [
      'Notify',
      { notifyConfiguration: 'nc-1', notifyTemplate: 'nt-1', configurationSet: 'codes' },
      {},
      {
        ...shared,
        NotifyConfigurationId: 'nc-1',
        TemplateId: 'nt-1',
        TemplateVariables: { code },
        ConfigurationSetName: 'codes',
      },
    ],
  ];

  test.each(ways)('%s', async (_what, options, message, input) => {
    vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
    // Emulators and proxies are below a path.
    await withVendor(accepted('m-1'), async (vendor) => {
      const client = new PinpointSMSVoiceV2Client({
        region: 'us-east-1',
        endpoint: `${vendor.url}/aws`,
        credentials: keys,
        maxAttempts: 1,
      });
      const answered =
        'MessageBody' in input
          ? await client.send(new SendTextMessageCommand(input))
          : await client.send(new SendNotifyTextMessageCommand(input as SendNotifyTextMessageCommandInput));
      client.destroy();
      const provider = open({ baseUrl: `${vendor.url}/aws`, ...options });
      const came = await provider.send(messageWith(message), { signal: new AbortController().signal });
      expect(came.messageId).toBe(answered.MessageId);

      const [theirs, ours, ...others] = vendor.received;
      if (!theirs || !ours) throw new Error('Both were to send.');
      expect(others).toEqual([]);
      expect(ours.url).toBe(theirs.url);
      expect(JSON.parse(ours.body)).toEqual(JSON.parse(theirs.body));
      for (const name of ['content-type', 'x-amz-target', 'x-amz-date', 'x-amz-security-token', 'host']) {
        expect(ours.headers.get(name), name).toBe(theirs.headers.get(name));
      }
      const [their, our] = [theirs, ours].map(({ headers }) => authorizationOf(headers));
      expect(our?.accessKeyId).toBe(keys.accessKeyId);
      expect(our?.scope).toEqual(['20261123', 'us-east-1', 'sms-voice', 'aws4_request']);
      expect(our?.scope).toEqual(their?.scope);
      expect(their?.signedHeaders).toEqual(expect.arrayContaining(our?.signedHeaders ?? ['none']));
      expect(our?.signedHeaders).toEqual(
        expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
      );
      expect(their?.signature).toBe(signatureOf(theirs, keys.secretAccessKey));
      expect(our?.signature).toBe(signatureOf(ours, keys.secretAccessKey));
    });
  });
});

describe('a message', () => {
  test.each([
    [2, 5],
    [300, 300],
    [1_000_000, 259_200],
  ])('whose code is good for %i seconds is tried for %i', async (lifetimeSeconds, seconds) => {
    const { request } = await sent({}, { lifetimeSeconds });
    expect(bodyOf(request)['TimeToLive']).toBe(seconds);
  });

  test('bears the registration of India in India alone', async () => {
    const india = { entityId: '1101000000', templateId: '1107000000' };
    const [there, elsewhere, nowhere] = await Promise.all(
      ['IN', 'US', null].map(async (country) => bodyOf((await sent(india, { country })).request)),
    );
    expect(there?.['DestinationCountryParameters']).toEqual({
      IN_ENTITY_ID: '1101000000',
      IN_TEMPLATE_ID: '1107000000',
    });
    expect(elsewhere).not.toHaveProperty('DestinationCountryParameters');
    expect(nowhere).not.toHaveProperty('DestinationCountryParameters');
  });

  test('bears what the text itself is registered as before what is configured for all', async () => {
    const template = { entityId: null, templateId: '2207', variables: [] };
    const india = { entityId: '1101000000', templateId: '1107000000' };
    const { request } = await sent(india, { country: 'IN', template });
    expect(bodyOf(request)['DestinationCountryParameters']).toEqual({
      IN_ENTITY_ID: '1101000000',
      IN_TEMPLATE_ID: '2207',
    });
    const alone = await sent({}, { country: 'IN', template: { ...template, entityId: '2201' } });
    expect(bodyOf(alone.request)['DestinationCountryParameters']).toEqual({
      IN_ENTITY_ID: '2201',
      IN_TEMPLATE_ID: '2207',
    });
  });

  test('by Notify says nothing but the code', async () => {
    const { request } = await sent({ notifyConfiguration: 'nc-1' });
    expect(request?.headers.get('x-amz-target')).toBe('PinpointSMSVoiceV2.SendNotifyTextMessage');
    expect(bodyOf(request)['TemplateVariables']).toEqual({ code: exampleCode });
    expect(request?.body).not.toContain('Example code');
    expect(bodyOf(request)).not.toHaveProperty('TemplateId');
  });

  test('goes out where the region is', async () => {
    const asked: string[] = [];
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      asked.push(input as string);
      return new Response('{"MessageId":"m-1"}');
    });
    for (const region of ['eu-central-1', 'cn-north-1']) {
      await open({ region }).send(messageWith(), { signal: new AbortController().signal });
    }
    vi.restoreAllMocks();
    expect(asked).toEqual([
      'https://sms-voice.eu-central-1.amazonaws.com/',
      'https://sms-voice.cn-north-1.amazonaws.com.cn/',
    ]);
  });
});

describe('credentials', () => {
  const none = { accessKeyId: '', secretAccessKey: '', sessionToken: '' };

  test('of a function are asked for at each send', async () => {
    const given = ['AKIDFIRST0000001', 'AKIDSECOND000002'];
    const credentials = async () => ({ accessKeyId: given.shift() ?? '', secretAccessKey: keys.secretAccessKey });
    await withVendor(accepted('m-1'), async (vendor) => {
      const provider = open({ baseUrl: vendor.url, ...none, credentials });
      expect(given).toHaveLength(2);
      for (let sends = 0; sends < 2; sends += 1)
        await provider.send(messageWith(), { signal: new AbortController().signal });
      const used = vendor.received.map(({ headers }) => authorizationOf(headers).accessKeyId);
      expect(used).toEqual(['AKIDFIRST0000001', 'AKIDSECOND000002']);
      expect(vendor.received[0]?.headers.has('x-amz-security-token')).toBe(false);
    });
  });

  test.each([
    ['rejects', () => Promise.reject(new Error(`no role for ${keys.secretAccessKey}`))],
    [
      'throws',
      () => {
        throw new Error(keys.secretAccessKey);
      },
    ],
    ['gives nothing', async () => undefined as never],
    ['gives an empty key', async () => ({ accessKeyId: 'AKID', secretAccessKey: '' })],
    ['gives what no header can hold', async () => ({ ...keys, sessionToken: `${keys.sessionToken}\n` })],
  ])('of a function that %s send nothing, and stay secret', async (_what, credentials) => {
    const { came, requests } = await sent({ ...none, credentials });
    expect(requests).toBe(0);
    expect(came).toBeInstanceOf(ProviderError);
    expect(came).toMatchObject({ kind: 'auth' });
    expect((came as Error).cause).toBeUndefined();
    expect((came as Error).message).not.toContain(keys.secretAccessKey);
  });
});

describe('an error', () => {
  test('names the exception, its reason and the field, as far as AWS documents them', async () => {
    const content = { Reason: 'PRICE_OVER_THRESHOLD', Fields: [{ Name: 'MessageBody', Message: 'dear' }] };
    const { came } = await sent({ name: 'aws-2' }, {}, refused('ValidationException', content));
    expect((came as Error).message).toBe(
      'aws-2 refused the message: config (ValidationException, PRICE_OVER_THRESHOLD, MessageBody)',
    );
  });

  test('names no word that AWS does not document', async () => {
    const content = { Reason: 'SECRET_WORD', Fields: [{ Name: 'constructor' }, null, 7] };
    for (const type of ['ConflictException', 'ValidationException', 'constructor', 'toString']) {
      const { came } = await sent({}, {}, refused(type, content));
      expect((came as Error).message).not.toMatch(/SECRET|constructor|toString/);
      expect(came).toMatchObject({ kind: 'config' });
    }
  });

  test('is an answer that is not 2xx, even with a message id', async () => {
    for (const [status, kind] of [
      [302, 'config'],
      [400, 'config'],
      [500, 'ambiguous'],
    ] as const) {
      expect((await sent({}, {}, { ...accepted('m-1'), status })).came).toMatchObject({ kind });
    }
  });

  test('in an answer of 2xx leaves open whether the message was taken', async () => {
    const { came } = await sent(
      {},
      {},
      refused('ConflictException', { Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' }, 200),
    );
    expect(came).toMatchObject({ kind: 'unknown' });
  });
});

describe('settings', () => {
  const faultsOf = (options: Partial<AwsOptions>): readonly string[] => {
    try {
      awsProvider(options as AwsOptions);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.faults;
    }
  };
  const right = { region: 'us-east-1', ...keys };

  test('that are missing are named at once', () => {
    const named = faultsOf({}).map((fault) => /^aws: (\w+)/.exec(fault)?.[1]);
    expect(named).toEqual(['region', 'accessKeyId', 'secretAccessKey']);
  });

  test.each<[string, Partial<AwsOptions>]>([
    ['name', { name: 'AWS!' }],
    ['region', { region: 'us-east-1.evil.example/' }],
    ['accessKeyId', { accessKeyId: 'two words' }],
    ['secretAccessKey', { secretAccessKey: 'a\nb' }],
    ['sessionToken', { sessionToken: 'a b' }],
    ['credentials', { credentials: async () => keys }],
    ['originationIdentity', { originationIdentity: 'x', notifyConfiguration: 'nc-1' }],
    ['templateId', { templateId: '1', entityId: '1', notifyConfiguration: 'nc-1' }],
    ['notifyTemplate', { notifyTemplate: 'nt-1' }],
    ['entityId', { entityId: '1' }],
    ['entityId', { templateId: '1' }],
    ['topicArns', { topicArns: [topicArn, 'sms-events'] }],
    ['baseUrl', { baseUrl: 'sms-voice.us-east-1.amazonaws.com' }],
    ['baseUrl', { baseUrl: 'https://host/?x=1' }],
    ['snsBaseUrl', { snsBaseUrl: 'ftp://host' }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('with a fault in %s are refused, and no value is repeated: %o', (option, wrong) => {
    const faults = faultsOf({ ...right, ...wrong });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^aws: ${option}\\b`));
    for (const value of [...Object.values(keys), 'two words', 'evil']) expect(faults[0]).not.toContain(value);
  });

  test('that are empty count as unset', async () => {
    const empty = {
      originationIdentity: '',
      configurationSet: '',
      notifyConfiguration: '',
      notifyTemplate: '',
      entityId: '',
      templateId: '',
    };
    expect(faultsOf({ ...right, ...empty, sessionToken: '', baseUrl: '', snsBaseUrl: '' })).toEqual([]);
    const { request } = await sent({ ...empty, sessionToken: '' });
    expect(new Set(Object.keys(bodyOf(request)))).toEqual(
      new Set(['Context', 'DestinationPhoneNumber', 'MessageBody', 'MessageType', 'TimeToLive']),
    );
    expect(request?.headers.has('x-amz-security-token')).toBe(false);
  });

  test('without topics take no receipts', () => {
    expect(awsProvider(right).receipts).toBeUndefined();
    expect(open().returnsReference).toBe(false);
    expect(open({ timeoutMs: 3_000 }).timeoutMs).toBe(3_000);
  });
});

const receiptsOf = async (request: ReceiptRequest, provider = open()): Promise<readonly Receipt[] | undefined> =>
  provider.receipts?.(request);
const notification = (event: Readonly<Record<string, unknown>>): ReceiptRequest =>
  snsRequest('Notification', { nowMs, fields: { Message: eventWith(event) } });

describe('an event', () => {
  const failed = (errorKind: ProviderErrorKind) => ({ status: 'failed', errorKind });
  const [isSent, isDelivered] = ['sent', 'delivered'].map((status) => ({ status, errorKind: null }));
  /** Type, what it says as the last word, and before. Null: nothing new. */
  const events: readonly (readonly [string, object | null | undefined, object | null | undefined])[] = [
    ['TEXT_QUEUED', null, null],
    ['TEXT_PENDING', null, null],
    ['TEXT_SENT', isSent, isSent],
    ['TEXT_SUCCESSFUL', isDelivered, isSent],
    ['TEXT_DELIVERED', isDelivered, isDelivered],
    ['TEXT_INVALID', failed('invalid_number'), null],
    ['TEXT_INVALID_MESSAGE', failed('config'), null],
    ['TEXT_UNREACHABLE', failed('temporary'), null],
    ['TEXT_CARRIER_UNREACHABLE', failed('temporary'), null],
    ['TEXT_BLOCKED', failed('filtered'), null],
    ['TEXT_CARRIER_BLOCKED', failed('filtered'), null],
    ['TEXT_SPAM', failed('filtered'), null],
    ['TEXT_TTL_EXPIRED', failed('temporary'), null],
    ['TEXT_PROTECT_BLOCKED', failed('blocked_destination'), null],
    ['TEXT_UNKNOWN', failed('unknown'), null],
    ['RCS_QUEUED', null, null],
    ['RCS_FALLEN_BACK_TO_SMS', null, null],
    ['RCS_SENT', isSent, isSent],
    ['RCS_DELIVERED', isDelivered, isDelivered],
    ['RCS_READ', isDelivered, isDelivered],
    ['RCS_FAILED', failed('unknown'), null],
    ['RCS_TTL_EXPIRED', failed('temporary'), null],
    ['RCS_PROTECT_BLOCKED', failed('blocked_destination'), null],
  ];

  test.each(events)('%s is told as it is meant', async (eventType, last, before) => {
    const provider = open();
    const told = (outcome: object | null | undefined) =>
      outcome ? [{ messageId: 'm-9', reference: null, ...outcome }] : [];
    for (const isFinal of [true, undefined]) {
      expect(await receiptsOf(notification({ eventType, messageId: 'm-9', isFinal }), provider)).toEqual(told(last));
    }
    expect(await receiptsOf(notification({ eventType, messageId: 'm-9', isFinal: false }), provider)).toEqual(
      told(before),
    );
  });

  test('of every type that the SDK knows for texts is among them', () => {
    const known = Object.values(EventType).filter((type) => /^(TEXT|RCS)_(?!ALL$)/.test(type));
    expect(new Set(events.map(([type]) => type))).toEqual(new Set(known));
  });

  test('that returns the context leads to the verification by itself', async () => {
    const [receipt] = (await receiptsOf(notification({ context: { phoneproof: exampleReference, other: 'x' } }))) ?? [];
    expect(receipt?.reference).toBe(exampleReference);
    for (const context of [{}, { reference: 'x' }, { phoneproof: 7 }, null, 'phoneproof', []]) {
      expect(await receiptsOf(notification({ context }))).toMatchObject([{ reference: null }]);
    }
  });

  test('of another kind says nothing', async () => {
    for (const eventType of ['VOICE_ANSWERED', 'MEDIA_DELIVERED', 'constructor', 7, undefined]) {
      expect(await receiptsOf(notification({ eventType }))).toEqual([]);
    }
  });

  test('without a message id is refused', async () => {
    for (const messageId of [undefined, '', 7]) {
      await expect(receiptsOf(notification({ messageId }))).rejects.toBeInstanceOf(ReceiptError);
    }
  });
});

describe('a message of SNS', () => {
  const refusal = (request: ReceiptRequest, provider = open()) =>
    expect(receiptsOf(request, provider)).rejects.toBeInstanceOf(ReceiptError);
  const aNotification = (over: Partial<Parameters<typeof snsRequest>[1]> = {}) => {
    const fields = { Message: eventWith(), ...over.fields };
    return snsRequest('Notification', { nowMs, ...over, fields });
  };

  test.each(['1', '2'] as const)('with signature version %s is read, with and without a subject', async (version) => {
    for (const fields of [{}, { Subject: 'SMS\nevents' }] as SnsFields[]) {
      expect(await receiptsOf(aNotification({ version, fields }))).toMatchObject([{ messageId: 'm-1' }]);
    }
  });

  test.each(['0', '3', '', '01'])('with signature version "%s" is refused', async (version) => {
    await refusal(aNotification({ version: '2', fields: { SignatureVersion: version } }));
  });

  test('signed by one version and called the other is refused', async () => {
    await refusal(aNotification({ version: '1', after: { SignatureVersion: '2' } }));
    await refusal(aNotification({ version: '2', after: { SignatureVersion: '1' } }));
  });

  test.each<[string, Record<string, string>]>([
    ['Message', { Message: eventWith({ messageId: 'm-2' }) }],
    ['MessageId', { MessageId: 'another' }],
    ['Subject', { Subject: 'added' }],
    ['Timestamp', { Timestamp: new Date(nowMs + 1).toISOString() }],
    ['TopicArn', { TopicArn: 'arn:aws:sns:us-east-1:123456789012:other' }],
    ['Type', { Type: 'UnsubscribeConfirmation' }],
  ])('whose %s is not what was signed is refused', async (_field, after) => {
    await refusal(
      aNotification({ after }),
      open({ topicArns: [topicArn, 'arn:aws:sns:us-east-1:123456789012:other'] }),
    );
  });

  test('whose fields are moved into each other is refused, though what is signed stays the same', async () => {
    const MessageId = 'id-1';
    const Subject = 'subject';
    const signed = aNotification({ fields: { MessageId, Subject } });
    const content = JSON.parse(Buffer.from(signed.body).toString());
    delete content.Subject;
    content.MessageId = `${MessageId}\nSubject\n${Subject}`;
    await refusal({ ...signed, body: Buffer.from(JSON.stringify(content)) });
  });

  test('of a topic that is not configured is refused, though it is signed, and SNS is not asked', async () => {
    await refusal(aNotification({ fields: { TopicArn: 'arn:aws:sns:us-east-1:999999999999:sms-events' } }));
    expect(sns.asked).toEqual([]);
  });

  test.each([
    [hour, false],
    [hour + 1, true],
    [-hour, false],
    [-hour - 1, true],
  ])('%i ms after it was signed is refused: %s', async (afterMs, isRefused) => {
    const request = { ...aNotification(), nowMs: nowMs + afterMs };
    if (isRefused) await refusal(request);
    else expect(await receiptsOf(request)).toHaveLength(1);
  });

  test.each(['', 'yesterday', 'NaN'])('whose time is "%s" is refused', async (Timestamp) => {
    await refusal(aNotification({ fields: { Timestamp } }));
  });

  test.each([
    `http://sns.us-east-1.amazonaws.com${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com.evil.example${certificatePath}`,
    `https://evil.example${certificatePath}`,
    `https://evil.example/sns.us-east-1.amazonaws.com${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com@evil.example${certificatePath}`,
    `https://user@sns.us-east-1.amazonaws.com${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com:8443${certificatePath}`,
    `https://sns.s3-us-west-2.amazonaws.com${certificatePath}`,
    `https://sns.s3.amazonaws.com${certificatePath}`,
    `https://sns.evil.amazonaws.com${certificatePath}`,
    `https://xsns.us-east-1.amazonaws.com${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com.cn.evil.example${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com/other.pem`,
    `https://sns.us-east-1.amazonaws.com${certificatePath}?Action=x`,
    `https://sns.us-east-1.amazonaws.com/bucket${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com/?x=${certificatePath}`,
    `http://127.0.0.1:1${certificatePath}`,
    'data:text/plain,x.pem',
    '',
  ])('whose certificate is at %s is refused, and nobody is asked', async (SigningCertURL) => {
    await refusal(aNotification({ fields: { SigningCertURL } }));
    expect(sns.asked).toEqual([]);
  });

  test.each(['sns.ap-southeast-2.amazonaws.com', 'sns.us-gov-west-1.amazonaws.com', 'sns.cn-north-1.amazonaws.com.cn'])(
    'whose certificate is at %s is read',
    async (host) => {
      const request = aNotification({ fields: { SigningCertURL: `https://${host}${certificatePath}` } });
      expect(await receiptsOf(request)).toHaveLength(1);
    },
  );

  test('is read with a certificate that is asked for once, however many come at a time', async () => {
    const provider = open();
    await Promise.all(Array.from({ length: 20 }, () => receiptsOf(aNotification(), provider)));
    await receiptsOf(aNotification(), provider);
    expect(sns.asked).toEqual([certificatePath]);
  });

  test('can wait until SNS can be asked: it is not refused, and the next one asks again', async () => {
    const provider = open();
    for (const status of [500, 503, 429]) {
      sns.answer = () => ({ status, body: '' });
      await expect(receiptsOf(aNotification(), provider)).rejects.toMatchObject({ kind: 'temporary' });
    }
    sns.answer = null;
    expect(await receiptsOf(aNotification(), provider)).toHaveLength(1);
    await expect(receiptsOf(aNotification(), open({ snsBaseUrl: 'http://127.0.0.1:9' }))).rejects.toMatchObject({
      kind: 'temporary',
    });
  });

  test.each([
    ['a redirect', 302, ''],
    ['nothing there', 404, ''],
    ['no certificate', 200, 'hello'],
    [
      'a key of another kind',
      200,
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
    ],
  ])('is refused where SNS gives %s for the certificate', async (_what, status, body) => {
    sns.answer = () => ({ status, body });
    await refusal(aNotification());
  });

  test('is not read to the end where the certificate has none', async () => {
    sns.answer = () => ({ status: 200, body: 'x'.repeat(100_000) });
    await expect(receiptsOf(aNotification())).rejects.toBeInstanceOf(ProviderError);
  });

  test('by raw message delivery bears no signature and is refused', async () => {
    await refusal({ ...aNotification(), body: Buffer.from(eventWith()) });
  });

  test('that asks for a subscription is answered by visiting the address, and tells nothing', async () => {
    for (const version of ['1', '2'] as const) {
      expect(await receiptsOf(snsRequest('SubscriptionConfirmation', { nowMs, version }))).toEqual([]);
    }
    const { search } = new URL(subscribeUrl);
    expect(sns.asked).toEqual([certificatePath, `/${search}`, certificatePath, `/${search}`]);
  });

  test.each<[string, Parameters<typeof snsRequest>[1]]>([
    [
      'at another address',
      { nowMs, fields: { SubscribeURL: 'https://evil.example/?Action=ConfirmSubscription&Token=1' } },
    ],
    ['without TLS', { nowMs, fields: { SubscribeURL: subscribeUrl.replace('https', 'http') } }],
    ['to another topic', { nowMs, fields: { TopicArn: 'arn:aws:sns:us-east-1:999999999999:sms-events' } }],
    ['that is not signed', { nowMs, after: { SubscribeURL: `${subscribeUrl}2` } }],
    ['with another token', { nowMs, after: { Token: 'token-2' } }],
    ['of yesterday', { nowMs: nowMs - 24 * hour }],
  ])('that asks for a subscription %s is refused, and nothing is visited', async (_what, options) => {
    await refusal({ ...snsRequest('SubscriptionConfirmation', options), nowMs });
    expect(sns.asked.filter((path) => path !== certificatePath)).toEqual([]);
  });

  test('that asks for a subscription can wait until SNS can be asked', async () => {
    sns.answer = (path) => (path.includes('Action') ? { status: 503, body: '' } : null);
    await expect(receiptsOf(snsRequest('SubscriptionConfirmation', { nowMs }))).rejects.toMatchObject({
      kind: 'temporary',
    });
  });

  test('that ends a subscription is read, and nothing is visited', async () => {
    expect(await receiptsOf(snsRequest('UnsubscribeConfirmation', { nowMs }))).toEqual([]);
    expect(sns.asked).toEqual([certificatePath]);
  });
});
