import {
  PinpointSMSVoiceV2Client,
  PutMessageFeedbackCommand,
  SendNotifyTextMessageCommand,
  SendTextMessageCommand,
  type SendTextMessageCommandInput,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ProviderError, ReceiptError } from '../../src/errors.ts';
import { awsEmulator, type AwsEmulatorOptions } from '../../src/inbox/emulators/aws.ts';
import type { CarrierOptions } from '../../src/inbox/emulators/carrier.ts';
import type { ScriptedFault } from '../../src/inbox/emulators/faults.ts';
import { awsProvider, type AwsOptions } from '../../src/providers/aws.ts';
import type { Message, Receipt } from '../../src/providers/provider.ts';
import { exampleReference, messageWith } from '../../src/testing/provider-cases/case.ts';
import { callbackServer, listeningInbox, type Callback, type CallbackAnswer } from './carrier-under-test.ts';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const topicArn = 'arn:aws:sns:us-east-1:000000000000:sms-events';
const to = '+12025550143';

/** An inbox with the emulator in it, the SDK pointed at it, and ours. */
async function setUp(options: AwsEmulatorOptions = {}, carrier: Partial<CarrierOptions> = {}) {
  const inbox = await listeningInbox([awsEmulator(options)], carrier);
  onTestFinished(async () => inbox[Symbol.asyncDispose]());
  const endpoint = `${inbox.url}/aws`;
  const sdk = (over: object = {}): PinpointSMSVoiceV2Client => {
    const client = new PinpointSMSVoiceV2Client({
      region: 'us-east-1',
      endpoint,
      credentials,
      maxAttempts: 1,
      ...over,
    });
    onTestFinished(() => client.destroy());
    return client;
  };
  const provider = awsProvider({
    region: 'us-east-1',
    ...credentials,
    baseUrl: endpoint,
    configurationSet: 'codes',
    topicArns: [topicArn],
    snsBaseUrl: `${endpoint}/sns`,
  });
  const text = (over: Partial<SendTextMessageCommandInput> = {}) =>
    sdk().send(new SendTextMessageCommand({ DestinationPhoneNumber: to, MessageBody: 'Your code is 493817', ...over }));
  const texts = () => inbox.inbox.list().map(({ body }) => body);
  const script = (fault: ScriptedFault) => inbox.carrier.faults.add({ fault, next: 1 });
  const sns = (query: Readonly<Record<string, string>>) =>
    fetch(`${endpoint}/sns/`, { method: 'POST', body: new URLSearchParams(query) });
  return { inbox, endpoint, sdk, provider, text, texts, script, sns };
}

/** What the SDK throws. */
async function thrown(sending: Promise<unknown>): Promise<Record<string, unknown>> {
  return sending.then(
    () => expect.unreachable('it was taken'),
    (error: unknown) => error as Record<string, unknown>,
  );
}

