import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { Vonage } from '@vonage/server-sdk';
import { describe, expect, test } from 'vitest';
import { androidGatewayEmulator } from '../../src/inbox/emulators/android-gateway.ts';
import { awsEmulator } from '../../src/inbox/emulators/aws.ts';
import type { Emulator } from '../../src/inbox/emulators/emulator.ts';
import { rawRequest } from '../../src/inbox/emulators/raw-request.ts';
import { twilioEmulator } from '../../src/inbox/emulators/twilio.ts';
import { vonageEmulator } from '../../src/inbox/emulators/vonage.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { listeningInbox, probeEmulator, sendProbe, type ListeningInbox } from './carrier-under-test.ts';
import { twilioSdk } from './twilio-sdk.ts';

const secret = 'wC7hT9/vXq2+LmR4sZ%';
const to = '+12025550143';
const text = '493817 is your code.';

/** How a secret could be written. */
const spellings = [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ secret }).toString().slice('secret='.length),
  ...[0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .slice(4, -4),
  ),
];

const written = (
  { path = '/probe', headers = {}, body = '' }: { path?: string; headers?: Record<string, string>; body?: string } = {},
  method = 'POST',
) => rawRequest({ method, url: `http://127.0.0.1:8080${path}`, headers: new Headers(headers) }, body);

