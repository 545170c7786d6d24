import { expect, test, vi } from 'vitest';
import { createCarrier } from '../../src/inbox/emulators/carrier.ts';
import type { Fault, ReceiptPlan } from '../../src/inbox/emulators/emulator.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { callbackServer, listeningInbox, probeEmulator, sendProbe } from './carrier-under-test.ts';

const script = (fault: Fault) => ({ fault, next: 1 });
const pathsOf = (came: readonly { path: string }[]): string[] => came.map(({ path }) => path);

/** A plan that goes nowhere in particular. */
const plan = (of: Partial<ReceiptPlan> = {}): ReceiptPlan => ({
  statuses: ['sent'],
  make: () => new Request('http://127.0.0.1:9/receipts', { method: 'POST' }),
  retryAfterMs: [],
  accepts: () => true,
  fault: null,
  ...of,
});

const never = () => new Promise<never>(() => undefined);

test('a text arrives in the inbox, and the vendor is the provider that delivered it', async () => {
  await using site = await listeningInbox([probeEmulator()]);
  expect((await sendProbe(site)).status).toBe(201);
  expect(site.inbox.list()).toMatchObject([{ to: '+12025550143', from: 'Probe', code: '493817', provider: 'probe' }]);
});

test('each status is told once, in its order, and after the call is answered', async () => {
  await using receiver = await callbackServer();
  // Each there and back: time enough for a receipt that does not wait.
  const beforeAnswer = async () => {
    for (let times = 0; times < 5; times += 1) await fetch(`${receiver.url}/not-answered-yet`);
  };
  await using site = await listeningInbox([probeEmulator('probe', beforeAnswer)]);
  await sendProbe(site, { callback: receiver.url });
  const notYet = Array.from({ length: 5 }, () => '/not-answered-yet');
  expect(pathsOf(await receiver.count(7))).toEqual([...notYet, '/sent', '/delivered']);
});

test('it is told after the answer too when the app is called as a function', async () => {
  await using receiver = await callbackServer();
  const inbox = createInbox();
  const { createInboxApp } = await import('../../src/inbox/app.ts');
  const app = createInboxApp({ inbox, emulators: [probeEmulator()] });
  const response = await app.request('/probe/send', {
    method: 'POST',
    headers: { host: 'localhost', 'content-type': 'application/json' },
    body: JSON.stringify({ callback: receiver.url }),
  });
  expect(response.status).toBe(201);
  expect(receiver.came).toEqual([]);
  expect(pathsOf(await receiver.count(2))).toEqual(['/sent', '/delivered']);
});

test('early receipts are there before the call is answered', async () => {
  await using receiver = await callbackServer();
  await using site = await listeningInbox([probeEmulator()]);
  site.carrier.faults.add(script({ kind: 'early_receipts' }));
  await sendProbe(site, { callback: receiver.url });
  expect(pathsOf(receiver.came)).toEqual(['/sent', '/delivered']);
});

test('a call is answered even when who takes early receipts never answers', async () => {
  await using receiver = await callbackServer(['nothing']);
  const waits: number[] = [];
  await using site = await listeningInbox([probeEmulator()], { wait: async (ms) => void waits.push(ms) });
  site.carrier.faults.add(script({ kind: 'early_receipts' }));
  expect((await sendProbe(site, { callback: receiver.url })).status).toBe(201);
  expect(waits).toEqual([5_000]);
});

test('late receipts come after their delay', async () => {
  await using receiver = await callbackServer();
  const held = Promise.withResolvers<void>();
  const waits: number[] = [];
  await using site = await listeningInbox([probeEmulator()], {
    wait: (ms) => {
      waits.push(ms);
      return held.promise;
    },
  });
  site.carrier.faults.add(script({ kind: 'late_receipts', delayMs: 90_000 }));
  await sendProbe(site, { callback: receiver.url });
  await sendProbe(site, { callback: `${receiver.url}/next` });
  expect(pathsOf(await receiver.count(2))).toEqual(['/next/sent', '/next/delivered']);
  expect(waits).toEqual([90_000]);
  held.resolve();
  expect(pathsOf(await receiver.count(4)).slice(2)).toEqual(['/sent', '/delivered']);
});

test('duplicates are told twice, what was dropped not at all', async () => {
  await using receiver = await callbackServer();
  await using site = await listeningInbox([probeEmulator()]);
  site.carrier.faults.add(script({ kind: 'dropped' }));
  site.carrier.faults.add(script({ kind: 'duplicate' }));
  await sendProbe(site, { callback: `${receiver.url}/dropped` });
  await sendProbe(site, { callback: receiver.url });
  const paths = pathsOf(await receiver.count(4));
  expect(paths).toEqual(['/sent', '/sent', '/delivered', '/delivered']);
});

test('a receipt that is not accepted is made anew and told again, and the next status waits for it', async () => {
  await using receiver = await callbackServer([500, 'cut', 204]);
  const waits: number[] = [];
  await using site = await listeningInbox([probeEmulator()], { wait: async (ms) => void waits.push(ms) });
  await sendProbe(site, { callback: receiver.url, retryAfterMs: [10, 20, 30] });
  const came = await receiver.count(4);
  expect(came.map(({ path, body }) => [path, body])).toEqual([
    ['/sent', 'try 1'],
    ['/sent', 'try 2'],
    ['/sent', 'try 3'],
    ['/delivered', 'try 4'],
  ]);
  expect(waits).toEqual([10, 20]);
});

