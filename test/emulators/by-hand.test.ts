import { describe, expect, test, vi } from 'vitest';
import { createInbox, type InboxMessage } from '../../src/inbox/messages.ts';
import { callbackServer, listeningInbox, probeEmulator, sendProbe, type ListeningInbox } from './carrier-under-test.ts';

const alice = '+12025550143';
const bob = '+447400123456';

const pathsOf = (came: readonly { path: string }[]): string[] => came.map(({ path }) => path);
const bodiesOf = ({ inbox }: ListeningInbox): string[] =>
  inbox
    .list()
    .map(({ body }) => body)
    .toReversed();

/** A wait that ends when it is told to, or when it is no longer wanted. */
function waiting() {
  const waits: { ms: number; end: () => void }[] = [];
  const wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      waits.push({ ms, end: resolve });
      signal.addEventListener('abort', () => reject(new Error('no longer wanted')));
    });
  return { waits, wait };
}

async function post({ url }: ListeningInbox, path: string, body: unknown): Promise<{ status: number; code?: string }> {
  const response = await fetch(`${url}/inbox/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { code } = (text === '' ? {} : JSON.parse(text)) as { code?: string };
  return { status: response.status, ...(code !== undefined && { code }) };
}

interface Held {
  readonly id: string;
  readonly held_at: string;
}

const heldAt = async ({ url }: ListeningInbox): Promise<readonly Held[]> =>
  ((await (await fetch(`${url}/inbox/api/held`)).json()) as { data: readonly Held[] }).data;

describe('a text that is held', () => {
  const hold = (site: ListeningInbox, next = 1) => site.carrier.faults.add({ fault: { kind: 'hold' }, next });

  test('is accepted, shown and not there, until it is let go; its receipts come then', async () => {
    await using receiver = await callbackServer();
    await using site = await listeningInbox([probeEmulator()], { clock: () => Date.UTC(2026, 10, 23, 12) });
    expect(await heldAt(site)).toEqual([]);
    hold(site);
    expect((await sendProbe(site, { callback: `${receiver.url}/held` })).status).toBe(201);
    // What was sent after it, and is told, shows that nothing was told of the first.
    await sendProbe(site, { to: bob, callback: receiver.url });
    expect(pathsOf(await receiver.count(2))).toEqual(['/sent', '/delivered']);
    expect(site.inbox.list({ to: alice })).toEqual([]);
    const [held, ...others] = await heldAt(site);
    expect(others).toEqual([]);
    expect(held).toEqual({
      id: expect.any(String),
      to: alice,
      from: 'Probe',
      body: '493817 is your code.',
      provider: 'probe',
      held_at: '2026-11-23T12:00:00.000Z',
    });
    expect(await post(site, `held/${held?.id}`, { outcome: 'deliver' })).toEqual({ status: 202 });
    expect(site.inbox.list({ to: alice })).toMatchObject([{ status: 'delivered', byHand: ['receipt', 'reply'] }]);
    expect(pathsOf(await receiver.count(4)).slice(2)).toEqual(['/held/sent', '/held/delivered']);
    expect(await heldAt(site)).toEqual([]);
  });

  test('can fail, with a code, and never arrives', async () => {
    await using receiver = await callbackServer();
    await using site = await listeningInbox([probeEmulator()]);
    hold(site, 2);
    await sendProbe(site, { callback: receiver.url });
    await sendProbe(site, { callback: receiver.url });
    const ids = (await heldAt(site)).map(({ id }) => id);
    await post(site, `held/${ids[0]}`, { outcome: 'fail', code: '30005' });
    expect(pathsOf(await receiver.count(2))).toEqual(['/sent', '/failed-30005']);
    await post(site, `held/${ids[1]}`, { outcome: 'fail' });
    expect(pathsOf(await receiver.count(4)).slice(2)).toEqual(['/sent', '/failed']);
    expect(site.inbox.list()).toEqual([]);
  });

  test('is let go once, in whichever order', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    hold(site, 3);
    for (const body of ['1', '2', '3']) await sendProbe(site, { body });
    const [first, second, third] = (await heldAt(site)).map(({ id }) => id);
    await post(site, `held/${third}`, { outcome: 'deliver' });
    const races = await Promise.all([1, 2, 3].map(() => post(site, `held/${second}`, { outcome: 'deliver' })));
    expect(races.filter(({ status }) => status === 404)).toHaveLength(2);
    expect(bodiesOf(site)).toEqual(['3', '2']);
    expect((await heldAt(site)).map(({ id }) => id)).toEqual([first]);
  });

  test('is the first of at most 1,000: when there are more it is delivered', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const taken = (body: string) => ({
      text: { to: alice, from: 'Probe', body, provider: 'probe' },
      fault: { kind: 'hold' } as const,
      receipts: () => 'nobody',
      reply: () => 'nobody',
    });
    for (let index = 0; index < 1_000; index += 1) site.carrier.carry(taken(String(index)));
    expect(bodiesOf(site)).toEqual([]);
    site.carrier.carry(taken('1000'));
    site.carrier.carry(taken('1001'));
    expect(bodiesOf(site)).toEqual(['0', '1']);
    expect(site.carrier.held.list()).toHaveLength(1_000);
  });

  test.each([
    ['that is not there', 'x', { outcome: 'deliver' }, { status: 404, code: 'held_not_found' }],
    ['without an outcome', null, {}, { status: 400, code: 'invalid_request' }],
    ['with an unknown outcome', null, { outcome: 'delivered' }, { status: 400, code: 'invalid_request' }],
    ['with an unknown field', null, { outcome: 'deliver', to: bob }, { status: 400, code: 'invalid_request' }],
    ['with a code that is none', null, { outcome: 'fail', code: 30_005 }, { status: 400, code: 'invalid_request' }],
  ])('%s is not let go', async (_, id, body, answer) => {
    await using site = await listeningInbox([probeEmulator()]);
    hold(site);
    await sendProbe(site);
    expect(await post(site, `held/${id ?? (await heldAt(site))[0]?.id}`, body)).toEqual(answer);
    expect(await heldAt(site)).toHaveLength(1);
    expect(site.inbox.list()).toEqual([]);
  });
});

describe('a text that is overtaken', () => {
  const reorder = (site: ListeningInbox, next = 1) => site.carrier.faults.add({ fault: { kind: 'reorder' }, next });

  test('arrives after the next one to its number, its receipts too', async () => {
    await using receiver = await callbackServer();
    const { wait, waits } = waiting();
    await using site = await listeningInbox([probeEmulator()], { wait });
    reorder(site);
    expect((await sendProbe(site, { body: '1', callback: `${receiver.url}/1` })).status).toBe(201);
    await sendProbe(site, { to: bob, body: 'to another', callback: receiver.url });
    expect(pathsOf(await receiver.count(2))).toEqual(['/sent', '/delivered']);
    expect(bodiesOf(site)).toEqual(['to another']);
    await sendProbe(site, { body: '2' });
    await vi.waitFor(() => expect(bodiesOf(site)).toEqual(['to another', '2', '1']));
    expect(pathsOf(await receiver.count(4)).slice(2)).toEqual(['/1/sent', '/1/delivered']);
    expect(waits.map(({ ms }) => ms)).toEqual([10_000]);
  });

  test('arrives when it waited for 10 s', async () => {
    const { wait, waits } = waiting();
    await using site = await listeningInbox([probeEmulator()], { wait });
    reorder(site);
    await sendProbe(site, { body: '1' });
    expect(bodiesOf(site)).toEqual([]);
    waits[0]?.end();
    await vi.waitFor(() => expect(bodiesOf(site)).toEqual(['1']));
    await sendProbe(site, { body: '2' });
    expect(bodiesOf(site)).toEqual(['1', '2']);
  });

  test('is overtaken by a text that no vendor took, and not by one that is told again', async () => {
    const { wait } = waiting();
    await using site = await listeningInbox([probeEmulator()], { wait });
    const { id } = site.inbox.add({ to: alice, from: 'phoneproof', body: '0', provider: 'inbox' });
    reorder(site);
    await sendProbe(site, { body: '1' });
    site.inbox.setStatus(id, 'failed');
    await sendProbe(site, { to: bob, body: 'to another' });
    expect(bodiesOf(site)).toEqual(['0', 'to another']);
    site.inbox.add({ to: alice, from: 'phoneproof', body: '2', provider: 'inbox' });
    await vi.waitFor(() => expect(bodiesOf(site)).toEqual(['0', 'to another', '2', '1']));
  });

  test('is one of a pair when each is to be', async () => {
    const { wait } = waiting();
    await using site = await listeningInbox([probeEmulator()], { wait });
    reorder(site, 4);
    for (const [index, body] of ['1', '2', '3', '4'].entries()) {
      await sendProbe(site, { body });
      await vi.waitFor(() => expect(bodiesOf(site)).toHaveLength(index % 2 === 0 ? index : index + 1));
    }
    expect(bodiesOf(site)).toEqual(['2', '1', '4', '3']);
  });

  test('is given up where the inbox cannot take it, and a warning does not say what was in it', async () => {
    const { wait, waits } = waiting();
    const warn = vi.fn<(sentence: string) => void>();
    const add = (): never => {
      throw new Error('database or disk is full');
    };
    await using site = await listeningInbox([probeEmulator()], { wait, warn, inbox: { ...createInbox(), add } });
    reorder(site);
    await sendProbe(site);
    waits[0]?.end();
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
    expect(warn.mock.calls.join()).toMatch(/^A text was given up: /);
    expect(warn.mock.calls.join()).not.toMatch(/2025550143|493817/);
  });

  test('does not arrive in an inbox that has ended', async () => {
    const ending = new AbortController();
    const site = await listeningInbox([probeEmulator()], { signal: ending.signal });
    reorder(site);
    await sendProbe(site);
    ending.abort();
    await new Promise(setImmediate);
    expect(site.inbox.list()).toEqual([]);
    await site[Symbol.asyncDispose]();
  });
});

/** Sends a text, has its own receipts told, and resolves with the message. */
async function sent(site: ListeningInbox, callback?: string): Promise<InboxMessage> {
  await sendProbe(site, { ...(callback !== undefined && { callback }), retryAfterMs: [1] });
  return site.inbox.list()[0]!;
}

describe('a receipt by hand', () => {
  test('is told, only the last status, and the message has it', async () => {
    await using receiver = await callbackServer();
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = await sent(site, receiver.url);
    await receiver.count(2);
    expect(await post(site, `messages/${id}/receipt`, { status: 'failed', code: '30005' })).toEqual({ status: 202 });
    expect(pathsOf(await receiver.count(3)).slice(2)).toEqual(['/failed-30005']);
    expect(site.inbox.find(id)?.status).toBe('failed');
    await post(site, `messages/${id}/receipt`, { status: 'delivered' });
    expect(pathsOf(await receiver.count(4)).slice(3)).toEqual(['/delivered']);
    expect(site.inbox.find(id)?.status).toBe('delivered');
  });

  test('is told late, and the status changes only then', async () => {
    await using receiver = await callbackServer();
    const { wait, waits } = waiting();
    await using site = await listeningInbox([probeEmulator()], { wait });
    const { id } = await sent(site, receiver.url);
    await receiver.count(2);
    await post(site, `messages/${id}/receipt`, { status: 'failed', delay_ms: 3_600_000 });
    expect(waits.map(({ ms }) => ms)).toEqual([3_600_000]);
    await post(site, `messages/${id}/receipt`, { status: 'delivered' });
    expect(pathsOf(await receiver.count(3)).slice(2)).toEqual(['/delivered']);
    expect(site.inbox.find(id)?.status).toBe('delivered');
    waits[0]?.end();
    expect(pathsOf(await receiver.count(4)).slice(3)).toEqual(['/failed']);
    expect(site.inbox.find(id)?.status).toBe('failed');
  });

  test('is told again like any other', async () => {
    await using receiver = await callbackServer([204, 204, 500, 204]);
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = await sent(site, receiver.url);
    await receiver.count(2);
    await post(site, `messages/${id}/receipt`, { status: 'failed' });
    expect(pathsOf(await receiver.count(4)).slice(2)).toEqual(['/failed', '/failed']);
  });

  test('is told of either of two that came of one', async () => {
    await using receiver = await callbackServer();
    await using site = await listeningInbox([probeEmulator()]);
    site.carrier.faults.add({ fault: { kind: 'duplicate' }, next: 1 });
    await sent(site, receiver.url);
    await receiver.count(4);
    const ids = site.inbox.list().map(({ id }) => id);
    for (const id of ids) expect((await post(site, `messages/${id}/receipt`, { status: 'failed' })).status).toBe(202);
    expect(pathsOf(await receiver.count(6)).slice(4)).toEqual(['/failed', '/failed']);
  });

  test.each([
    ['an unknown status', { status: 'sent' }],
    ['no status', {}],
    ['a code that is none', { status: 'failed', code: 'a code' }],
    ['a delay of more than an hour', { status: 'failed', delay_ms: 3_600_001 }],
    ['a delay before now', { status: 'failed', delay_ms: -1 }],
    ['an unknown field', { status: 'failed', late: true }],
  ])('with %s is refused', async (_, body) => {
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = await sent(site, 'http://127.0.0.1:9');
    expect(await post(site, `messages/${id}/receipt`, body)).toEqual({ status: 400, code: 'invalid_request' });
    expect(site.inbox.find(id)?.status).toBe('delivered');
  });
});

describe('a reply by hand', () => {
  test('is told, and changes nothing of the message', async () => {
    await using receiver = await callbackServer();
    await using site = await listeningInbox([probeEmulator()]);
    const message = await sent(site, receiver.url);
    await receiver.count(2);
    expect(await post(site, `messages/${message.id}/reply`, { body: 'STOP' })).toEqual({ status: 202 });
    expect(pathsOf(await receiver.count(3)).slice(2)).toEqual(['/reply-STOP']);
    expect(site.inbox.find(message.id)).toEqual(message);
  });

  test.each([{ body: '' }, {}, { body: 'x'.repeat(1_601) }, { body: 'STOP', from: bob }])(
    'that is none is refused',
    async (body) => {
      await using site = await listeningInbox([probeEmulator()]);
      const { id } = await sent(site, 'http://127.0.0.1:9');
      expect(await post(site, `messages/${id}/reply`, body)).toEqual({ status: 400, code: 'invalid_request' });
    },
  );
});

describe.each([
  ['receipt', { status: 'failed' }],
  ['reply', { body: 'STOP' }],
])('a %s by hand', (what, body) => {
  test('of a message that is not there is not told', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = await sent(site, 'http://127.0.0.1:9');
    site.inbox.clear();
    expect(await post(site, `messages/${id}/${what}`, body)).toEqual({ status: 404, code: 'message_not_found' });
    expect(await post(site, `messages/x/${what}`, body)).toEqual({ status: 404, code: 'message_not_found' });
  });

  test('of a message whose sender gave no address is told to nobody, and the message says so before', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const { byHand, id } = await sent(site);
    expect(byHand).toEqual([]);
    expect(await post(site, `messages/${id}/${what}`, body)).toEqual({ status: 409, code: 'nobody_to_tell' });
    expect(site.inbox.find(id)?.status).toBe('delivered');
  });

  test('of a message that no vendor took is told to nobody', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = site.inbox.add({ to: alice, from: 'phoneproof', body: '0', provider: 'inbox' });
    expect(await post(site, `messages/${id}/${what}`, body)).toEqual({ status: 409, code: 'nobody_to_tell' });
  });

  test('is not a website’s', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const { id } = await sent(site, 'http://127.0.0.1:9');
    const of = (headers: Record<string, string>) =>
      fetch(`${site.url}/inbox/api/messages/${id}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const json = { 'content-type': 'application/json' };
    expect((await of({ ...json, origin: 'https://example.com' })).status).toBe(403);
    expect((await of({ 'content-type': 'text/plain' })).status).toBe(415);
    expect(site.inbox.find(id)?.status).toBe('delivered');
  });
});

test('the senders of the latest 5,000 texts are remembered', async () => {
  await using receiver = await callbackServer();
  await using site = await listeningInbox([probeEmulator()]);
  const { carrier, inbox } = site;
  const first = inbox.add({ to: alice, from: 'Probe', body: '', provider: 'probe' });
  const ids = Array.from({ length: 5_001 }, () => {
    carrier.carry({
      text: { to: alice, from: 'Probe', body: '1', provider: 'probe' },
      fault: null,
      receipts: ({ isAnother }) =>
        isAnother
          ? [
              {
                statuses: ['failed'],
                make: () => new Request(receiver.url, { method: 'POST' }),
                retryAfterMs: [],
                accepts: () => true,
              },
            ]
          : [],
      reply: () => 'nobody',
    });
    return inbox.list({ limit: 1 })[0]!.id;
  });
  expect(carrier.byHand.receipt(first.id, { status: 'failed' })).toEqual(expect.any(String));
  expect(carrier.byHand.receipt(ids[0]!, { status: 'failed' })).toEqual(expect.any(String));
  expect(carrier.byHand.receipt(ids[1]!, { status: 'failed' })).toBeNull();
  await receiver.count(1);
});
