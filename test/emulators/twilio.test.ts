import { request as httpRequest } from 'node:http';
import twilio, { validateRequest } from 'twilio';
import { expect, describe, test } from 'vitest';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import { twilioEmulator, type TwilioEmulatorOptions } from '../../src/inbox/emulators/twilio.ts';
import {
  callbackServer,
  listeningInbox,
  type Callback,
  type CallbackAnswer,
  type ListeningInbox,
} from './carrier-under-test.ts';
import { twilioSdk } from './twilio-sdk.ts';

const account = `AC${'0123456789abcdef'.repeat(2)}`;
const otherAccount = `AC${'f'.repeat(32)}`;
const token = 'an auth token of 32 characters..';
const service = `MG${'a'.repeat(32)}`;
const from = '+15005550006';
const alice = '+12025550143';
const body = '493817 is your Acme code.';

const sdk = ({ url }: Pick<ListeningInbox, 'url'>, sid = account, secret = token) => twilioSdk(url, sid, secret);

const emulated = (options: TwilioEmulatorOptions = {}) => listeningInbox([twilioEmulator(options)]);

function next(site: ListeningInbox, fault: Fault): void {
  site.carrier.faults.add({ vendor: 'twilio', fault, next: 1 });
}

/** What the SDK makes of a refusal. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof twilio.RestException ? { status: error.status, code: error.code } : error;
}

const formOf = ({ body: text }: Callback) => Object.fromEntries(new URLSearchParams(text));

describe('sending', () => {
  test('is answered as Twilio does, and the text arrives', async () => {
    await using site = await emulated();
    const { body: message, statusCode } = await sdk(site).messages.createWithHttpInfo({ to: alice, from, body });
    expect(statusCode).toBe(201);
    expect(message).toMatchObject({
      accountSid: account,
      body,
      dateSent: null,
      direction: 'outbound-api',
      errorCode: null,
      from,
      numSegments: '1',
      status: 'queued',
      to: alice,
    });
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(message.dateCreated.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(site.inbox.list()).toMatchObject([{ to: alice, from, body, code: '493817', provider: 'twilio' }]);
  });

  test('has the members of Twilio on the wire, and no others', async () => {
    await using site = await emulated();
    const response = await fetch(`${site.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account}:${token}`)}` },
      body: new URLSearchParams({ To: alice, From: from, Body: 'ж'.repeat(71) }),
    });
    const message = (await response.json()) as { sid: string };
    const uri = `/2010-04-01/Accounts/${account}/Messages/${message.sid}`;
    const date = expect.stringMatching(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000$/) as string;
    expect(message).toEqual({
      account_sid: account,
      api_version: '2010-04-01',
      body: 'ж'.repeat(71),
      date_created: date,
      date_sent: null,
      date_updated: date,
      direction: 'outbound-api',
      error_code: null,
      error_message: null,
      from,
      messaging_service_sid: null,
      num_media: '0',
      num_segments: '2',
      price: null,
      price_unit: null,
      sid: message.sid,
      status: 'queued',
      subresource_uris: { media: `${uri}/Media.json` },
      to: alice,
      uri: `${uri}.json`,
    });
  });

  test('by a messaging service is accepted, and has its sender later', async () => {
    await using site = await emulated();
    const client = sdk(site);
    const {
      from: sender,
      messagingServiceSid,
      sid,
      status,
    } = await client.messages.create({
      to: alice,
      messagingServiceSid: service,
      body,
    });
    expect({ sender, messagingServiceSid, status }).toEqual({
      sender: null,
      messagingServiceSid: service,
      status: 'accepted',
    });
    expect(await client.messages(sid).fetch()).toMatchObject({ from, status: 'delivered' });
  });

  const long = 'x'.repeat(1_601);
  test.each([
    ['no number', { to: '', from, body }, 21_604],
    ['no sender', { to: alice, body }, 21_603],
    ['no text', { to: alice, from }, 21_602],
    ['an empty text', { to: alice, from, body: '' }, 21_602],
    ['too long a text', { to: alice, from, body: long }, 21_617],
    ['a number that is none', { to: '202-555-0143', from, body }, 21_211],
    ['a number without its plus', { to: alice.slice(1), from, body }, 21_211],
    ['a sender that is none', { to: alice, from: '+1202', body }, 21_212],
    ['too long a sender', { to: alice, from: 'Example Inc.', body }, 21_212],
    ['a number that texts itself', { to: alice, from: alice, body }, 21_266],
    ['a callback that is no address', { to: alice, from, body, statusCallback: 'example' }, 21_609],
    ['a callback that is not of the Web', { to: alice, from, body, statusCallback: 'ftp://example.com/' }, 21_609],
    ['the number that is invalid', { to: '+15005550001', from, body }, 21_211],
    ['the number that is unroutable', { to: '+15005550002', from, body }, 21_612],
    ['the number of a region that is not enabled', { to: '+15005550003', from, body }, 21_408],
    ['the number that has opted out', { to: '+15005550004', from, body }, 21_610],
    ['the number that takes no SMS', { to: '+15005550009', from, body }, 21_614],
    ['the sender that is invalid', { to: alice, from: '+15005550001', body }, 21_212],
    ['the sender that is not owned', { to: alice, from: '+15005550007', body }, 21_606],
    ['the sender whose queue is full', { to: alice, from: '+15005550008', body }, 21_611],
  ])('%s is refused with its code, and costs no scripted fault', async (_, message, code) => {
    await using site = await emulated();
    next(site, { kind: 'dropped' });
    expect(await refusalOf(sdk(site).messages.create(message))).toEqual({ status: 400, code });
    expect(site.inbox.list()).toEqual([]);
    expect(site.carrier.faults.list()).toHaveLength(1);
  });

  test.each(['12345', 'Example', 'Acme 2', '+447400123456'])('%s is a sender', async (sender) => {
    await using site = await emulated();
    await sdk(site).messages.create({ to: alice, from: sender, body });
    expect(site.inbox.list()).toMatchObject([{ from: sender }]);
  });

  test('1,600 characters are not too many', async () => {
    await using site = await emulated();
    await expect(sdk(site).messages.create({ to: alice, from, body: long.slice(1) })).resolves.toMatchObject({
      numSegments: '11',
    });
  });
});

describe('who may call', () => {
  const send = (client: ReturnType<typeof sdk>) => refusalOf(client.messages.create({ to: alice, from, body }));

  test('any account with any token, when none is configured', async () => {
    await using site = await emulated();
    expect(await send(sdk(site))).toBeNull();
    expect(await send(sdk(site, otherAccount, 'whatever'))).toBeNull();
  });

  test('the account with its token, when they are configured', async () => {
    await using site = await emulated({ accountSid: account, authToken: token });
    expect(await send(sdk(site))).toBeNull();
    expect(await send(sdk(site, account, 'wrong'))).toEqual({ status: 401, code: 20_003 });
    expect(await send(sdk(site, otherAccount))).toEqual({ status: 401, code: 20_003 });
  });

  test('an API key, for an account that exists', async () => {
    await using site = await emulated({ accountSid: account, authToken: token });
    const withKey = (accountSid: string) => twilioSdk(site.url, `SK${'1'.repeat(32)}`, 'a secret', accountSid);
    expect(await send(withKey(account))).toBeNull();
    expect(await send(withKey(otherAccount))).toEqual({ status: 404, code: 20_404 });
  });

  test.each([
    undefined,
    'Basic',
    'Basic !',
    `Bearer ${token}`,
    `Basic ${btoa(account)}`,
    `Basic ${btoa(`${account}:`)}`,
    `Basic ${btoa(`me:${token}`)}`,
  ])('nobody with %s', async (authorization) => {
    await using site = await emulated();
    const response = await fetch(`${site.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="Twilio API"');
    expect(await response.json()).toEqual({
      code: 20_003,
      message: 'Authenticate',
      more_info: 'https://www.twilio.com/docs/errors/20003',
      status: 401,
    });
  });

  const call = (site: ListeningInbox, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const path = `/twilio/2010-04-01/Accounts/${account}/Messages.json`;
      const request = httpRequest(`${site.url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa(`${account}:${token}`)}`,
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
      });
      request.on('error', reject).on('response', (response) => resolve(response.resume().statusCode));
      request.end(new URLSearchParams({ To: alice, From: from, Body: body }).toString());
    });

  test.each([
    ['the Origin of a website', { origin: 'https://example.com' }],
    ['no Origin that could be told', { origin: 'null' }],
    ['another Host', { host: 'example.com' }],
    ['the mark of another site', { 'sec-fetch-site': 'cross-site' }],
    ['the mark of a proxy', { 'x-forwarded-for': '203.0.113.9' }],
  ])('no stranger: %s', async (_, headers) => {
    await using site = await emulated();
    expect(await call(site, headers)).toBe(403);
    expect(site.inbox.list()).toEqual([]);
    expect(await call(site, {})).toBe(201);
  });

  test('nobody with 64 KiB and more', async () => {
    await using site = await emulated();
    const response = await fetch(`${site.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account}:${token}`)}` },
      body: new URLSearchParams({ To: alice, From: from, Body: 'x'.repeat(65_536) }),
    });
    expect(response.status).toBe(413);
  });
});

describe('messages that were sent', () => {
  test('are fetched, redacted and deleted', async () => {
    await using site = await emulated();
    const { messages } = sdk(site);
    const { sid } = await messages.create({ to: alice, from, body });
    const message = await messages(sid).fetch();
    expect(message).toMatchObject({ sid, status: 'delivered', body, errorCode: null });
    expect(message.dateSent.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await messages(sid).update({ body: '' })).toMatchObject({ sid, body: '' });
    expect(await refusalOf(messages(sid).update({ body: 'another' }))).toMatchObject({ status: 400 });
    expect(await messages(sid).remove()).toBe(true);
    expect(await refusalOf(messages(sid).fetch())).toEqual({ status: 404, code: 20_404 });
    expect(await refusalOf(messages(sid).remove())).toEqual({ status: 404, code: 20_404 });
  });

  test('are those of the account', async () => {
    await using site = await emulated();
    const { sid } = await sdk(site).messages.create({ to: alice, from, body });
    const other = sdk(site, otherAccount);
    expect(await refusalOf(other.messages(sid).fetch())).toEqual({ status: 404, code: 20_404 });
    expect(await other.messages.list()).toEqual([]);
  });

  test('are listed page by page, the newest first, with nothing twice when more is sent meanwhile', async () => {
    await using site = await emulated();
    const { messages } = sdk(site);
    const sids: string[] = [];
    for (let sent = 0; sent < 5; sent += 1) sids.unshift((await messages.create({ to: alice, from, body })).sid);
    const first = await messages.page({ pageSize: 2 });
    expect(first.instances.map(({ sid }) => sid)).toEqual(sids.slice(0, 2));
    await messages.create({ to: alice, from, body });
    const second = await first.nextPage();
    expect(second?.instances.map(({ sid }) => sid)).toEqual(sids.slice(2, 4));
    const third = await second?.nextPage();
    expect(third?.instances.map(({ sid }) => sid)).toEqual(sids.slice(4));
    expect(third?.nextPageUrl).toBeUndefined();
    expect(await messages.list({ pageSize: 2 })).toHaveLength(6);
    expect(await messages.list({ pageSize: 2, limit: 3 })).toHaveLength(3);
  });

  test('are listed by number, sender and day', async () => {
    await using site = await emulated();
    const { messages } = sdk(site);
    await messages.create({ to: alice, from, body });
    await messages.create({ to: '+447400123456', from: 'Example', body });
    const day = 86_400_000;
    const [yesterday, today, tomorrow] = [-day, 0, day].map((ms) => new Date(Date.now() + ms));
    const toOf = async (options: Parameters<typeof messages.list>[0]) =>
      (await messages.list(options)).filter(({ direction }) => direction === 'outbound-api').map(({ to }) => to);
    expect(await toOf({ to: alice })).toEqual([alice]);
    expect(await toOf({ from: 'Example' })).toEqual(['+447400123456']);
    expect(await toOf({ dateSent: today })).toHaveLength(2);
    expect(await toOf({ dateSent: yesterday })).toHaveLength(0);
    expect(await toOf({ dateSentAfter: yesterday, dateSentBefore: tomorrow })).toHaveLength(2);
    expect(await toOf({ dateSentAfter: tomorrow })).toHaveLength(0);
    expect(await toOf({ dateSentBefore: yesterday })).toHaveLength(0);
  });

  test('what is not there is not found, as Twilio says it', async () => {
    await using site = await emulated();
    expect(
      await refusalOf(
        sdk(site)
          .messages(`SM${'0'.repeat(32)}`)
          .fetch(),
      ),
    ).toEqual({ status: 404, code: 20_404 });
    expect(await refusalOf(sdk(site).calls.list())).toEqual({ status: 404, code: 20_404 });
  });
});

describe('receipts', () => {
  /** Sends with a status callback and resolves with the receipts. */
  async function receiptsOf(
    { search = '', hash = '', messagingServiceSid }: { search?: string; hash?: string; messagingServiceSid?: string },
    {
      fault = null,
      howMany = 2,
      answers = [],
      options = {},
      secret = token,
    }: {
      fault?: Fault | null;
      howMany?: number;
      answers?: readonly CallbackAnswer[];
      options?: TwilioEmulatorOptions;
      secret?: string;
    } = {},
  ) {
    await using receiver = await callbackServer(answers);
    await using site = await listeningInbox([twilioEmulator(options)], { wait: async () => undefined });
    if (fault) next(site, fault);
    const url = `${receiver.url}/receipts${search}`;
    const sender = messagingServiceSid === undefined ? { from } : { messagingServiceSid };
    const { sid } = await sdk(site, account, secret).messages.create({
      to: alice,
      ...sender,
      body,
      statusCallback: `${url}${hash}`,
    });
    const came = [...(await receiver.count(howMany))];
    return { came, url, sid, message: await sdk(site, account, secret).messages(sid).fetch() };
  }

  test('tell each status after the first, in a form that is signed with the token of the call', async () => {
    const search = '?ref=v1abc.1&a=%20%C3%BC';
    const { came, sid, url } = await receiptsOf({ search });
    const about = {
      SmsSid: sid,
      MessageSid: sid,
      AccountSid: account,
      To: alice,
      From: from,
      ApiVersion: '2010-04-01',
    };
    expect(came.map(formOf)).toEqual([
      { ...about, SmsStatus: 'sent', MessageStatus: 'sent' },
      {
        ...about,
        SmsStatus: 'delivered',
        MessageStatus: 'delivered',
        RawDlrDoneDate: expect.stringMatching(/^\d{10}$/) as string,
      },
    ]);
    for (const receipt of came) {
      expect(receipt.path).toBe(`/receipts${search}`);
      expect(receipt.headers).toMatchObject({
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'user-agent': 'TwilioProxy/1.1',
      });
      const signature = receipt.headers['x-twilio-signature'] as string;
      expect(validateRequest(token, signature, url, formOf(receipt))).toBe(true);
      expect(validateRequest('another token', signature, url, formOf(receipt))).toBe(false);
      expect(validateRequest(token, signature, `${url}&b`, formOf(receipt))).toBe(false);
      expect(validateRequest(token, signature, url, { ...formOf(receipt), MessageStatus: 'failed' })).toBe(false);
    }
  });

  test('are signed with the token that is configured, whatever an API key calls with', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated({ authToken: token });
    const key = twilioSdk(site.url, `SK${'1'.repeat(32)}`, 'a secret', account);
    await key.messages.create({ to: alice, from, body, statusCallback: receiver.url });
    for (const receipt of await receiver.count(2)) {
      expect(
        validateRequest(token, receipt.headers['x-twilio-signature'] as string, receiver.url, formOf(receipt)),
      ).toBe(true);
    }
  });

  test('of a messaging service begin with queued and name it', async () => {
    const { came } = await receiptsOf({ messagingServiceSid: service }, { howMany: 3 });
    expect(
      came
        .map(formOf)
        .map(({ MessageStatus, MessagingServiceSid, From }) => [MessageStatus, MessagingServiceSid, From]),
    ).toEqual([
      ['queued', service, from],
      ['sent', service, from],
      ['delivered', service, from],
    ]);
  });

  test('keep user and password of the address to themselves, and send them along', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated();
    const address = `${receiver.url.replace('http://', 'http://me:p%40ss@')}/receipts`;
    await sdk(site).messages.create({ to: alice, from, body, statusCallback: address });
    const [first] = await receiver.count(2);
    expect(first?.headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
    expect(validateRequest(token, first?.headers['x-twilio-signature'] as string, address, formOf(first!))).toBe(true);
  });

  const statusesOf = (came: readonly Callback[]) => came.map((receipt) => formOf(receipt)['MessageStatus']);
  const tokensOf = (came: readonly Callback[]) =>
    new Set(came.map(({ headers }) => headers['i-twilio-idempotency-token'])).size;

  test('are told again once when there was no answer, and not when there was one', async () => {
    const cut = await receiptsOf({}, { answers: ['cut'], howMany: 3 });
    expect(statusesOf(cut.came)).toEqual(['sent', 'sent', 'delivered']);
    expect(tokensOf(cut.came)).toBe(2);
    const refused = await receiptsOf({}, { answers: [500, 404] });
    expect(statusesOf(refused.came)).toEqual(['sent', 'delivered']);
  });

  test('are told again as the fragment of the address says, which is neither sent nor signed', async () => {
    const twice = await receiptsOf({ hash: '#rc=2&rp=5xx' }, { answers: [500, 503, 500, 404], howMany: 4 });
    expect(statusesOf(twice.came)).toEqual(['sent', 'sent', 'sent', 'delivered']);
    for (const receipt of twice.came) {
      const signature = receipt.headers['x-twilio-signature'] as string;
      expect(validateRequest(token, signature, twice.url, formOf(receipt))).toBe(true);
    }
    const never = await receiptsOf({ hash: '#rc=0' }, { answers: ['cut'] });
    expect(statusesOf(never.came)).toEqual(['sent', 'delivered']);
    const always = await receiptsOf({ hash: '#rp=all' }, { answers: [404], howMany: 3 });
    expect(statusesOf(always.came)).toEqual(['sent', 'sent', 'delivered']);
  });

  test('of what is not delivered say why', async () => {
    const { came, message } = await receiptsOf({}, { fault: { kind: 'undelivered', code: '30005' } });
    expect(came.map(formOf)).toMatchObject([
      { MessageStatus: 'sent' },
      { MessageStatus: 'undelivered', ErrorCode: '30005' },
    ]);
    expect(message).toMatchObject({ status: 'undelivered', errorCode: 30_005 });
  });

  test('of what is not delivered say 30008 when nothing else was scripted', async () => {
    const { came, message } = await receiptsOf({}, { fault: { kind: 'undelivered', code: undefined } });
    expect(came.map(formOf)).toMatchObject([{}, { ErrorCode: '30008' }]);
    expect(message.errorCode).toBe(30_008);
  });

  test('come twice when the text does', async () => {
    const { came } = await receiptsOf({}, { fault: { kind: 'duplicate' }, howMany: 4 });
    expect(statusesOf(came)).toEqual(['sent', 'sent', 'delivered', 'delivered']);
  });

  test('come before the answer when they are early', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated();
    next(site, { kind: 'early_receipts' });
    const { status } = await sdk(site).messages.create({ to: alice, from, body, statusCallback: receiver.url });
    expect(status).toBe('queued');
    expect(statusesOf(receiver.came)).toEqual(['sent', 'delivered']);
  });
});

