import { createHash, createVerify } from 'node:crypto';
import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { Vonage } from '@vonage/server-sdk';
import { verify } from 'hono/jwt';
import twilio, { validateRequest } from 'twilio';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigurationError, ReceiptError } from '../../src/errors.ts';
import { androidGatewayEmulator } from '../../src/inbox/emulators/android-gateway.ts';
import { awsEmulator } from '../../src/inbox/emulators/aws.ts';
import type { Emulator } from '../../src/inbox/emulators/emulator.ts';
import { twilioEmulator } from '../../src/inbox/emulators/twilio.ts';
import { vonageEmulator } from '../../src/inbox/emulators/vonage.ts';
import { androidGatewayProvider } from '../../src/providers/android-gateway.ts';
import {
  callbackServer,
  listeningInbox,
  type Callback,
  type CallbackServer,
  type ListeningInbox,
} from './carrier-under-test.ts';
import { twilioSdk } from './twilio-sdk.ts';

const account = `AC${'0123456789abcdef'.repeat(2)}`;
const token = 'an auth token of 32 characters..';
const from = '+15005550006';
const to = '+12025550143';
const text = '493817 is your code.';

type Statuses = (came: readonly Callback[]) => readonly unknown[];

/** A vendor of which everything is known: how to send with receipts, and what they say. */
interface VendorCase {
  readonly emulator: () => Emulator;
  readonly code: string;
  /** Makes whatever a sender makes once. */
  prepare(site: ListeningInbox, receiver: CallbackServer): Promise<unknown>;
  send(site: ListeningInbox, receiverUrl: string): Promise<unknown>;
  readonly statusesOf: Statuses;
  readonly delivered: readonly unknown[];
  readonly failed: readonly unknown[];
}

const formOf = ({ body }: Callback) => Object.fromEntries(new URLSearchParams(body)) as Record<string, string>;
const jsonOf = ({ body }: Callback) => JSON.parse(body) as Record<string, unknown>;

const vonageSdk = ({ url }: ListeningInbox, apiSecret = 'wC7hT9vXq2LmR4sZ') =>
  new Vonage({ apiKey: 'a1b2c3d4', apiSecret }, { restHost: `${url}/vonage`, apiHost: `${url}/vonage` });
const sms = { from: from.slice(1), to: to.slice(1), text };

async function subscribe(
  { url }: ListeningInbox,
  { came, url: Endpoint }: CallbackServer,
  topic: string,
): Promise<void> {
  const TopicArn = `arn:aws:sns:us-east-1:000000000000:${topic}`;
  const query = new URLSearchParams({ Action: 'Subscribe', Protocol: 'http', TopicArn, Endpoint });
  await fetch(`${url}/aws/sns/`, { method: 'POST', body: query });
  const confirmation = await vi.waitFor(() => {
    const found = came.map(jsonOf).find((told) => told['TopicArn'] === TopicArn);
    if (!found) throw new Error('not yet');
    return found;
  });
  const { search } = new URL(confirmation['SubscribeURL'] as string);
  expect((await fetch(`${url}/aws/sns/${search}`)).status).toBe(200);
}

async function sendByAws({ url }: ListeningInbox, over: object = {}): Promise<unknown> {
  const client = new PinpointSMSVoiceV2Client({
    region: 'us-east-1',
    endpoint: `${url}/aws`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a secret' },
  });
  onTestFinished(() => client.destroy());
  return client.send(
    new SendTextMessageCommand({
      DestinationPhoneNumber: to,
      MessageBody: text,
      OriginationIdentity: from,
      ConfigurationSetName: 'codes',
      ...over,
    }),
  );
}

const notificationsOf = (came: readonly Callback[]) => came.map(jsonOf).filter(({ Type }) => Type === 'Notification');
const contentOf = ({ Message }: Record<string, unknown>) => JSON.parse(Message as string) as Record<string, unknown>;

