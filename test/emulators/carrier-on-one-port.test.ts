import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { Vonage } from '@vonage/server-sdk';
import { expect, test } from 'vitest';
import { toNodeListener } from '../../src/http/node-listener.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { createInboxSite, createSite } from '../../src/server/site.ts';
import { twilioSdk } from './twilio-sdk.ts';

type Site = ReturnType<typeof createInboxSite>;

const account = `AC${'a'.repeat(32)}`;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function listening(site: Site) {
  const answer = toNodeListener(site);
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sendTo(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/twilio/2010-04-01/Accounts/${account}/Messages.json`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${account}:token`)}`, ...form, ...headers },
    body: new URLSearchParams({ To: '+12025550143', From: '+15005550006', Body: '493817 is your code.' }).toString(),
  });
}

const handler = {
  fetch: async (request: Request) =>
    new Response(`${request.method} ${new URL(request.url).pathname}`, { status: 299 }),
};
const development = () => {
  const inbox = createInbox();
  const ending = new AbortController().signal;
  return { inbox, site: createSite({ handler, inbox, development: { metrics: createMetrics() }, ending }) };
};
const inboxAlone = () => {
  const inbox = createInbox();
  return { inbox, site: createInboxSite({ inbox, ending: new AbortController().signal }) };
};

test.each([
  ['phoneproof inbox', inboxAlone],
  ['phoneproof dev', development],
])('%s takes what is sent to a vendor, lets faults be scripted, and answers no website', async (_, make) => {
  const { inbox, site } = make();
  await using server = await listening(site);
  expect((await sendTo(server.url)).status).toBe(201);
  expect((await sendTo(server.url, { origin: 'https://example.com' })).status).toBe(403);
  expect(inbox.list()).toMatchObject([{ provider: 'twilio' }]);
  const faults = `${server.url}/inbox/api/faults`;
  const headers = { 'content-type': 'application/json' };
  const script = (entry: unknown) => fetch(faults, { method: 'POST', headers, body: JSON.stringify(entry) });
  expect((await script({ vendor: 'twilio', fault: { kind: 'server_error' }, next: 1 })).status).toBe(201);
  expect((await script({ vendor: 'twilio', fault: { kind: 'cut_before' }, next: 1 })).status).toBe(201);
  expect((await sendTo(server.url)).status).toBe(503);
  await expect(sendTo(server.url)).rejects.toThrow('fetch failed');
});

test('the vendors’ own SDKs send to one port', async () => {
  const { inbox, site } = inboxAlone();
  await using server = await listening(site);
  const body = '493817 is your code.';
  const to = '+12025550143';

  await twilioSdk(server.url, account, 'token').messages.create({ to, from: '+15005550006', body });

  const credentials = { apiKey: 'abcdef01', apiSecret: 'wC7hT9vXq2LmR4sZ' };
  const host = `${server.url}/vonage`;
  const vonage = new Vonage(credentials, { restHost: host, apiHost: host });
  const text = { from: '12025550100', to: to.slice(1), text: body };
  await vonage.sms.send(text);
  await vonage.messages.send({ ...text, messageType: 'text', channel: 'sms' });

  const aws = new PinpointSMSVoiceV2Client({
    region: 'us-east-1',
    endpoint: `${server.url}/aws`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a secret' },
  });
  await aws.send(new SendTextMessageCommand({ DestinationPhoneNumber: to, MessageBody: body }));
  aws.destroy();

  // It has no SDK of its own for Node.
  await fetch(`${server.url}/android-gateway/message`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('me:secret')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ textMessage: { text: body }, phoneNumbers: [to] }),
  });

  expect(inbox.list().map((message) => [message.provider, message.to, message.code])).toEqual(
    ['android-gateway', 'aws', 'vonage', 'vonage', 'twilio'].map((provider) => [provider, to, '493817']),
  );
});

test('in development receipts may be forms, as vendors send them, and nothing else may', async () => {
  await using server = await listening(development().site);
  const post = async (path: string, headers: Record<string, string>) =>
    (await fetch(`${server.url}${path}`, { method: 'POST', headers, body: 'a=b' })).status;
  expect(await post('/v1/receipts/twilio/token', form)).toBe(299);
  expect(await post('/v1/receipts/twilio/token', { ...form, origin: 'https://example.com' })).toBe(403);
  expect(await post('/v1/verifications', form)).toBe(415);
  expect(await post('/v1/verifications', { 'content-type': 'application/json' })).toBe(299);
});
