import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Vonage } from '@vonage/server-sdk';
import { verify } from 'hono/jwt';
import { JwtTokenSignatureMismatched } from 'hono/utils/jwt/types';
import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import type { SignatureMethod } from '../../src/inbox/emulators/vonage-signing.ts';
import { vonageEmulator, type VonageEmulatorOptions } from '../../src/inbox/emulators/vonage.ts';
import type { Provider, Receipt } from '../../src/providers/provider.ts';
import { vonageProvider, type VonageOptions } from '../../src/providers/vonage.ts';
import { messageWith } from '../../src/testing/provider-cases/case.ts';
import {
  callbackServer,
  listeningInbox,
  type Callback,
  type CallbackServer,
  type ListeningInbox,
} from './carrier-under-test.ts';

const account = { apiKey: 'a1b2c3d4', apiSecret: 'wC7hT9vXq2LmR4sZ' };
const signatureSecret = 'kR8fJ2nVwQ5xB7zD1gH4';
const to = '12025550143';
const text = '493817 is your Example code.';
const apis = ['sms', 'messages'] as const;
type Api = (typeof apis)[number];

const listening = (options: VonageEmulatorOptions = {}, carrier: Parameters<typeof listeningInbox>[1] = {}) =>
  listeningInbox([vonageEmulator(options)], carrier);

/** The vendor's own SDK, unmodified, pointed at the emulator. */
const sdkAt = ({ url }: ListeningInbox, of = account) =>
  new Vonage(of, { restHost: `${url}/vonage`, apiHost: `${url}/vonage` });
const sms = { from: 'Example', to, text };
const message = { ...sms, messageType: 'text', channel: 'sms' } as const;

/** What a send by our provider comes to: its id, or the kind of its error. */
async function outcome(
  { url }: ListeningInbox,
  api: Api,
  of: Partial<VonageOptions> = {},
  receiptUrl: string | null = null,
) {
  const provider = vonageProvider({ ...account, from: 'Example', api, baseUrl: `${url}/vonage`, ...of });
  try {
    const receiptUrlOf = () => receiptUrl && `${receiptUrl}?ref=${messageWith().reference}`;
    const sending = provider.send(messageWith({ text, receiptUrl: receiptUrlOf }), {
      signal: new AbortController().signal,
    });
    return { messageId: (await sending).messageId };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { kind: error.kind, retryAfterSeconds: error.retryAfterSeconds };
  }
}

/** What our provider reads in receipts that came. */
async function readBy(
  provider: Provider,
  { url }: CallbackServer,
  came: readonly Callback[],
): Promise<readonly Receipt[]> {
  const read = came.map(async ({ headers, body, path }) => {
    const request = { method: 'POST', url: url + path, headers: new Headers(headers as Record<string, string>) };
    return (await provider.receipts?.({ ...request, body: Buffer.from(body), nowMs: Date.now() })) ?? [];
  });
  return (await Promise.all(read)).flat();
}

const sorted = (words: readonly string[]): string[] => words.toSorted((one, other) => (one < other ? -1 : 1));

interface SmsAnswer {
  messages: { status: string }[];
}