test('a receipt is told only as often as it was said', async () => {
  await using receiver = await callbackServer([500, 500, 500]);
  await using site = await listeningInbox([probeEmulator()]);
  await sendProbe(site, { callback: receiver.url, retryAfterMs: [1, 1] });
  expect(pathsOf(await receiver.count(4))).toEqual(['/sent', '/sent', '/sent', '/delivered']);
});

test('a redirect is an answer, and not followed', async () => {
  await using receiver = await callbackServer([{ redirectTo: '/elsewhere' }]);
  await using site = await listeningInbox([probeEmulator()]);
  await sendProbe(site, { callback: receiver.url, retryAfterMs: [1] });
  expect(pathsOf(await receiver.count(3))).toEqual(['/sent', '/sent', '/delivered']);
});

test.each(['data:text/plain,hi', 'file:///etc/hosts', 'ftp://127.0.0.1/'])(
  'nothing is fetched from %s',
  async (url) => {
    const fetched = vi.fn<typeof fetch>(never);
    const warned = Promise.withResolvers<string>();
    const carrier = createCarrier({ inbox: createInbox(), fetch: fetched, warn: warned.resolve });
    carrier.tell(plan({ make: () => new Request(url, { method: 'POST' }) }));
    expect(await warned.promise).toContain('given up');
    expect(fetched).not.toHaveBeenCalled();
  },
);

test('a receipt that cannot be made is given up, and a warning does not say what was in it', async () => {
  const warned = Promise.withResolvers<string>();
  const carrier = createCarrier({ inbox: createInbox(), warn: warned.resolve });
  carrier.tell(
    plan({
      make: () => {
        throw new Error('+12025550143: 493817');
      },
    }),
  );
  expect(await warned.promise).not.toMatch(/2025550143|493817/);
});

test('nothing is told for a status that has no receipt', async () => {
  await using receiver = await callbackServer();
  const carrier = createCarrier({ inbox: createInbox() });
  const make = (status: string) =>
    status === 'queued' ? null : new Request(`${receiver.url}/${status}`, { method: 'POST' });
  carrier.tell(plan({ statuses: ['queued', 'sent'], make }));
  expect(pathsOf(await receiver.count(1))).toEqual(['/sent']);
});

test('at most 32 receipts are told at once and 10,000 are on their way; one more is given up, and a warning says so', async () => {
  const fetched = vi.fn<typeof fetch>(never);
  const warn = vi.fn<(sentence: string) => void>();
  const carrier = createCarrier({ inbox: createInbox(), fetch: fetched, warn });
  for (let told = 0; told < 10_000; told += 1) carrier.tell(plan());
  await new Promise(setImmediate);
  expect(fetched).toHaveBeenCalledTimes(32);
  expect(warn).not.toHaveBeenCalled();
  carrier.tell(plan());
  expect(warn).toHaveBeenCalledTimes(1);
});

test('who is done makes room', async () => {
  const answer = async () => new Response(null, { status: 204 });
  const fetched = vi.fn<typeof fetch>(answer);
  const warn = vi.fn<(sentence: string) => void>();
  const carrier = createCarrier({ inbox: createInbox(), fetch: fetched, warn });
  for (let told = 0; told < 10_000; told += 1) carrier.tell(plan());
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(10_000), { timeout: 20_000 });
  await new Promise(setImmediate);
  carrier.tell(plan());
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(10_001));
  expect(warn).not.toHaveBeenCalled();
});

test('the end of the app ends what is under way and what was to come', { timeout: 5_000 }, async () => {
  const ending = new AbortController();
  const aborted = Promise.withResolvers<void>();
  const fetched = vi.fn<typeof fetch>(
    (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => {
          reject(new Error('aborted'));
          aborted.resolve();
        });
      }),
  );
  const warn = vi.fn<(sentence: string) => void>();
  const carrier = createCarrier({ inbox: createInbox(), signal: ending.signal, fetch: fetched, warn });
  carrier.faults.add({ fault: { kind: 'delay', delayMs: 60_000 }, next: 1 });
  const fault = carrier.faultFor('probe', '+12025550143');
  carrier.tell(plan({ statuses: ['sent', 'delivered'] }));
  carrier.tell(plan({ fault: { kind: 'late_receipts', delayMs: 60_000 } }));
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(1));
  ending.abort();
  await aborted.promise;
  expect(await fault).toBeNull();
  carrier.tell(plan());
  await new Promise(setImmediate);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(warn).not.toHaveBeenCalled();
});

test('a connection is broken in the middle of a call, and others go on', async () => {
  await using site = await listeningInbox([probeEmulator()]);
  site.carrier.faults.add(script({ kind: 'cut_before' }));
  await expect(sendProbe(site)).rejects.toThrow('fetch failed');
  expect(site.inbox.list()).toEqual([]);
  expect((await sendProbe(site)).status).toBe(201);
  expect(site.errors).toEqual([]);
});

test('where there is no connection to break, the answer says so', async () => {
  const inbox = createInbox();
  const { createInboxApp } = await import('../../src/inbox/app.ts');
  const carrier = createCarrier({ inbox });
  carrier.faults.add(script({ kind: 'cut_before' }));
  const app = createInboxApp({ inbox, carrier, emulators: [probeEmulator()] });
  const init = { method: 'POST', headers: { host: 'localhost', 'content-type': 'application/json' }, body: '{}' };
  expect((await app.request('/probe/send', init)).status).toBe(500);
});
