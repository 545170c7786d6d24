import { createHmac } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import {
  androidGatewayEmulator,
  type AndroidGatewayEmulatorOptions,
} from '../../src/inbox/emulators/android-gateway.ts';
import type { CarrierOptions } from '../../src/inbox/emulators/carrier.ts';
import { twilioEmulator } from '../../src/inbox/emulators/twilio.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { inboxProvider } from '../../src/inbox/provider.ts';
import { messageWith } from '../../src/testing/provider-cases/case.ts';
import { callbackServer, listeningInbox, probeEmulator, sendProbe, type ListeningInbox } from './carrier-under-test.ts';
import { twilioSdk } from './twilio-sdk.ts';

const account = `AC${'0123456789abcdef'.repeat(2)}`;
const alice = '+12025550143';
const bob = '+447400123456';
const from = '+15005550006';

describe('a number that an account of Twilio owns', () => {
  const emulated = () => listeningInbox([twilioEmulator(), probeEmulator()]);
  const sdk = ({ url }: ListeningInbox) => twilioSdk(url, account, 'a token');

  test('has every text that came to it on its list, by whomever it was sent, the newest first', async () => {
    let nowMs = Date.UTC(2026, 10, 23, 12);
    const clock = () => nowMs;
    await using site = await listeningInbox([twilioEmulator(), probeEmulator()], {
      clock,
      inbox: createInbox({ clock }),
    });
    await sendProbe(site, { to: alice, body: 'by a vendor' });
    nowMs += 1_000;
    await inboxProvider({ inbox: site.inbox, from: 'phoneproof' }).send(
      messageWith({ to: alice, text: 'by the service' }),
      {
        signal: new AbortController().signal,
      },
    );
    nowMs += 1_000;
    await sdk(site).messages.create({ to: alice, from, body: 'by the account itself' });
    await sendProbe(site, { to: bob, body: 'to another' });
    const listed = await sdk(site).messages.list({ to: alice });
    expect(listed.map(({ body, direction }) => [body, direction])).toEqual([
      ['by the account itself', 'outbound-api'],
      ['by the account itself', 'inbound'],
      ['by the service', 'inbound'],
      ['by a vendor', 'inbound'],
    ]);
    expect(listed[2]).toMatchObject({
      accountSid: account,
      to: alice,
      from: 'phoneproof',
      status: 'received',
      numSegments: '1',
      errorCode: null,
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
    });
    expect(listed[2]?.dateSent.toISOString()).toBe('2026-11-23T12:00:01.000Z');
  });

  test('has them under a sid that stays the same, and is no other’s', async () => {
    await using site = await emulated();
    for (const body of ['1', '2', '3']) await sendProbe(site, { to: alice, body });
    const sids = async () => (await sdk(site).messages.list({ to: alice })).map(({ sid }) => sid);
    const before = await sids();
    expect(new Set(before).size).toBe(3);
    await sendProbe(site, { to: alice, body: '4' });
    expect((await sids()).slice(1)).toEqual(before);
    expect(await sdk(site).messages(before[1]!).fetch()).toMatchObject({ body: '2', direction: 'inbound' });
    site.inbox.clear();
    expect(await sids()).toEqual([]);
    await expect(sdk(site).messages(before[1]!).fetch()).rejects.toMatchObject({ status: 404 });
  });

  test('has them page by page, with nothing twice when more comes meanwhile', async () => {
    await using site = await emulated();
    for (const body of ['1', '2', '3', '4', '5']) await sendProbe(site, { to: alice, body });
    const first = await sdk(site).messages.page({ to: alice, pageSize: 2 });
    await sendProbe(site, { to: alice, body: '6' });
    const second = await first.nextPage();
    const third = await second?.nextPage();
    const bodies = [first, second, third].map((page) => page?.instances.map(({ body }) => body));
    expect(bodies).toEqual([['5', '4'], ['3', '2'], ['1']]);
  });

  test('has them by sender and by day too, and not on the list of all', async () => {
    await using site = await emulated();
    await sendProbe(site, { to: alice, body: '1' });
    const bodies = async (query: object) =>
      (await sdk(site).messages.list({ to: alice, ...query })).map(({ body }) => body);
    const tomorrow = new Date(Date.now() + 86_400_000);
    expect(await bodies({ from: 'Probe' })).toEqual(['1']);
    expect(await bodies({ from: 'Example' })).toEqual([]);
    expect(await bodies({ dateSentBefore: tomorrow })).toEqual(['1']);
    expect(await bodies({ dateSentAfter: tomorrow })).toEqual([]);
    expect(await sdk(site).messages.list()).toEqual([]);
  });

  test('is one that is asked for, or added, with where it tells of texts', async () => {
    await using site = await emulated();
    const { incomingPhoneNumbers } = sdk(site);
    expect(await incomingPhoneNumbers.list()).toEqual([]);
    const [asked, ...others] = await incomingPhoneNumbers.list({ phoneNumber: alice });
    expect(others).toEqual([]);
    expect(asked).toMatchObject({
      accountSid: account,
      phoneNumber: alice,
      smsUrl: '',
      smsMethod: 'POST',
      capabilities: { sms: true },
      sid: expect.stringMatching(/^PN[0-9a-f]{32}$/),
    });
    const smsUrl = 'https://example.com/inbound';
    expect(await incomingPhoneNumbers(asked!.sid).update({ smsUrl })).toMatchObject({ sid: asked?.sid, smsUrl });
    expect(await incomingPhoneNumbers.list({ phoneNumber: alice })).toMatchObject([{ sid: asked?.sid, smsUrl }]);
    const added = await incomingPhoneNumbers.create({ phoneNumber: bob });
    expect((await incomingPhoneNumbers.list()).map(({ phoneNumber }) => phoneNumber)).toEqual([bob, alice]);
    expect(await incomingPhoneNumbers(added.sid).fetch()).toMatchObject({ phoneNumber: bob, smsUrl: '' });
    expect(await incomingPhoneNumbers(added.sid).remove()).toBe(true);
    await expect(incomingPhoneNumbers(added.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20_404 });
    const other = twilioSdk(site.url, `AC${'f'.repeat(32)}`, 'a token');
    expect(await other.incomingPhoneNumbers.list()).toEqual([]);
    await expect(other.incomingPhoneNumbers(asked!.sid).fetch()).rejects.toMatchObject({ status: 404 });
  });
});