const post = ({ url }: ListeningInbox, path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/vonage${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
const basic = (key: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`,
});

describe('the vendor’s SDK, unmodified', () => {
  test('sends by the SMS API: the text is in the inbox, and the answer has an id, a price and a balance', async () => {
    await using site = await listening(account);
    const { messageCount, messages } = await sdkAt(site).sms.send(sms);
    expect(messageCount).toBe('1');
    expect(messages).toMatchObject([
      {
        to,
        status: '0',
        messageId: expect.stringMatching(/^0A/),
        messagePrice: '0.03330000',
        remainingBalance: expect.stringMatching(/^\d/),
        network: expect.stringMatching(/^\d{5}$/),
      },
    ]);
    expect(site.inbox.list()).toMatchObject([{ to: `+${to}`, from: 'Example', body: text, provider: 'vonage' }]);
  });

  test('is told of each part of a long text', async () => {
    await using site = await listening();
    const { messages } = await sdkAt(site).sms.send({ ...sms, text: 'Ö493817 '.repeat(40) });
    expect(messages).toHaveLength(3);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3);
    const asUnicode = await sdkAt(site).sms.send({ ...sms, text: 'Ö493817 '.repeat(40), type: 'unicode' as never });
    expect(asUnicode.messages).toHaveLength(5);
    expect(site.inbox.list()).toHaveLength(2);
  });

  test('sends by the Messages API', async () => {
    await using site = await listening(account);
    const { messageUUID } = await sdkAt(site).messages.send(message);
    expect(messageUUID).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(site.inbox.list()).toMatchObject([{ to: `+${to}`, from: 'Example', body: text, provider: 'vonage' }]);
  });

  test('learns of a wrong secret as at the vendor: in a 200 by the SMS API, as a 401 by Messages', async () => {
    await using site = await listening(account);
    const sdk = sdkAt(site, { ...account, apiSecret: 'wrong' });
    await expect(sdk.sms.send(sms)).rejects.toMatchObject({ response: { messages: [{ status: '4' }] } });
    await expect(sdk.messages.send(message)).rejects.toMatchObject({ response: { status: 401 } });
    expect(site.inbox.list()).toEqual([]);
  });
});

describe('an account', () => {
  test('is any, unless one is named; then key and secret must be its own', async () => {
    await using any = await listening();
    await using one = await listening(account);
    for (const api of apis) {
      expect(await outcome(any, api, { apiKey: 'x', apiSecret: 'y' })).toHaveProperty('messageId');
      expect(await outcome(one, api)).toHaveProperty('messageId');
      expect(await outcome(one, api, { apiKey: 'x' })).toMatchObject({ kind: 'auth' });
      expect(await outcome(one, api, { apiSecret: 'x' })).toMatchObject({ kind: 'auth' });
    }
  });

  test('may be named among the parameters of the SMS API, in JSON or a form, but not at Messages', async () => {
    await using site = await listening(account);
    const fields = { ...sms, api_key: account.apiKey, api_secret: account.apiSecret };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const statusOf = async (answer: Response) => ((await answer.json()) as SmsAnswer).messages[0]?.status;
    expect(await statusOf(await post(site, '/sms/json', JSON.stringify(fields)))).toBe('0');
    expect(await statusOf(await post(site, '/sms/json', new URLSearchParams(fields).toString(), form))).toBe('0');
    expect(await statusOf(await post(site, '/sms/json', JSON.stringify({ ...fields, api_secret: 'x' })))).toBe('4');
    expect(await statusOf(await post(site, '/sms/json', JSON.stringify(sms)))).toBe('2');
    const atMessages = { ...fields, message_type: 'text', channel: 'sms' };
    expect((await post(site, '/v1/messages', JSON.stringify(atMessages))).status).toBe(401);
  });
});

describe('what the vendor would not take:', () => {
  const { authorization } = basic(account.apiKey, account.apiSecret);

  test.each([
    [{ to: undefined }, '2'],
    [{ from: '' }, '2'],
    [{ text: undefined }, '2'],
    [{ to: '+12025550143' }, '3'],
    [{ to: '123' }, '3'],
    [{ type: 'telegram' }, '3'],
    [{ ttl: 19_999 }, '3'],
    [{ ttl: 604_800_001 }, '3'],
    [{ 'client-ref': 'r'.repeat(101) }, '3'],
    [{ from: 'A name that is too long' }, '15'],
    [{ callback: `https://example.com/${'a'.repeat(81)}` }, '23'],
    [{ callback: 'example.com' }, '23'],
    [{ text: 'x'.repeat(3_201) }, '12'],
  ])('SMS API: %o is status %s in a 200', async (over, status) => {
    await using site = await listening();
    const answer = await post(site, '/sms/json', JSON.stringify({ ...sms, ...over }), { authorization });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      'message-count': '1',
      messages: [{ status, 'error-text': expect.stringMatching(/./) }],
    });
    expect(site.inbox.list()).toEqual([]);
  });

  test.each([
    [{ to: undefined }, '1010'],
    [{ message_type: undefined }, '1010'],
    [{ channel: 'telegram' }, '1400'],
    [{ message_type: 'image' }, '1440'],
    [{ to: '+12025550143' }, '1170'],
    [{ from: 'A name that is too long' }, '1120'],
    [{ ttl: 19 }, '1130'],
    [{ client_ref: 'r'.repeat(101) }, '1450'],
    [{ webhook_url: 'example.com' }, '1020'],
    [{ webhook_version: 'v2' }, '1020'],
    [{ text: 'x'.repeat(1_001) }, '1020'],
  ])('Messages API: %o is a problem %s', async (over, code) => {
    await using site = await listening();
    const fields = { ...sms, message_type: 'text', channel: 'sms', ...over };
    const answer = await post(site, '/v1/messages', JSON.stringify(fields), { authorization });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      type: `https://developer.vonage.com/api-errors/messages#${code}`,
      title: expect.stringMatching(/./),
    });
    expect(site.inbox.list()).toEqual([]);
  });

  test('what is no JSON, and paths that are not there', async () => {
    await using site = await listening();
    expect(await (await post(site, '/sms/json', '{', { authorization })).json()).toMatchObject({
      messages: [{ status: '2' }],
    });
    expect((await post(site, '/v1/messages', '{', { authorization })).status).toBe(422);
    expect((await post(site, '/v2/messages', '{}', { authorization })).status).toBe(404);
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    expect((await post(site, '/v1/messages', deep, { authorization })).status).toBe(422);
    expect(site.errors).toEqual([]);
  });
});