describe('what goes wrong', () => {
  const message = { to: alice, from, body };
  const textsOf = ({ inbox }: ListeningInbox) => inbox.list().length;

  test.each([
    [
      { kind: 'rate_limited', retryAfterSeconds: 7 },
      { status: 429, code: 20_429 },
    ],
    [
      { kind: 'server_error', status: 500 },
      { status: 500, code: 20_500 },
    ],
    [
      { kind: 'server_error', status: 503 },
      { status: 503, code: 20_503 },
    ],
    [
      { kind: 'refused', code: '21610' },
      { status: 400, code: 21_610 },
    ],
    [
      { kind: 'refused', code: '30450' },
      { status: 400, code: 30_450 },
    ],
    [
      { kind: 'refused', code: '20003' },
      { status: 401, code: 20_003 },
    ],
    [
      { kind: 'refused', code: undefined },
      { status: 400, code: 21_612 },
    ],
  ] satisfies [Fault, object][])(
    '%j is refused, nothing arrives, and the next one is taken',
    async (fault, refused) => {
      await using site = await emulated();
      next(site, fault);
      expect(await refusalOf(sdk(site).messages.create(message))).toEqual(refused);
      expect(textsOf(site)).toBe(0);
      expect(await sdk(site).messages.list()).toEqual([]);
      expect(await refusalOf(sdk(site).messages.create(message))).toBeNull();
    },
  );

  test('a call that is limited is told for how long', async () => {
    await using site = await emulated();
    next(site, { kind: 'rate_limited', retryAfterSeconds: 7 });
    const response = await fetch(`${site.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account}:${token}`)}` },
      body: new URLSearchParams({ To: alice, From: from, Body: body }),
    });
    expect(response.headers.get('retry-after')).toBe('7');
  });

  test('a connection that breaks before leaves nothing behind, one that breaks after leaves the text', async () => {
    await using site = await emulated();
    next(site, { kind: 'cut_before' });
    expect(await refusalOf(sdk(site).messages.create(message))).toMatchObject({ code: 'ECONNRESET' });
    expect(textsOf(site)).toBe(0);
    next(site, { kind: 'cut_after' });
    expect(await refusalOf(sdk(site).messages.create(message))).toMatchObject({ code: 'ECONNRESET' });
    expect(textsOf(site)).toBe(1);
    expect(await sdk(site).messages.list()).toMatchObject([{ status: 'delivered' }]);
    expect(site.errors).toEqual([]);
  });

  test('the receipts of a message whose answer was lost come', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated();
    next(site, { kind: 'cut_after' });
    await refusalOf(sdk(site).messages.create({ ...message, statusCallback: receiver.url }));
    expect((await receiver.count(2)).map((receipt) => formOf(receipt)['MessageStatus'])).toEqual(['sent', 'delivered']);
  });

  test('what is dropped is taken and stays sent; nothing arrives', async () => {
    await using site = await emulated();
    next(site, { kind: 'dropped' });
    const { sid, status } = await sdk(site).messages.create(message);
    expect(status).toBe('queued');
    expect(textsOf(site)).toBe(0);
    expect(await sdk(site).messages(sid).fetch()).toMatchObject({ status: 'sent', errorCode: null });
  });

  test('what is not delivered is taken, and does not arrive', async () => {
    await using site = await emulated();
    next(site, { kind: 'undelivered', code: '30005' });
    const { errorCode, status } = await sdk(site).messages.create(message);
    expect({ errorCode, status }).toEqual({ errorCode: null, status: 'queued' });
    expect(textsOf(site)).toBe(0);
  });

  test('a duplicate is taken once and arrives twice', async () => {
    await using site = await emulated();
    next(site, { kind: 'duplicate' });
    await sdk(site).messages.create(message);
    expect(textsOf(site)).toBe(2);
    expect(await sdk(site).messages.list()).toHaveLength(1);
  });
});