describe("AWS's own SDK", () => {
  test('sends a text', async () => {
    const { inbox, text } = await setUp({ credentials });
    const { MessageId } = await text({ OriginationIdentity: '+12065550152' });
    expect(MessageId).toMatch(/^[\da-f-]{36}$/);
    expect(inbox.inbox.list()).toMatchObject([
      { to, from: '+12065550152', body: 'Your code is 493817', code: '493817', provider: 'aws' },
    ]);
  });

  test('sends a code by Notify, and gets the words', async () => {
    const { sdk, texts } = await setUp({ credentials });
    const input = {
      NotifyConfigurationId: 'nc-1',
      DestinationPhoneNumber: to,
      TemplateVariables: { code: '493817', expiry: '5' },
    };
    const answer = await sdk().send(new SendNotifyTextMessageCommand(input));
    expect(answer.ResolvedMessageBody).toContain('493817');
    expect(answer).toMatchObject({ MessageId: expect.any(String), TemplateId: expect.any(String) });
    expect(texts()).toEqual([answer.ResolvedMessageBody]);
  });

  test('tells what became of a message, of those that were taken', async () => {
    const { sdk, text } = await setUp({ credentials });
    const { MessageId } = await text({ MessageFeedbackEnabled: true });
    const feedback = (id: string | undefined) =>
      sdk().send(new PutMessageFeedbackCommand({ MessageId: id, MessageFeedbackStatus: 'RECEIVED' }));
    expect(await feedback(MessageId)).toMatchObject({ MessageId, MessageFeedbackStatus: 'RECEIVED' });
    expect(await thrown(feedback('another'))).toMatchObject({
      name: 'ResourceNotFoundException',
      ResourceType: 'message',
      ResourceId: 'another',
    });
  });

  test('tries a message out without sending it', async () => {
    const { text, texts, script } = await setUp();
    script({ kind: 'server_error', status: 500 });
    expect(await text({ DryRun: true })).toMatchObject({ MessageId: expect.any(String) });
    expect(texts()).toEqual([]);
  });

  test.each<[string, Partial<SendTextMessageCommandInput>, string]>([
    ['DestinationPhoneNumber', { DestinationPhoneNumber: 'nobody' }, 'FIELD_VALIDATION_FAILED'],
    ['DestinationPhoneNumber', { DestinationPhoneNumber: undefined }, 'MISSING_PARAMETER'],
    ['MessageBody', { MessageBody: undefined }, 'MISSING_PARAMETER'],
    ['MessageBody', { MessageBody: ' \n' }, 'FIELD_VALIDATION_FAILED'],
    ['MessageBody', { MessageBody: 'x'.repeat(1_601) }, 'FIELD_VALIDATION_FAILED'],
    ['TimeToLive', { TimeToLive: 4 }, 'FIELD_VALIDATION_FAILED'],
    ['TimeToLive', { TimeToLive: 259_201 }, 'FIELD_VALIDATION_FAILED'],
    ['MessageType', { MessageType: 'URGENT' as 'TRANSACTIONAL' }, 'FIELD_VALIDATION_FAILED'],
    ['OriginationIdentity', { OriginationIdentity: 'my brand' }, 'FIELD_VALIDATION_FAILED'],
    ['ConfigurationSetName', { ConfigurationSetName: '' }, 'FIELD_VALIDATION_FAILED'],
    ['Context', { Context: { a: ' x' } }, 'FIELD_VALIDATION_FAILED'],
    ['Context', { Context: { a: '1', b: '1', c: '1', d: '1', e: '1', f: '1' } }, 'FIELD_VALIDATION_FAILED'],
    ['DestinationCountryParameters', { DestinationCountryParameters: { IN_ENTITY_ID: '' } }, 'FIELD_VALIDATION_FAILED'],
  ])('is told that %s breaks the rules: %o', async (Name, input, Reason) => {
    const { text, texts } = await setUp();
    expect(await thrown(text(input))).toMatchObject({
      name: 'ValidationException',
      Reason,
      Fields: [{ Name, Message: expect.any(String) }],
    });
    expect(texts()).toEqual([]);
  });

  test.each([
    ['another secret', { credentials: { ...credentials, secretAccessKey: 'another' } }, 'InvalidSignatureException'],
    ['another key', { credentials: { ...credentials, accessKeyId: 'AKIAANOTHER' } }, 'UnrecognizedClientException'],
    [
      'a token that is not there',
      { credentials: { ...credentials, sessionToken: 'another' } },
      'UnrecognizedClientException',
    ],
    ['a clock that is wrong', { systemClockOffset: 10 * 60_000 }, 'InvalidSignatureException'],
  ])('is refused with %s, where credentials are configured', async (_what, over, name) => {
    const { sdk, texts } = await setUp({ credentials });
    const command = new SendTextMessageCommand({ DestinationPhoneNumber: to, MessageBody: 'Your code is 493817' });
    expect(await thrown(sdk(over).send(command))).toMatchObject({ name });
    expect(texts()).toEqual([]);
  });

  test('is taken with temporary credentials, and with any where none are configured', async () => {
    const temporary = { ...credentials, sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//SESSION==' };
    const command = new SendTextMessageCommand({ DestinationPhoneNumber: to, MessageBody: 'Your code is 493817' });
    const strict = await setUp({ credentials: temporary });
    await strict.sdk({ credentials: temporary }).send(command);
    const open = await setUp();
    await open.sdk({ credentials: temporary }).send(command);
    await open.sdk().send(command);
    expect([strict.texts(), open.texts()].map(({ length }) => length)).toEqual([1, 2]);
  });
});

describe('a request by hand', () => {
  const signed = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': '20261123T120000Z',
    'x-amz-target': 'PinpointSMSVoiceV2.SendTextMessage',
    authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/sms-voice/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  };
  const post = async (
    endpoint: string,
    headers: Record<string, string>,
    body = JSON.stringify({ DestinationPhoneNumber: to, MessageBody: 'Hello' }),
  ) => {
    const response = await fetch(endpoint, { method: 'POST', headers, body });
    const { __type: type = '' } = (await response.json()) as { __type?: string };
    return [response.status, type.split('#').pop()];
  };

  test('is taken with a signature that has the form of one, with and without a slash at the end', async () => {
    const { endpoint, texts } = await setUp();
    for (const url of [endpoint, `${endpoint}/`]) expect(await post(url, signed)).toEqual([200, '']);
    expect(texts()).toHaveLength(2);
  });

  test.each([
    ['no signature', { authorization: '' }, 'MissingAuthenticationTokenException'],
    ['another kind of signature', { authorization: 'Basic eDp5' }, 'IncompleteSignatureException'],
    [
      'a signature for another service',
      { authorization: signed.authorization.replace('sms-voice', 'sns') },
      'IncompleteSignatureException',
    ],
    ['no time', { 'x-amz-date': '' }, 'IncompleteSignatureException'],
    ['the time of another day', { 'x-amz-date': '20261124T120000Z' }, 'IncompleteSignatureException'],
    [
      'a signature that leaves out the host',
      { authorization: signed.authorization.replace('host;', '') },
      'IncompleteSignatureException',
    ],
    ['another operation', { 'x-amz-target': 'PinpointSMSVoiceV2.DescribePools' }, 'UnknownOperationException'],
    ['another service', { 'x-amz-target': 'Other.SendTextMessage' }, 'UnknownOperationException'],
    [
      'an operation that objects have',
      { 'x-amz-target': 'PinpointSMSVoiceV2.constructor' },
      'UnknownOperationException',
    ],
  ])('with %s is refused', async (_what, over, type) => {
    const { endpoint, texts } = await setUp();
    const headers = Object.fromEntries(Object.entries({ ...signed, ...over }).filter(([, value]) => value !== ''));
    expect(await post(endpoint, headers)).toEqual([400, type]);
    expect(texts()).toEqual([]);
  });

  test('that is not JSON is refused', async () => {
    const { endpoint } = await setUp();
    expect(await post(endpoint, signed, '{')).toEqual([400, 'SerializationException']);
    expect(await post(endpoint, signed, '[]')).toEqual([400, 'ValidationException']);
  });

  test('whose body is not the one that was signed is refused', async () => {
    const { endpoint, sdk } = await setUp({ credentials });
    let headers: Record<string, string> = {};
    const client = sdk();
    client.middlewareStack.add(
      (next) => async (args) => {
        ({ headers } = args.request as { headers: Record<string, string> });
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const input = { DestinationPhoneNumber: to, MessageBody: 'Hello' };
    await client.send(new SendTextMessageCommand(input));
    const { host: _host, 'content-length': _length, ...rest } = headers;
    expect(await post(`${endpoint}/`, rest, JSON.stringify({ ...input, MessageBody: 'Other' }))).toEqual([
      400,
      'InvalidSignatureException',
    ]);
  });
});

/** What ours makes of what was called back. */
async function read(
  { provider }: Awaited<ReturnType<typeof setUp>>,
  callback: Callback | undefined,
): Promise<readonly Receipt[]> {
  const headers = new Headers(
    Object.entries(callback?.headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const body = Buffer.from(callback?.body ?? '');
  return (
    (await provider.receipts?.({
      method: 'POST',
      url: 'https://verify.example.com/',
      headers,
      body,
      nowMs: Date.now(),
    })) ?? []
  );
}

/** The event in what was called back. */
function eventOf({ body }: Callback): object {
  return JSON.parse(JSON.parse(body).Message);
}

/** An emulator whose topic someone subscribed to and, unless told, confirmed. */
async function subscribed(
  options: AwsEmulatorOptions = {},
  { confirm = true, answers = [] }: { confirm?: boolean; answers?: readonly CallbackAnswer[] } = {},
) {
  const callbacks = await callbackServer(answers);
  onTestFinished(async () => callbacks[Symbol.asyncDispose]());
  // Tries again at once.
  const parts = await setUp(options, answers.length > 0 ? { wait: async () => undefined } : {});
  const subscribe = () =>
    parts.sns({ Action: 'Subscribe', Protocol: 'http', TopicArn: topicArn, Endpoint: `${callbacks.url}/aws` });
  const answer = await subscribe();
  expect(await answer.text()).toContain('pending confirmation');
  const [confirmation] = await callbacks.count(1);
  if (confirm) expect(await read(parts, confirmation)).toEqual([]);
  const send = (message: Partial<Message> = {}) =>
    parts.provider.send(messageWith(message), { signal: new AbortController().signal });
  return { ...parts, parts, callbacks, confirmation, subscribe, send };
}

test('nobody subscribes by a link that a page has a browser follow', async () => {
  const { parts, callbacks } = await subscribed();
  const query = new URLSearchParams({
    Action: 'Subscribe',
    Protocol: 'http',
    TopicArn: topicArn,
    Endpoint: `${callbacks.url}/other`,
  });
  const answer = await fetch(`${parts.inbox.url}/aws/sns/?${query.toString()}`);
  expect(answer.status).toBe(404);
  expect(callbacks.came).toHaveLength(1);
});

test('of more than 100 subscriptions the oldest is forgotten', async () => {
  const { parts, callbacks, send } = await subscribed();
  for (let index = 0; index < 100; index += 1) {
    const Endpoint = `${callbacks.url}/${index}`;
    const answer = await parts.sns({ Action: 'Subscribe', Protocol: 'http', TopicArn: topicArn, Endpoint });
    expect(answer.status).toBe(200);
  }
  const came = await callbacks.count(101);
  for (const one of came.slice(-2)) expect(await read(parts, one)).toEqual([]);
  await send();
  const events = (await callbacks.count(105)).slice(101).map(({ path }) => path);
  expect(events.toSorted()).toEqual(['/98', '/98', '/99', '/99']);
});

describe('events', () => {
  test.each(['1', '2'] as const)('come signed by version %s, as ours reads them', async (signatureVersion) => {
    const { parts, callbacks, send } = await subscribed({ signatureVersion, credentials });
    const { messageId } = await send();
    const [, sent, delivered] = await callbacks.count(3);
    const about = { messageId, reference: exampleReference, errorKind: null };
    expect(await read(parts, sent)).toEqual([{ ...about, status: 'sent' }]);
    expect(await read(parts, delivered)).toEqual([{ ...about, status: 'delivered' }]);
    expect(sent?.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': JSON.parse(sent?.body ?? '{}').MessageId,
      'x-amz-sns-topic-arn': topicArn,
    });
    expect(JSON.parse(sent?.body ?? '{}').SignatureVersion).toBe(signatureVersion);
    expect(delivered?.body).not.toContain('493817');
  });

  test('come to nobody who did not confirm, and of no message without a configuration set', async () => {
    const unconfirmed = await subscribed({}, { confirm: false });
    await unconfirmed.send();
    const confirmed = await subscribed();
    await confirmed.text();
    const { MessageId } = await confirmed.text({ ConfigurationSetName: 'codes' });
    const [, ...events] = await confirmed.callbacks.count(3);
    expect(events.map(eventOf)).toMatchObject([
      { eventType: 'TEXT_SENT', isFinal: false, messageId: MessageId },
      { eventType: 'TEXT_DELIVERED', isFinal: true, messageId: MessageId },
    ]);
    expect(unconfirmed.callbacks.came).toHaveLength(1);
  });

  test('come again, the same message, until an answer is neither 5xx nor 429: three times at most', async () => {
    const { callbacks, send } = await subscribed({}, { answers: [204, 500, 429, 404, 503, 503, 503, 503] });
    await send();
    const [, ...came] = await callbacks.count(8);
    const ids = came.map(({ headers }) => headers['x-amz-sns-message-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(new Set(ids.slice(3)).size).toBe(1);
    expect(new Set(ids).size).toBe(2);
    expect(new Set(came.slice(0, 3).map(({ body }) => body)).size).toBe(1);
    expect(callbacks.came).toHaveLength(8);
  });

  test('of a number that fails in the simulator of AWS say so, and the text does not arrive', async () => {
    const { parts, callbacks, send, texts } = await subscribed();
    await send({ to: '+14254147167' });
    const [, , last] = await callbacks.count(3);
    expect(await read(parts, last)).toMatchObject([{ status: 'failed', errorKind: 'filtered' }]);
    expect(texts()).toEqual([]);
    await send({ to: '+14254147755' });
    const all = await callbacks.count(5);
    expect(await read(parts, all[4])).toMatchObject([{ status: 'delivered' }]);
    expect(texts()).toHaveLength(1);
  });

  test('of a message that was scripted to fail say how', async () => {
    const { parts, callbacks, send, script, texts } = await subscribed();
    script({ kind: 'undelivered', code: 'TEXT_INVALID' });
    await send();
    const [, , last] = await callbacks.count(3);
    expect(await read(parts, last)).toMatchObject([{ status: 'failed', errorKind: 'invalid_number' }]);
    expect(texts()).toEqual([]);
  });

  test('of a message that is delivered twice come twice', async () => {
    const { callbacks, send, script, texts } = await subscribed();
    script({ kind: 'duplicate' });
    await send();
    await callbacks.count(5);
    expect(texts()).toHaveLength(2);
  });

  test('can come before the answer', async () => {
    const { callbacks, send, script } = await subscribed();
    script({ kind: 'early_receipts' });
    await send();
    expect(callbacks.came).toHaveLength(3);
  });

  test('of a message that is lost do not come', async () => {
    const { callbacks, send, script, texts } = await subscribed();
    script({ kind: 'dropped' });
    await send();
    expect(texts()).toEqual([]);
    const { messageId } = await send();
    const [, ...events] = await callbacks.count(3);
    expect(events.map(eventOf)).toMatchObject([{ messageId }, { messageId }]);
  });
});

describe('the topic', () => {
  test('subscribes an address once', async () => {
    const { parts, callbacks, subscribe, send, confirmation } = await subscribed();
    await subscribe();
    const [, again] = await callbacks.count(2);
    // The first subscription is gone, and its confirmation with it.
    await expect(read(parts, confirmation)).rejects.toBeInstanceOf(ReceiptError);
    expect(await read(parts, again)).toEqual([]);
    await send();
    await callbacks.count(4);
    expect(callbacks.came).toHaveLength(4);
  });

  test.each([
    ['another action', { Action: 'Publish' }, 'InvalidAction'],
    [
      'no topic',
      { Action: 'Subscribe', Protocol: 'http', TopicArn: 'sms-events', Endpoint: 'http://127.0.0.1:9/' },
      'InvalidParameter',
    ],
    [
      'another protocol',
      { Action: 'Subscribe', Protocol: 'email', TopicArn: topicArn, Endpoint: 'x@example.com' },
      'InvalidParameter',
    ],
    [
      'an address of another protocol',
      { Action: 'Subscribe', Protocol: 'https', TopicArn: topicArn, Endpoint: 'http://127.0.0.1:9/' },
      'InvalidParameter',
    ],
    ['a wrong token', { Action: 'ConfirmSubscription', TopicArn: topicArn, Token: 'x' }, 'InvalidParameter'],
  ])('refuses %s', async (_what, query, code) => {
    const { sns } = await setUp();
    const answer = await sns(query);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`<Code>${code}</Code>`);
  });

  test('has one certificate', async () => {
    const { endpoint } = await setUp();
    expect((await fetch(`${endpoint}/sns/SimpleNotificationService-0.pem`)).status).toBe(404);
  });
});

describe('a fault that was scripted', () => {
  test.each<[ScriptedFault, object]>([
    [
      { kind: 'rate_limited', retryAfterSeconds: 7 },
      { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } },
    ],
    [
      { kind: 'server_error', status: 503 },
      { name: 'InternalServerException', $metadata: { httpStatusCode: 503 } },
    ],
    [
      { kind: 'refused', code: undefined },
      { name: 'ServiceQuotaExceededException', Reason: 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT' },
    ],
    [
      { kind: 'refused', code: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' },
      { name: 'ConflictException', Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' },
    ],
    [
      { kind: 'refused', code: 'COUNTRY_NOT_ENABLED' },
      { name: 'ValidationException', Reason: 'COUNTRY_NOT_ENABLED' },
    ],
    [
      { kind: 'refused', code: 'AccessDeniedException' },
      { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } },
    ],
    [
      { kind: 'refused', code: 'InternalServerException' },
      { name: 'InternalServerException', $metadata: { httpStatusCode: 500 } },
    ],
  ])('is told to the SDK as AWS tells it: %o', async (fault, error) => {
    const { text, texts, script } = await setUp();
    script(fault);
    expect(await thrown(text())).toMatchObject(error);
    expect(texts()).toEqual([]);
    await text();
    expect(texts()).toHaveLength(1);
  });

  test.each<[ScriptedFault, string, number]>([
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, 'rate_limited', 0],
    [{ kind: 'server_error', status: 500 }, 'ambiguous', 0],
    [{ kind: 'refused', code: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' }, 'opted_out', 0],
    [{ kind: 'cut_before' }, 'ambiguous', 0],
    [{ kind: 'cut_after' }, 'ambiguous', 1],
  ])('is the kind that ours makes of it: %o', async (fault, kind, arrived) => {
    const { provider, texts, script } = await setUp({ credentials });
    script(fault);
    const error = await thrown(provider.send(messageWith(), { signal: new AbortController().signal }));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind, ...(kind === 'rate_limited' && { retryAfterSeconds: 7 }) });
    expect(texts()).toHaveLength(arrived);
  });
});

test('ours sends by Notify', async () => {
  const { endpoint, texts } = await setUp({ credentials });
  const options: AwsOptions = { region: 'us-east-1', ...credentials, baseUrl: endpoint, notifyConfiguration: 'nc-1' };
  const message = messageWith({ code: '493817' });
  expect(await awsProvider(options).send(message, { signal: new AbortController().signal })).toEqual({
    messageId: expect.any(String),
  });
  expect(texts()).toEqual(['Your verification code is 493817.']);
});