test('a fault may have any word for its code, one that every object knows too', async () => {
  await using site = await listening();
  site.carrier.faults.add({ fault: { kind: 'refused', code: 'constructor' }, next: 2 });
  const fields = JSON.stringify({ ...sms, message_type: 'text', channel: 'sms' });
  const headers = basic(account.apiKey, account.apiSecret);
  expect(await (await post(site, '/sms/json', fields, headers)).json()).toMatchObject({
    messages: [{ status: 'constructor', 'error-text': 'Rejected' }],
  });
  const answer = await post(site, '/v1/messages', fields, headers);
  expect([answer.status, await answer.json()]).toMatchObject([422, { title: 'Rejected' }]);
  expect(site.errors).toEqual([]);
});

test('letters that plain text has not arrive as question marks, unless the text is sent as Unicode; ours always arrives', async () => {
  await using site = await listening();
  const sdk = sdkAt(site);
  const arabic = 'رمزك 493817 🔐';
  await sdk.sms.send({ ...sms, text: arabic });
  await sdk.sms.send({ ...sms, text: arabic, type: 'unicode' as never });
  await sdk.messages.send({ ...message, text: arabic });
  for (const api of apis) {
    const provider = vonageProvider({ ...account, from: 'Example', api, baseUrl: `${site.url}/vonage` });
    await provider.send(messageWith({ text: arabic }), { signal: new AbortController().signal });
  }
  const bodies = site.inbox.list().map(({ body }) => body);
  expect(bodies.toReversed()).toEqual(['???? 493817 ?', arabic, arabic, arabic, arabic]);
});