describe('a request is written down', () => {
  test('as it came, where there is nothing to hide', () => {
    const body = '{ "to":"+12025550143",  "text": "493817 \\u00e9" }';
    const headers = { 'content-type': 'application/json', 'x-amz-target': 'PinpointSMSVoiceV2.SendTextMessage' };
    expect(written({ path: '/vonage/v1/messages?a=%20b&a=+c', headers, body }, 'PUT')).toEqual({
      method: 'PUT',
      path: '/vonage/v1/messages?a=%20b&a=+c',
      headers,
      body,
    });
    expect(written({ body: 'Body=493817+is+%C3%BC&To=%2B1202' }).body).toBe('Body=493817+is+%C3%BC&To=%2B1202');
  });

  test.each([
    [`Basic ${btoa(`AC0123:${secret}`)}`, 'Basic AC0123:***'],
    [`basic ${btoa(`me:${secret}:x`)}`, 'basic me:***'],
    [`Basic ${btoa(secret)}`, 'Basic ***'],
    [`Basic ${btoa(`:${secret}`)}`, 'Basic ***'],
    [`Bearer ${secret}`, 'Bearer ***'],
    [`Digest username="me", response="${secret}"`, 'Digest ***'],
    [secret, '***'],
    [
      `AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/sms-voice/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      'AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/sms-voice/aws4_request ***',
    ],
  ])('with no more of Authorization than scheme and user: %s', (authorization, shown) => {
    expect(written({ headers: { authorization } }).headers).toEqual({ authorization: shown });
  });

  test('without cookies, and without what other headers hide', () => {
    const headers = {
      cookie: `session=${secret}`,
      'proxy-authorization': `Basic ${btoa(`me:${secret}`)}`,
      'x-api-key': secret,
      'x-amz-security-token': secret,
      'x-vonage-signature': secret,
      'x-request-id': 'r-1',
    };
    expect(written({ headers }).headers).toEqual({
      'proxy-authorization': '***',
      'x-api-key': '***',
      'x-amz-security-token': '***',
      'x-vonage-signature': '***',
      'x-request-id': 'r-1',
    });
  });

  const names =
    'api_secret apiSecret password passwd sig signature X-Amz-Signature X-Amz-Credential X-Amz-Security-Token customer CUSTOMER api_key apikey key token access_token AuthToken';

  test.each(names.split(' '))('without %s, in query, form and JSON', (name) => {
    const form = new URLSearchParams({ to, [name]: secret, text }).toString();
    const shown = `${new URLSearchParams({ to }).toString()}&${name}=***&${new URLSearchParams({ text }).toString()}`;
    expect(written({ path: `/x?${form}` }).path).toBe(`/x?${shown}`);
    expect(written({ body: form }).body).toBe(shown);
    for (const hidden of [secret, [secret], { inner: secret }, 7]) {
      const { body } = written({ body: JSON.stringify({ to, deep: [{ [name]: hidden }], text }) });
      expect(JSON.parse(body)).toEqual({ to, deep: [{ [name]: '***' }], text });
    }
  });

  test('without a name that is spelled to escape', () => {
    expect(written({ body: `to=1&p%61ssword=${encodeURIComponent(secret)}` }).body).toBe('to=1&p%61ssword=***');
    expect(written({ body: String.raw`{"to":"1","api\u005fsecret":"${secret}"}` }).body).toBe(
      '{"to":"1","api_secret":"***"}',
    );
  });

  test('without the passwords of addresses', () => {
    const address = `https://me:${encodeURIComponent(secret)}@example.com/receipts?a=b`;
    const shown = 'https://me:***@example.com/receipts?a=b';
    expect(new URLSearchParams(written({ body: `StatusCallback=${encodeURIComponent(address)}` }).body)).toEqual(
      new URLSearchParams({ StatusCallback: shown }),
    );
    expect(written({ body: JSON.stringify({ webhook_url: address }) }).body).toBe(
      JSON.stringify({ webhook_url: shown }),
    );
  });

  test('in no more time than it takes to read it, whatever it looks like', () => {
    const startedAtMs = performance.now();
    for (const piece of ['a.', 'a-', 'a+b', 'a:/', 'a://', '://a:', 'a=']) {
      written({ body: JSON.stringify({ text: piece.repeat(65_536 / piece.length) }) });
    }
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });

  test('though it is a form in name only', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const body = `To=+1202&Body=<#> 493817 is your code&password=${secret} and more`;
    expect(written({ headers, body }).body).toBe('To=+1202&Body=<#> 493817 is your code&password=***');
  });

  test.each([`<password>${secret}</password>`, `{"password":"${secret}"`, `--x\r\nname="password"\r\n\r\n${secret}`])(
    'without a body that cannot be read: %s',
    (body) => {
      expect(written({ body }).body).toMatch(/^\(left out: /);
    },
  );

  test('with no more than 16,384 characters of its body, what is hidden in them too', () => {
    const { body } = written({ body: `Body=${'x'.repeat(20_000)}&password=${encodeURIComponent(secret)}` });
    expect(body.length).toBeLessThan(16_500);
    expect(body).toMatch(/^Body=x+… \(\d{4} characters more\)$/);
    const early = written({ body: `password=${encodeURIComponent(secret)}&Body=${'x'.repeat(20_000)}` });
    expect(early.body).toMatch(/^password=\*\*\*&Body=x+…/);
  });
});

describe('a text bears the request by which it came', () => {
  /** The request of the newest text, in which no spelling of the secret is left. */
  function requestOf({ inbox }: ListeningInbox) {
    const request = inbox.list()[0]?.request;
    for (const spelling of spellings) expect(JSON.stringify(request)).not.toContain(spelling);
    return request;
  }

  test('at Twilio', async () => {
    const account = `AC${'0123456789abcdef'.repeat(2)}`;
    await using site = await listeningInbox([twilioEmulator()]);
    await twilioSdk(site.url, account, secret).messages.create({
      to,
      from: '+15005550006',
      body: text,
      statusCallback: `http://me:${encodeURIComponent(secret)}@127.0.0.1:9/receipts`,
    });
    expect(requestOf(site)).toMatchObject({
      method: 'POST',
      path: `/twilio/2010-04-01/Accounts/${account}/Messages.json`,
      headers: { authorization: `Basic ${account}:***`, 'content-type': 'application/x-www-form-urlencoded' },
      body: expect.stringContaining(`Body=${encodeURIComponent(text)}`) as string,
    });
  });

  test.each(['sms', 'messages'] as const)('at Vonage, by its %s API', async (api) => {
    await using site = await listeningInbox([vonageEmulator()]);
    const host = `${site.url}/vonage`;
    const sdk = new Vonage({ apiKey: 'a1b2c3d4', apiSecret: secret }, { restHost: host, apiHost: host });
    const sms = { from: 'Example', to: to.slice(1), text };
    if (api === 'sms') await sdk.sms.send(sms);
    else await sdk.messages.send({ ...sms, messageType: 'text', channel: 'sms' });
    expect(requestOf(site)).toMatchObject({
      path: api === 'sms' ? '/vonage/sms/json' : '/vonage/v1/messages',
      body: expect.stringContaining('493817') as string,
    });
  });

  test('at Vonage, with the secret among the parameters', async () => {
    await using site = await listeningInbox([vonageEmulator()]);
    const fields = { api_key: 'a1b2c3d4', api_secret: secret, from: 'Example', to: to.slice(1), text };
    await fetch(`${site.url}/vonage/sms/json`, { method: 'POST', body: new URLSearchParams(fields) });
    expect(requestOf(site)?.body).toMatch(/^api_key=\*\*\*&api_secret=\*\*\*&from=Example&/);
    await fetch(`${site.url}/vonage/sms/json`, { method: 'POST', body: JSON.stringify(fields) });
    expect(JSON.parse(requestOf(site)?.body ?? '')).toEqual({ ...fields, api_key: '***', api_secret: '***' });
  });

  test('at AWS', async () => {
    await using site = await listeningInbox([awsEmulator()]);
    const client = new PinpointSMSVoiceV2Client({
      region: 'us-east-1',
      endpoint: `${site.url}/aws`,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'another secret', sessionToken: secret },
    });
    await client.send(new SendTextMessageCommand({ DestinationPhoneNumber: to, MessageBody: text }));
    client.destroy();
    const request = requestOf(site);
    expect(request?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/[\w/-]+ \*\*\*$/,
    );
    expect(request?.headers['x-amz-security-token']).toBe('***');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ MessageBody: text });
  });

  test('at SMS Gateway for Android', async () => {
    await using site = await listeningInbox([androidGatewayEmulator()]);
    await fetch(`${site.url}/android-gateway/message`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`sms:${secret}`)}`,
        'content-type': 'application/json',
        cookie: `a=${encodeURIComponent(secret)}`,
      },
      body: JSON.stringify({ textMessage: { text }, phoneNumbers: [to] }),
    });
    const request = requestOf(site);
    expect(request?.headers).toMatchObject({ authorization: 'Basic sms:***' });
    expect(request?.headers).not.toHaveProperty('cookie');
  });

  test('each its own, also when it arrives later, and none when it came otherwise', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    site.carrier.faults.add({ fault: { kind: 'hold' }, next: 1 });
    await sendProbe(site, { body: 'the first' });
    await sendProbe(site, { body: 'the second' });
    site.carrier.held.letGo(site.carrier.held.list()[0]?.id ?? '', { outcome: 'deliver' });
    const bodies = site.inbox.list().map(({ body, request }) => [body, request?.body]);
    expect(bodies).toEqual([
      ['the first', '{"body":"the first"}'],
      ['the second', '{"body":"the second"}'],
    ]);
    expect(createInbox().add({ to, from: 'Example', body: text, provider: 'inbox' }).request).toBeNull();
  });

  test('and its emulator reads it as it came: every byte, and no more than it may have', async () => {
    const bytes = new Uint8Array([0, 255, 254, 128, 10, 195]);
    const emulator: Emulator = {
      vendor: 'bytes',
      mount: (app) => app.post('/', async (c) => c.body(await c.req.arrayBuffer())),
    };
    await using site = await listeningInbox([emulator, twilioEmulator()]);
    const answer = await fetch(`${site.url}/bytes`, { method: 'POST', body: bytes });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    // In chunks, so that no header says how long it is.
    const chunk = new TextEncoder().encode('x'.repeat(8_192));
    const body = new ReadableStream({
      start(controller) {
        for (let times = 0; times < 9; times += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    const account = `AC${'0123456789abcdef'.repeat(2)}`;
    const tooLong = await fetch(`${site.url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account}:${secret}`)}` },
      body,
      duplex: 'half',
    });
    expect(tooLong.status).toBe(413);
    expect(site.errors).toEqual([]);
  });
});