describe('a SIM in SMS Gateway for Android', () => {
  const emulated = (options: AndroidGatewayEmulatorOptions = {}, carrier: Partial<CarrierOptions> = {}) =>
    listeningInbox([androidGatewayEmulator(options), probeEmulator()], carrier);
  const authorization = `Basic ${btoa('sms:password')}`;
  const listed = (site: ListeningInbox, query = '', base = '') =>
    fetch(`${site.url}/android-gateway${base}/inbox${query}`, { headers: { authorization } });
  const register = (site: ListeningInbox, url: string, event = 'sms:received') =>
    fetch(`${site.url}/android-gateway/webhooks`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ id: event, url, event }),
    });

  test('tells webhooks of each text for its number, by whomever it was sent, signed', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated({ number: alice, signingKey: 'a key' });
    await sendProbe(site, { to: alice, body: 'before' });
    await register(site, receiver.url);
    await register(site, receiver.url, 'sms:sent');
    await sendProbe(site, { to: bob, body: 'to another' });
    const { id, receivedAt } = site.inbox.add({
      to: alice,
      from: 'phoneproof',
      body: 'Your code: 493817',
      provider: 'inbox',
    });
    site.inbox.setStatus(id, 'failed');
    await sendProbe(site, { to: alice, body: 'after' });
    const came = await receiver.count(2);
    const told = came.map(({ body }) => JSON.parse(body) as { id: string; payload: { message: string } });
    expect(told[0]).toEqual({
      deviceId: expect.any(String),
      event: 'sms:received',
      webhookId: 'sms:received',
      id: expect.any(String),
      payload: {
        messageId: `text:${id}`,
        message: 'Your code: 493817',
        phoneNumber: 'phoneproof',
        sender: 'phoneproof',
        recipient: alice,
        simNumber: 1,
        receivedAt: receivedAt.toISOString(),
      },
    });
    expect(told.map(({ payload }) => payload.message)).toEqual(['Your code: 493817', 'after']);
    for (const { body, headers } of came) {
      const right = createHmac('sha256', 'a key').update(body).update(String(headers['x-timestamp'])).digest('hex');
      expect(headers['x-signature']).toBe(right);
    }
    expect(receiver.came).toHaveLength(2);
  });

  test('tells of a text again, the same event, until it is accepted', async () => {
    await using receiver = await callbackServer([500, 500]);
    const waits: number[] = [];
    await using site = await emulated({ number: alice }, { wait: async (ms) => void waits.push(ms) });
    await register(site, receiver.url);
    site.inbox.add({ to: alice, from: 'phoneproof', body: '1', provider: 'inbox' });
    const events = (await receiver.count(3)).map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect(new Set(events).size).toBe(1);
    expect(waits).toEqual([10_000, 20_000]);
  });

  test('is +12025550100 when no other is set', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated();
    await register(site, receiver.url);
    site.inbox.add({ to: '+12025550100', from: 'phoneproof', body: '1', provider: 'inbox' });
    await receiver.count(1);
    expect(await (await listed(site)).json()).toHaveLength(1);
  });

  test('lists what it received, the newest first, by page and by time', async () => {
    let nowMs = Date.UTC(2026, 10, 23, 12);
    await using site = await emulated({ number: alice }, { inbox: createInbox({ clock: () => nowMs }) });
    expect(await (await listed(site)).json()).toEqual([]);
    for (const body of ['1', '2', '3']) {
      site.inbox.add({ to: alice, from: 'phoneproof', body, provider: 'inbox' });
      nowMs += 60_000;
    }
    site.inbox.add({ to: bob, from: 'phoneproof', body: 'to another', provider: 'inbox' });
    const response = await listed(site, '?type=SMS');
    expect(response.headers.get('x-total-count')).toBe('3');
    const all = (await response.json()) as { id: string; contentPreview: string }[];
    expect(all[0]).toEqual({
      id: `text:${site.inbox.list({ to: alice })[0]?.id}`,
      type: 'SMS',
      sender: 'phoneproof',
      recipient: alice,
      simNumber: 1,
      contentPreview: '3',
      createdAt: '2026-11-23T12:02:00.000Z',
      attachments: [],
    });
    const bodies = async (query: string, base = '') =>
      ((await (await listed(site, query, base)).json()) as typeof all).map(({ contentPreview }) => contentPreview);
    expect(await bodies('')).toEqual(['3', '2', '1']);
    expect(await bodies('', '/3rdparty/v1')).toEqual(['3', '2', '1']);
    expect(await bodies('?limit=2')).toEqual(['3', '2']);
    expect(await bodies('?limit=2&offset=1')).toEqual(['2', '1']);
    expect(await bodies('?from=2026-11-23T12:01:00Z')).toEqual(['3', '2']);
    expect(await bodies('?to=2026-11-23T12:01:00Z')).toEqual(['2', '1']);
    expect(await bodies('?type=MMS')).toEqual([]);
  });

  test.each([
    'type=sms',
    'limit=0',
    'limit=501',
    'limit=x',
    'offset=-1',
    'from=x',
    'to=x',
    'from=2026-11-23&to=2026-11-22',
  ])('does not list by %s', async (query) => {
    await using site = await emulated();
    const response = await listed(site, `?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  test('lists nothing to nobody', async () => {
    await using site = await emulated();
    expect((await fetch(`${site.url}/android-gateway/inbox`)).status).toBe(401);
  });

  test('sends from its number, and is told of each number that a message is for', async () => {
    await using receiver = await callbackServer();
    await using site = await emulated({ number: from });
    await register(site, receiver.url, 'sms:delivered');
    await fetch(`${site.url}/android-gateway/messages`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ textMessage: { text: '1' }, phoneNumbers: [alice, bob] }),
    });
    expect(site.inbox.list().map((message) => message.from)).toEqual([from, from]);
    const told = (await receiver.count(2)).map(({ body }) => JSON.parse(body) as { payload: { phoneNumber: string } });
    expect(new Set(told.map(({ payload }) => payload.phoneNumber))).toEqual(new Set([alice, bob]));
  });

  test('is told of nothing when the inbox has ended', async () => {
    const ending = new AbortController();
    const fetched = vi.fn<typeof fetch>(async () => new Response(null, { status: 204 }));
    await using site = await emulated({ number: alice }, { signal: ending.signal, fetch: fetched });
    await register(site, 'http://127.0.0.1:9/');
    ending.abort();
    site.inbox.add({ to: alice, from: 'phoneproof', body: '1', provider: 'inbox' });
    await new Promise(setImmediate);
    expect(fetched).not.toHaveBeenCalled();
  });
});