const gateway = ({ url }: ListeningInbox, path: string, body: object) =>
  fetch(`${url}/android-gateway${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('sms:password')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const cases: Readonly<Record<string, VendorCase>> = {
  twilio: {
    emulator: () => twilioEmulator(),
    code: '30005',
    prepare: async () => undefined,
    send: ({ url }, statusCallback) =>
      twilioSdk(url, account, token).messages.create({ to, from, body: text, statusCallback }),
    statusesOf: (came) => came.map(formOf).map(({ MessageStatus, ErrorCode }) => [MessageStatus, ErrorCode]),
    delivered: [
      ['sent', undefined],
      ['delivered', undefined],
    ],
    failed: [
      ['sent', undefined],
      ['undelivered', '30005'],
    ],
  },
  'vonage, SMS API': {
    emulator: () => vonageEmulator(),
    code: '6',
    prepare: async () => undefined,
    send: (site, callback) => vonageSdk(site).sms.send({ ...sms, callback }),
    statusesOf: (came) => came.map(jsonOf).map((told) => [told['status'], told['err-code']]),
    delivered: [
      ['accepted', '0'],
      ['delivered', '0'],
    ],
    failed: [
      ['accepted', '0'],
      ['failed', '6'],
    ],
  },
  'vonage, Messages API': {
    emulator: () => vonageEmulator(),
    code: '1180',
    prepare: async () => undefined,
    send: (site, webhookUrl) =>
      vonageSdk(site).messages.send({ ...sms, messageType: 'text', channel: 'sms', webhookUrl }),
    statusesOf: (came) =>
      came.map(jsonOf).map(({ status, error }) => [status, (error as { title: number } | undefined)?.title]),
    delivered: [
      ['submitted', undefined],
      ['delivered', undefined],
    ],
    failed: [
      ['submitted', undefined],
      ['rejected', 1180],
    ],
  },
  aws: {
    emulator: () => awsEmulator(),
    code: 'TEXT_CARRIER_UNREACHABLE',
    prepare: (site, receiver) => subscribe(site, receiver, 'sms-events'),
    send: (site) => sendByAws(site),
    statusesOf: (came) =>
      notificationsOf(came)
        .map(contentOf)
        .map(({ eventType, isFinal }) => [eventType, isFinal]),
    delivered: [
      ['TEXT_SENT', false],
      ['TEXT_DELIVERED', true],
    ],
    failed: [
      ['TEXT_SENT', false],
      ['TEXT_CARRIER_UNREACHABLE', true],
    ],
  },
  'android-gateway': {
    emulator: () => androidGatewayEmulator(),
    code: 'RESULT_ERROR_NO_SERVICE',
    prepare: (site, { url }) =>
      Promise.all(
        ['sms:sent', 'sms:delivered', 'sms:failed'].map((event) => gateway(site, '/webhooks', { url, event })),
      ),
    send: (site) => gateway(site, '/messages', { textMessage: { text }, phoneNumbers: [to] }),
    statusesOf: (came) =>
      came.map(jsonOf).map(({ event, payload }) => [event, (payload as { reason?: string }).reason]),
    delivered: [
      ['sms:sent', undefined],
      ['sms:delivered', undefined],
    ],
    failed: [['sms:failed', 'Send result: RESULT_ERROR_NO_SERVICE']],
  },
};

async function receiving() {
  const receiver = await callbackServer();
  onTestFinished(async () => receiver[Symbol.asyncDispose]());
  return receiver;
}

describe.each(Object.entries(cases))('at %s', (_, vendor) => {
  async function setUp() {
    const receiver = await receiving();
    const site = await listeningInbox([vendor.emulator()]);
    onTestFinished(async () => site[Symbol.asyncDispose]());
    await vendor.prepare(site, receiver);
    const script = (kind: 'hold' | 'reorder') => site.carrier.faults.add({ fault: { kind }, next: 1 });
    const told = (statuses: readonly unknown[]) =>
      vi.waitFor(() => expect(vendor.statusesOf(receiver.came)).toEqual(statuses));
    const letGo = (outcome: 'deliver' | 'fail', code?: string) =>
      site.carrier.held.letGo(site.carrier.held.list()[0]?.id ?? '', { outcome, code });
    return { site, receiver, script, told, letGo, send: () => vendor.send(site, receiver.url) };
  }

  test('a text that is held is taken, arrives when it is let go, and is told of then', async () => {
    const { letGo, receiver, script, send, site, told } = await setUp();
    script('hold');
    await send();
    expect(site.inbox.list()).toEqual([]);
    expect(site.carrier.held.list()).toMatchObject([{ to, body: text }]);
    // There and back, time enough for a receipt that does not wait.
    for (let times = 0; times < 5; times += 1) await fetch(`${site.url}/inbox/api/held`);
    expect(vendor.statusesOf(receiver.came)).toEqual([]);
    letGo('deliver');
    expect(site.inbox.list()).toMatchObject([{ to, body: text, byHand: expect.arrayContaining(['receipt']) }]);
    await told(vendor.delivered);
  });

  test('a text that is held can fail', async () => {
    const { letGo, script, send, site, told } = await setUp();
    script('hold');
    await send();
    letGo('fail', vendor.code);
    await told(vendor.failed);
    expect(site.inbox.list()).toEqual([]);
  });

  test('a text is overtaken by the next one, receipts and all', async () => {
    const { script, send, site, told } = await setUp();
    script('reorder');
    await send();
    expect(site.inbox.list()).toEqual([]);
    await told([]);
    const { id } = site.inbox.add({ to, from: 'phoneproof', body: 'the next', provider: 'inbox' });
    await told(vendor.delivered);
    expect(site.inbox.list().map((message) => message.id === id)).toEqual([false, true]);
  });

  test('the sender is told what someone at the inbox says, and no more than that', async () => {
    const { send, site, told } = await setUp();
    await send();
    await told(vendor.delivered);
    const id = site.inbox.list()[0]?.id ?? '';
    expect(site.carrier.byHand.receipt(id, { status: 'failed', code: vendor.code })).toBeNull();
    await told([...vendor.delivered, vendor.failed.at(-1)]);
    expect(site.carrier.byHand.receipt(id, { status: 'delivered' })).toBeNull();
    await told([...vendor.delivered, vendor.failed.at(-1), vendor.delivered.at(-1)]);
  });

  test('without an address for replies there is none', async () => {
    const { send, site } = await setUp();
    await send();
    const message = site.inbox.list()[0];
    expect(message?.byHand).toEqual(['receipt']);
    expect(site.carrier.byHand.reply(message?.id ?? '', 'STOP')).toEqual(expect.any(String));
  });
});

/** Replies to the newest text. */
function reply(site: ListeningInbox, body: string): string | null {
  return site.carrier.byHand.reply(site.inbox.list()[0]?.id ?? '', body);
}

describe('a reply at Twilio', () => {
  const send = ({ url }: ListeningInbox, over: object = {}) =>
    twilioSdk(url, account, token).messages.create({ to, from, body: text, ...over });

  function expectReply(came: Callback | undefined, url: string, sid: string) {
    const told = formOf(came!);
    expect(told).toMatchObject({
      AccountSid: account,
      ApiVersion: '2010-04-01',
      Body: 'STOP, bitte: ü',
      From: to,
      To: from,
      NumMedia: '0',
      NumSegments: '1',
      SmsStatus: 'received',
      MessageSid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
    });
    expect(told['MessageSid']).toBe(told['SmsSid']);
    expect(told['MessageSid']).not.toBe(sid);
    expect(told).not.toHaveProperty('MessageStatus');
    const signature = came?.headers['x-twilio-signature'] as string;
    expect(validateRequest(token, signature, url, told)).toBe(true);
    expect(validateRequest('another', signature, url, told)).toBe(false);
    return told;
  }

  test('goes to the SmsUrl of the number, signed, and is on the list of its messages', async () => {
    const receiver = await receiving();
    await using site = await listeningInbox([twilioEmulator({ inboundUrl: 'http://127.0.0.1:9/' })]);
    const client = twilioSdk(site.url, account, token);
    const smsUrl = `${receiver.url}/inbound?a=b`;
    await client.incomingPhoneNumbers.create({ phoneNumber: from, smsUrl });
    const { sid } = await send(site);
    expect(site.inbox.list()[0]?.byHand).toEqual(['reply']);
    expect(reply(site, 'STOP, bitte: ü')).toBeNull();
    const [came] = await receiver.count(1);
    const { MessageSid = '' } = expectReply(came, smsUrl, sid);
    expect(await client.messages(MessageSid).fetch()).toMatchObject({
      body: 'STOP, bitte: ü',
      direction: 'inbound',
      status: 'received',
      from: to,
      to: from,
    });
    expect(await client.messages.list({ to: from })).toHaveLength(1);
  });

  test('goes where the emulator is told to, where the number has no address', async () => {
    const receiver = await receiving();
    await using site = await listeningInbox([twilioEmulator({ inboundUrl: `${receiver.url}/all` })]);
    const { sid } = await send(site);
    reply(site, 'STOP, bitte: ü');
    expectReply((await receiver.count(1))[0], `${receiver.url}/all`, sid);
  });

  test('goes where the number says at that moment', async () => {
    const [before, after] = [await receiving(), await receiving()];
    await using site = await listeningInbox([twilioEmulator()]);
    const numbers = twilioSdk(site.url, account, token).incomingPhoneNumbers;
    const { sid } = await numbers.create({ phoneNumber: from, smsUrl: before.url });
    await send(site);
    await numbers(sid).update({ smsUrl: after.url });
    reply(site, 'STOP');
    await after.count(1);
    expect(before.came).toEqual([]);
    await numbers(sid).remove();
    expect(reply(site, 'STOP')).toContain('SmsUrl');
  });

  test('to the number of another account, or to a name, is none', async () => {
    await using site = await listeningInbox([twilioEmulator({ inboundUrl: 'http://127.0.0.1:9/' })]);
    await send(site, { from: 'Example' });
    expect(site.inbox.list()[0]?.byHand).toEqual([]);
    await using other = await listeningInbox([twilioEmulator()]);
    const stranger = twilioSdk(other.url, `AC${'f'.repeat(32)}`, token);
    await stranger.incomingPhoneNumbers.create({ phoneNumber: from, smsUrl: 'http://127.0.0.1:9/' });
    await send(other);
    expect(other.inbox.list()[0]?.byHand).toEqual([]);
  });

  test('of a messaging service names it', async () => {
    const receiver = await receiving();
    await using site = await listeningInbox([twilioEmulator({ inboundUrl: receiver.url })]);
    const messagingServiceSid = `MG${'a'.repeat(32)}`;
    await send(site, { from: undefined, messagingServiceSid });
    reply(site, 'STOP');
    expect((await receiver.count(1)).map(formOf)).toMatchObject([
      { MessagingServiceSid: messagingServiceSid, To: from },
    ]);
  });
});

test('a message at Twilio has the status that someone at the inbox says', async () => {
  const receiver = await receiving();
  await using site = await listeningInbox([twilioEmulator()]);
  const client = twilioSdk(site.url, account, token);
  site.carrier.faults.add({ fault: { kind: 'hold' }, next: 1 });
  const { sid } = await client.messages.create({ to, from, body: text, statusCallback: receiver.url });
  expect(await client.messages(sid).fetch()).toMatchObject({ status: 'sent', errorCode: null });
  site.carrier.held.letGo(site.carrier.held.list()[0]?.id ?? '', { outcome: 'deliver' });
  expect(await client.messages(sid).fetch()).toMatchObject({ status: 'delivered', errorCode: null });
  const id = site.inbox.list()[0]?.id ?? '';
  site.carrier.byHand.receipt(id, { status: 'failed' });
  expect(await client.messages(sid).fetch()).toMatchObject({ status: 'undelivered', errorCode: 30_008 });
  site.carrier.byHand.receipt(id, { status: 'delivered' });
  expect(await client.messages(sid).fetch()).toMatchObject({ status: 'delivered', errorCode: null });
});

describe('a reply at Vonage', () => {
  const secret = 'kR8fJ2nVwQ5xB7zD1gH4';

  test('goes to the address that the account sets, signed as the SDK checks it, where the SMS API was used', async () => {
    const receiver = await receiving();
    await using site = await listeningInbox([vonageEmulator({ signatureSecret: secret })]);
    const sdk = vonageSdk(site);
    const moCallBackUrl = `${receiver.url}/inbound`;
    expect(await sdk.accounts.updateAccountCallbacks({ moCallBackUrl })).toMatchObject({
      'mo-callback-url': moCallBackUrl,
      'dr-callback-url': '',
      'max-outbound-request': 30,
    });
    await sdk.sms.send(sms);
    expect(site.inbox.list()[0]?.byHand).toEqual(['reply']);
    expect(reply(site, 'stop & start')).toBeNull();
    const [came] = await receiver.count(1);
    expect(came?.path).toBe('/inbound');
    const told = jsonOf(came!) as Record<string, string>;
    expect(told).toMatchObject({
      msisdn: to.slice(1),
      to: from.slice(1),
      text: 'stop & start',
      type: 'text',
      keyword: 'STOP',
      'api-key': 'a1b2c3d4',
      messageId: expect.any(String),
    });
    expect(sdk.sms.verifySignature(told['sig'] ?? '', told as never, secret, 'MD5HASH' as never)).toBe(true);
    expect(sdk.sms.verifySignature(told['sig'] ?? '', told as never, 'another', 'MD5HASH' as never)).toBe(false);
    reply(site, 'привет');
    expect(jsonOf((await receiver.count(2))[1]!)).toMatchObject({ type: 'unicode', text: 'привет' });
  });

  test('bears a token over its body, where Messages was used', async () => {
    const receiver = await receiving();
    const emulator = vonageEmulator({ signatureSecret: secret, inboundUrl: `${receiver.url}/inbound` });
    await using site = await listeningInbox([emulator]);
    await vonageSdk(site).messages.send({ ...sms, messageType: 'text', channel: 'sms' });
    expect(reply(site, 'stop')).toBeNull();
    const [came] = await receiver.count(1);
    expect(jsonOf(came!)).toMatchObject({
      to: from.slice(1),
      from: to.slice(1),
      channel: 'sms',
      message_type: 'text',
      text: 'stop',
      message_uuid: expect.any(String),
      sms: { num_messages: '1', keyword: 'STOP' },
    });
    const claims = await verify(came?.headers.authorization?.replace(/^Bearer /, '') ?? '', secret, 'HS256');
    expect(claims).toMatchObject({
      payload_hash: createHash('sha256')
        .update(came?.body ?? '')
        .digest('hex'),
    });
  });

  test('to a name is none', async () => {
    await using site = await listeningInbox([vonageEmulator({ inboundUrl: 'http://127.0.0.1:9/' })]);
    await vonageSdk(site).sms.send({ ...sms, from: 'Example' });
    expect(site.inbox.list()[0]?.byHand).toEqual([]);
  });

  test('the address is the account’s, whose secret it takes to set it, and can be taken away', async () => {
    await using site = await listeningInbox([vonageEmulator({ apiKey: 'a1b2c3d4', apiSecret: 'right' })]);
    const set = async (moCallBackUrl: string, secretOf = 'right') => {
      const headers = { authorization: `Basic ${btoa(`a1b2c3d4:${secretOf}`)}` };
      const body = new URLSearchParams({ moCallBackUrl });
      return (await fetch(`${site.url}/vonage/account/settings`, { method: 'POST', headers, body })).status;
    };
    const byHand = async () => {
      await vonageSdk(site, 'right').sms.send(sms);
      return site.inbox.list()[0]?.byHand;
    };
    expect(await set('http://127.0.0.1:9/', 'wrong')).toBe(401);
    expect(await set('example.com')).toBe(420);
    expect(await byHand()).toEqual([]);
    expect(await set('http://127.0.0.1:9/')).toBe(200);
    expect(await byHand()).toEqual(['reply']);
    expect(await set('')).toBe(200);
    expect(await byHand()).toEqual([]);
  });

  test('receipts go to the address of the account, where the message has none', async () => {
    const [usual, own] = [await receiving(), await receiving()];
    await using site = await listeningInbox([vonageEmulator()]);
    const sdk = vonageSdk(site);
    await sdk.accounts.updateAccountCallbacks({ drCallBackUrl: usual.url });
    await sdk.sms.send(sms);
    expect((await usual.count(2)).map(jsonOf)).toMatchObject([{ status: 'accepted' }, { status: 'delivered' }]);
    await sdk.sms.send({ ...sms, callback: own.url });
    await own.count(2);
    expect(usual.came).toHaveLength(2);
  });
});

describe('a reply at AWS', () => {
  test('is told to the topic of replies, signed, and nothing else is', async () => {
    const [replies, events] = [await receiving(), await receiving()];
    await using site = await listeningInbox([awsEmulator()]);
    await subscribe(site, replies, 'sms-replies');
    await subscribe(site, events, 'sms-events');
    const { MessageId } = (await sendByAws(site)) as { MessageId: string };
    expect(site.inbox.list()[0]?.byHand).toEqual(['receipt', 'reply']);
    expect(reply(site, 'yes please')).toBeNull();
    await vi.waitFor(() => expect(notificationsOf(events.came)).toHaveLength(2));
    await vi.waitFor(() => expect(notificationsOf(replies.came)).toHaveLength(1));
    const [told = {}] = notificationsOf(replies.came);
    expect(contentOf(told)).toEqual({
      originationNumber: to,
      destinationNumber: from,
      messageKeyword: 'YES',
      messageBody: 'yes please',
      previousPublishedMessageId: MessageId,
      inboundMessageId: expect.any(String),
    });
    const certificate = new URL(told['SigningCertURL'] as string).pathname;
    const key = await (await fetch(`${site.url}/aws/sns${certificate}`)).text();
    const signed = ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type']
      .map((name) => `${name}\n${told[name] as string}\n`)
      .join('');
    const isSigned = (what: string) =>
      createVerify('RSA-SHA1')
        .update(what)
        .verify(key, told['Signature'] as string, 'base64');
    expect([isSigned(signed), isSigned(signed.replace('yes', 'no'))]).toEqual([true, false]);
    // Another reply, or event, shows that nothing more came.
    reply(site, 'again');
    await vi.waitFor(() => expect(notificationsOf(replies.came)).toHaveLength(2));
    expect(notificationsOf(events.came)).toHaveLength(2);
  });

  test('is none where the text came from no number, or nobody subscribed to the topic', async () => {
    const replies = await receiving();
    await using site = await listeningInbox([
      awsEmulator({ twoWayTopicArn: 'arn:aws:sns:us-east-1:000000000000:mine' }),
    ]);
    await subscribe(site, replies, 'sms-replies');
    await sendByAws(site);
    expect(site.inbox.list()[0]?.byHand).toEqual(['receipt']);
    await subscribe(site, replies, 'mine');
    await sendByAws(site);
    expect(site.inbox.list()[0]?.byHand).toEqual(['receipt', 'reply']);
    await sendByAws(site, { OriginationIdentity: 'MyBrand' });
    expect(site.inbox.list()[0]?.byHand).toEqual(['receipt']);
    await sendByAws(site, { ConfigurationSetName: undefined });
    expect(site.inbox.list()[0]?.byHand).toEqual(['reply']);
  });
});

describe('a reply at SMS Gateway for Android', () => {
  test('is what the phone received, told to its webhooks, signed', async () => {
    const receiver = await receiving();
    await using site = await listeningInbox([androidGatewayEmulator({ signingKey: 'a key', number: from })]);
    await gateway(site, '/webhooks', { url: `${receiver.url}/in`, event: 'sms:received' });
    await gateway(site, '/messages', { textMessage: { text }, phoneNumbers: [to] });
    expect(site.inbox.list()[0]?.byHand).toEqual(['reply']);
    expect(reply(site, 'STOP')).toBeNull();
    const [came] = await receiver.count(1);
    expect(jsonOf(came!)).toMatchObject({
      event: 'sms:received',
      payload: { message: 'STOP', sender: to, phoneNumber: to, recipient: from, simNumber: 1 },
    });
    const provider = androidGatewayProvider({
      baseUrl: site.url,
      username: 'sms',
      password: 'password',
      signingKey: 'a key',
    });
    const request = {
      method: 'POST',
      url: receiver.url,
      headers: new Headers(came?.headers as Record<string, string>),
      nowMs: Date.now(),
    };
    // It is no receipt; what is not signed is refused.
    expect(await provider.receipts?.({ ...request, body: Buffer.from(came?.body ?? '') })).toEqual([]);
    await expect(provider.receipts?.({ ...request, body: Buffer.from(`${came?.body} `) })).rejects.toThrow(
      ReceiptError,
    );
  });
});

test.each([
  ['twilio', twilioEmulator],
  ['vonage', vonageEmulator],
])('an address for replies that is none is refused: %s', (_, make) => {
  for (const inboundUrl of ['', 'example.com', 'ftp://example.com/']) {
    expect(() => make({ inboundUrl })).toThrow(ConfigurationError);
  }
});

test('an SmsUrl that is none is refused', async () => {
  await using site = await listeningInbox([twilioEmulator()]);
  const { incomingPhoneNumbers } = twilioSdk(site.url, account, token);
  await expect(incomingPhoneNumbers.create({ phoneNumber: from, smsUrl: 'example' })).rejects.toThrow(
    twilio.RestException,
  );
  await expect(incomingPhoneNumbers.create({ phoneNumber: '5005550006' })).rejects.toThrow(twilio.RestException);
});