describe('receipts', () => {
  const told = ({ body }: Callback) => JSON.parse(body);
  const methods: Readonly<Record<SignatureMethod, string>> = {
    md5hash: 'MD5HASH',
    md5: 'MD5HMAC',
    sha1: 'SHA1HMAC',
    sha256: 'SHA256HMAC',
    sha512: 'SHA512HMAC',
  };

  test.each(Object.entries(methods) as [SignatureMethod, string][])(
    'of the SMS API are signed as the vendor’s SDK checks it: %s',
    async (signatureMethod, atSdk) => {
      await using receiver = await callbackServer();
      await using site = await listening({ signatureSecret, signatureMethod });
      const sdk = sdkAt(site);
      const { messages } = await sdk.sms.send({
        ...sms,
        from: 'A&B',
        clientRef: 'order-1',
        callback: `${receiver.url}/dlr`,
      });
      const came = await receiver.count(2);
      expect(came.map(told)).toMatchObject([{ status: 'accepted' }, { status: 'delivered', 'err-code': '0' }]);
      for (const receipt of came.map(told)) {
        expect(receipt).toMatchObject({
          msisdn: to,
          to: 'A&B',
          messageId: messages[0]?.messageId,
          'client-ref': 'order-1',
          'api-key': account.apiKey,
          'message-timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
          scts: expect.stringMatching(/^\d{10}$/),
          sig: expect.stringMatching(/^[\dA-F]+$/),
        });
        expect(sdk.sms.verifySignature(receipt.sig, receipt, signatureSecret, atSdk as never)).toBe(true);
        expect(sdk.sms.verifySignature(receipt.sig, receipt, 'another', atSdk as never)).toBe(false);
      }
    },
  );

  test('of the SMS API tell of each part', async () => {
    await using receiver = await callbackServer();
    await using site = await listening();
    const { messages } = await sdkAt(site).sms.send({ ...sms, text: 'Ö493817 '.repeat(40), callback: receiver.url });
    const came = (await receiver.count(6)).map(told);
    const delivered = came.filter(({ status }) => status === 'delivered').map(({ messageId }) => messageId);
    expect(sorted(delivered)).toEqual(sorted(messages.map(({ messageId }) => messageId ?? '')));
  });

  test('of the Messages API bear a token over their body', async () => {
    await using receiver = await callbackServer();
    await using site = await listening({ signatureSecret });
    const webhookUrl = `${receiver.url}/status?ref=1`;
    const { messageUUID } = await sdkAt(site).messages.send({ ...message, clientRef: 'order-1', webhookUrl });
    const came = await receiver.count(2);
    expect(came.map(told)).toMatchObject([
      { status: 'submitted', message_uuid: messageUUID, client_ref: 'order-1', to, channel: 'sms' },
      { status: 'delivered', message_uuid: messageUUID, client_ref: 'order-1', sms: { count_total: '1' } },
    ]);
    for (const { headers, body, path } of came) {
      expect(path).toBe('/status?ref=1');
      const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
      const claims = await verify(token, signatureSecret, 'HS256');
      expect(claims).toMatchObject({
        iss: 'Vonage',
        api_key: account.apiKey,
        payload_hash: createHash('sha256').update(body).digest('hex'),
      });
      await expect(verify(token, 'another', 'HS256')).rejects.toThrow(JwtTokenSignatureMismatched);
    }
  });

  test('go nowhere when the message names no address', async () => {
    const asked: string[] = [];
    const nobody: typeof fetch = async (request) => {
      asked.push((request as Request).url);
      return new Response();
    };
    await using site = await listening({}, { fetch: nobody });
    for (const api of apis) expect(await outcome(site, api)).toHaveProperty('messageId');
    expect(await outcome(site, 'sms', {}, 'https://example.com/dlr')).toHaveProperty('messageId');
    await expect.poll(() => asked).toHaveLength(2);
    expect(asked).toEqual(['https://example.com/dlr', 'https://example.com/dlr']);
  });

  test.each(apis)('are tried again after 429 and 5xx, later each time, and after nothing else: %s', async (api) => {
    await using receiver = await callbackServer([500, 429, 503, 404]);
    const waits: number[] = [];
    await using site = await listening({}, { wait: async (ms) => void waits.push(ms) });
    await outcome(site, api, {}, receiver.url);
    const came = (await receiver.count(5)).map(told);
    expect(came.slice(0, 4).every(({ status }) => status === came[0].status)).toBe(true);
    expect(came[4].status).toBe('delivered');
    expect(waits).toEqual([5_000, 10_000, 20_000]);
  });

  test('are tried again for a day', async () => {
    const waits: number[] = [];
    await using site = await listening(
      {},
      { wait: async (ms) => void waits.push(ms), fetch: async () => new Response(null, { status: 503 }) },
    );
    await outcome(site, 'sms', {}, 'https://example.com/dlr');
    // Of two statuses, one after the other.
    await expect.poll(() => waits).toHaveLength(204);
    const waitsMs = waits.slice(0, 102);
    expect(waits.slice(102)).toEqual(waitsMs);
    const dayMs = 24 * 3_600_000;
    expect(Math.max(...waitsMs)).toBe(900_000);
    expect(waitsMs.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(dayMs - 900_000);
    expect(waitsMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(dayMs);
  });

  test.each(apis)('are what our provider reads, by the secret of the calls when no other is set: %s', async (api) => {
    for (const secret of [undefined, signatureSecret]) {
      await using receiver = await callbackServer();
      await using site = await listening({ signatureSecret: secret });
      const options = { ...account, from: 'Example', api, signatureSecret: secret ?? account.apiSecret };
      const sent = await outcome(site, api, options, `${receiver.url}/receipts`);
      site.carrier.faults.add({ fault: { kind: 'undelivered', code: undefined }, next: 1 });
      const failed = await outcome(site, api, options, `${receiver.url}/receipts`);
      const read = await readBy(vonageProvider(options), receiver, await receiver.count(4));
      const { reference } = messageWith();
      const receipt = (of: object, status: string, errorKind: string | null = null) => ({
        ...of,
        reference,
        status,
        errorKind,
      });
      expect(read).toHaveLength(4);
      expect(read).toEqual(
        expect.arrayContaining([
          receipt(sent, 'sent'),
          receipt(sent, 'delivered'),
          receipt(failed, 'sent'),
          receipt(failed, 'failed', 'temporary'),
        ]),
      );
    }
  });
});

describe.each(apis)('faults, as our provider sees them: %s', (api) => {
  const cases: readonly [fault: Fault, expected: object, arrive: number, receipts: readonly string[]][] = [
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, { kind: 'rate_limited', retryAfterSeconds: 7 }, 0, []],
    [{ kind: 'server_error', status: 503 }, { kind: 'temporary' }, 0, []],
    [{ kind: 'server_error', status: 502 }, { kind: 'ambiguous' }, 0, []],
    [{ kind: 'cut_before' }, { kind: 'ambiguous' }, 0, []],
    [{ kind: 'cut_after' }, { kind: 'ambiguous' }, 1, ['sent', 'delivered']],
    [{ kind: 'refused', code: undefined }, { kind: 'temporary' }, 0, []],
    [{ kind: 'refused', code: api === 'sms' ? '9' : '1070' }, { kind: 'funds' }, 0, []],
    [{ kind: 'dropped' }, { messageId: expect.any(String) }, 0, []],
    [
      { kind: 'undelivered', code: api === 'sms' ? '9' : '1240' },
      { messageId: expect.any(String) },
      0,
      ['sent', 'failed'],
    ],
    [{ kind: 'duplicate' }, { messageId: expect.any(String) }, 2, ['sent', 'sent', 'delivered', 'delivered']],
    [{ kind: 'late_receipts', delayMs: 1 }, { messageId: expect.any(String) }, 1, ['sent', 'delivered']],
    [{ kind: 'early_receipts' }, { messageId: expect.any(String) }, 1, ['sent', 'delivered']],
  ];

  test.each(cases)('%o', async (fault, expected, arrive, receipts) => {
    await using receiver = await callbackServer();
    await using site = await listening();
    site.carrier.faults.add({ fault, next: 1 });
    expect(await outcome(site, api, {}, receiver.url)).toMatchObject(expected);
    expect(site.inbox.list()).toHaveLength(arrive);
    // What comes after it shows that nothing more came of the first.
    expect(await outcome(site, api, {}, receiver.url)).toHaveProperty('messageId');
    const came = await receiver.count(receipts.length + 2);
    const read = await readBy(vonageProvider({ ...account, from: 'Example' }), receiver, came);
    expect(sorted(read.map(({ status }) => status))).toEqual(sorted([...receipts, 'sent', 'delivered']));
    if (fault.kind === 'undelivered') expect(read).toContainEqual(expect.objectContaining({ errorKind: 'opted_out' }));
  });

  test('a refusal by the SMS API is a 200, by Messages an error', async () => {
    await using site = await listening();
    site.carrier.faults.add({ fault: { kind: 'refused', code: undefined }, next: 1 });
    const path = api === 'sms' ? '/sms/json' : '/v1/messages';
    const body = JSON.stringify({ ...sms, message_type: 'text', channel: 'sms' });
    const answer = await post(site, path, body, basic(account.apiKey, account.apiSecret));
    expect(answer.status).toBe(api === 'sms' ? 200 : 500);
  });
});

test('the calls of its page are answered as the page says', async () => {
  await using site = await listening();
  const page = readFileSync('docs/providers/vonage.md', 'utf8');
  const blocks = [...page.matchAll(/^```(sh|json)\n(.*?)^```$/gms)].map(([, language, text = '']) => ({
    language,
    text,
  }));
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'json', 'sh', 'json']);
  for (const [at, { text: call }] of blocks.entries()) {
    if (at % 2 === 1) continue;
    const { stdout } = await promisify(execFile)('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${call}`]);
    const [url = '', ...flags] = stdout.split('\0');
    const valueOf = (flag: string) => flags[flags.indexOf(flag) + 1] ?? '';
    const [key = '', secret = ''] = valueOf('-u').split(':');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/vonage\//);
    expect(valueOf('-H')).toBe('content-type: application/json');
    const answer = await post(site, new URL(url).pathname.slice('/vonage'.length), valueOf('-d'), basic(key, secret));
    const words = (json: string) =>
      JSON.stringify(JSON.parse(json), (name, value: unknown) => (name.endsWith('id') ? '…' : value));
    expect(words(await answer.text())).toBe(words(blocks[at + 1]?.text ?? ''));
  }
});
