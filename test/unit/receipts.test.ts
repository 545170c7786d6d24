import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  ConfigurationError,
  createVerifier,
  ReceiptError,
  StoreError,
  type Provider,
  type Receipt,
  type Store,
  type Verifier,
  type VerifierEvent,
  type VerifierOptions,
} from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider, type RecordingProvider } from '../../src/testing/recording-provider.ts';

const to = '+12025550143';
const receiptsUrl = 'https://verify.test/v1/receipts';

/** A provider whose vendor tells what stands in the body, as JSON, without a signature. */
function telling(name: string, more: Partial<Provider> = {}): RecordingProvider {
  return {
    ...recordingProvider({ name }),
    async receipts({ body, headers }) {
      if (headers.get('x-signature') !== 'good') throw new ReceiptError('The signature is wrong.');
      return JSON.parse(new TextDecoder().decode(body)) as Receipt[];
    },
    ...more,
  };
}

/** What is asked first, then second, when it says so; both tell receipts. */
function oneThenOther(one: Provider, other: Provider): Provider {
  return {
    name: 'both',
    channels: ['sms'],
    providers: [one, other],
    async send(message, options) {
      await one.send(message, options);
      const before = [{ provider: one.name, status: 'rejected', errorKind: 'temporary', durationMs: 1 }] as const;
      return { ...(await other.send(message, options)), provider: other.name, before };
    },
  };
}

function setUp(options: Partial<VerifierOptions> = {}) {
  const clock = virtualClock();
  const store: Store = options.store ?? memoryStore({ clock: clock.now });
  const provider = telling('carrier');
  const events: VerifierEvent[] = [];
  const onEvent = (event: VerifierEvent): void => void events.push(event);
  const verifier = createVerifier({ secret: randomBytes(32), provider, receiptsUrl, onEvent, ...options, store });
  return { clock, store, provider, events, verifier };
}

/** As it came in at an address. */
function post(address: string, receipts: readonly Partial<Receipt>[], signature = 'good') {
  const url = new URL(address);
  const [provider = '', token = ''] = url.pathname.split('/').slice(-2);
  const body = new TextEncoder().encode(
    JSON.stringify(receipts.map((receipt) => ({ messageId: 'm', reference: null, errorKind: null, ...receipt }))),
  );
  const request = { method: 'POST', headers: new Headers({ 'x-signature': signature }), body, nowMs: 0 };
  return { provider, token, search: url.search, request };
}

async function started(verifier: Verifier, tenant = 'default') {
  const result = await verifier.start({ to, tenant });
  if (result.status !== 'pending') throw new Error(result.status);
  await verifier.idle();
  return result.verification;
}

const statusOf = async (verifier: Verifier, id: string, tenant = 'default') => {
  const found = await verifier.find({ id, tenant });
  return found.status === 'found'
    ? found.verification.deliveries.map(({ provider, status }) => [provider, status])
    : [];
};

test('a text asks for receipts at an address of its provider and of the text', async () => {
  const { verifier, provider } = setUp();
  await started(verifier);
  const url = provider.messages[0]?.receiptUrl('carrier');
  expect(url).toMatch(/^https:\/\/verify\.test\/v1\/receipts\/carrier\/[\w-]{22}\?ref=[\w.~-]+$/);
  expect(url?.split('?')[0]).toBe(verifier.receiptAddress('carrier'));
  expect(url).toContain(provider.messages[0]?.reference);
  expect(provider.messages[0]?.receiptUrl('another')).toBeNull();
  const mute = setUp({ provider: recordingProvider({ name: 'mute' }) });
  expect(mute.verifier.receiptAddress('mute')).toBeNull();
});

test('without an address that is reachable from outside no receipt is asked for', async () => {
  const { verifier, provider } = setUp({ receiptsUrl: undefined });
  await started(verifier);
  expect(provider.messages[0]?.receiptUrl('carrier')).toBeNull();
});

test.each(['default', 'acme', 'a.b-c_1'.repeat(9)])(
  'a receipt finds its text by the reference that went out, of tenant %s',
  async (tenant) => {
    const { verifier, provider, events } = setUp();
    const { id } = await started(verifier, tenant);
    expect(await statusOf(verifier, id, tenant)).toEqual([['carrier', 'accepted']]);
    const { reference } = provider.messages[0]!;
    expect(reference).toMatch(/^[A-Za-z0-9._~-]{60,140}$/);
    const receipt = post(provider.messages[0]!.receiptUrl('carrier')!, [{ reference, status: 'delivered' }]);
    expect(await verifier.receive(receipt)).toEqual({ status: 'received', known: 1 });
    expect(await statusOf(verifier, id, tenant)).toEqual([['carrier', 'delivered']]);
    expect(events.at(-1)).toEqual({
      type: 'delivery.reported',
      tenant,
      id,
      delivery: 1,
      provider: 'carrier',
      status: 'delivered',
      errorKind: null,
    });
  },
);

test('receipts come in any order and however often: the highest word stands', async () => {
  const { verifier, provider } = setUp();
  const { id } = await started(verifier);
  const { reference } = provider.messages[0]!;
  const address = verifier.receiptAddress('carrier')!;
  for (const status of ['failed', 'sent', 'delivered', 'failed', 'sent', 'delivered'] as const) {
    await verifier.receive(post(address, [{ reference, status }]));
  }
  expect(await statusOf(verifier, id)).toEqual([['carrier', 'delivered']]);
});

test('of each text it is told what became of that text', async () => {
  const { verifier, provider } = setUp();
  const { id } = await started(verifier);
  await started(verifier);
  const [first, second] = provider.messages.map(({ reference }) => reference);
  expect(first).not.toBe(second);
  const address = verifier.receiptAddress('carrier')!;
  await verifier.receive(
    post(address, [
      { reference: second!, status: 'delivered' },
      { reference: first!, status: 'failed' },
    ]),
  );
  expect(await statusOf(verifier, id)).toEqual([
    ['carrier', 'failed'],
    ['carrier', 'delivered'],
  ]);
});

test('a receipt approves nobody', async () => {
  const { verifier, provider } = setUp();
  await started(verifier);
  const { reference } = provider.messages[0]!;
  await verifier.receive(post(verifier.receiptAddress('carrier')!, [{ reference, status: 'delivered' }]));
  expect(await verifier.lookup({ to })).toMatchObject({ status: 'unverified' });
  expect(await verifier.find({ to })).toMatchObject({ verification: { status: 'pending' } });
});

test('where receipts return nothing of ours, the message id leads to the text, for 72 hours and not longer', async () => {
  const provider = telling('carrier', { returnsReference: false });
  const { verifier, clock } = setUp({ provider, policy: { lifetimeSeconds: 300 } });
  const { id } = await started(verifier);
  const address = verifier.receiptAddress('carrier')!;
  const told = (messageId: string) => verifier.receive(post(address, [{ messageId, status: 'delivered' }]));
  expect(await told('carrier-2')).toEqual({ status: 'received', known: 0 });
  expect(await told('carrier-1')).toEqual({ status: 'received', known: 1 });
  expect(await statusOf(verifier, id)).toEqual([['carrier', 'delivered']]);
  clock.advance(72 * 3_600_000 - 1);
  expect(await told('carrier-1')).toEqual({ status: 'received', known: 1 });
  clock.advance(1);
  expect(await told('carrier-1')).toEqual({ status: 'received', known: 0 });
});

test('a message id of one provider is none of another', async () => {
  const one = telling('one', { returnsReference: false });
  const other = telling('other', { returnsReference: false });
  const { verifier } = setUp({ provider: oneThenOther(one, other) });
  const { id } = await started(verifier);
  const told = (name: string, messageId: string) =>
    verifier.receive(post(verifier.receiptAddress(name)!, [{ messageId, status: 'failed' }]));
  expect(await told('one', 'other-1')).toEqual({ status: 'received', known: 0 });
  expect(await told('other', 'other-1')).toEqual({ status: 'received', known: 1 });
  expect(await statusOf(verifier, id)).toEqual([
    ['one', 'rejected'],
    ['other', 'failed'],
  ]);
});

/** A memory store whose next `complete` waits until it is let go. */
function heldStore() {
  const store = memoryStore();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isHeld = true;
  const complete: Store['complete'] = async (request) => {
    if (isHeld) {
      isHeld = false;
      await promise;
    }
    return store.complete(request);
  };
  return { store: { ...store, complete }, letGo: resolve };
}

test('a receipt that comes while its message id is being written down is to be told again, and then is known', async () => {
  const { store, letGo } = heldStore();
  const { verifier } = setUp({ store, provider: telling('carrier', { returnsReference: false }) });
  const result = await verifier.start({ to });
  if (result.status !== 'pending') throw new Error(result.status);
  await new Promise(setImmediate);
  const told = () =>
    verifier.receive(post(verifier.receiptAddress('carrier')!, [{ messageId: 'carrier-1', status: 'sent' }]));
  await expect(told()).rejects.toBeInstanceOf(StoreError);
  letGo();
  await verifier.idle();
  expect(await told()).toEqual({ status: 'received', known: 1 });
});

test('a receipt that comes before its message id is known does not keep it from being written down', async () => {
  const { store, letGo } = heldStore();
  const { verifier } = setUp({ store, provider: telling('carrier', { returnsReference: false }) });
  const told = () =>
    verifier.receive(post(verifier.receiptAddress('carrier')!, [{ messageId: 'carrier-1', status: 'sent' }]));
  const early = told();
  await new Promise(setImmediate);
  const result = await verifier.start({ to });
  expect(result.status).toBe('pending');
  await new Promise(setImmediate);
  letGo();
  expect(await early).toEqual({ status: 'received', known: 0 });
  await verifier.idle();
  expect(await told()).toEqual({ status: 'received', known: 1 });
});

test('where no receipts are taken, no message id is kept', async () => {
  for (const [url, kept] of [
    [undefined, 0],
    [receiptsUrl, 1],
  ] as const) {
    const store = memoryStore();
    let claims = 0;
    const claim: Store['claim'] = (request) => {
      claims += 1;
      return store.claim(request);
    };
    const provider = telling('carrier', { returnsReference: false });
    await started(setUp({ store: { ...store, claim }, provider, receiptsUrl: url }).verifier);
    expect(claims).toBe(kept);
  }
});

test('what one provider says of a text leaves alone what another said', async () => {
  const one = telling('one');
  const other = telling('other');
  const { verifier } = setUp({ provider: oneThenOther(one, other) });
  const { id } = await started(verifier);
  const { reference } = one.messages[0]!;
  await verifier.receive(post(verifier.receiptAddress('other')!, [{ reference, status: 'delivered' }]));
  await verifier.receive(post(verifier.receiptAddress('one')!, [{ reference, status: 'failed' }]));
  expect(await statusOf(verifier, id)).toEqual([
    ['one', 'failed'],
    ['other', 'delivered'],
  ]);
});

test('a wrong token, another provider, and a signature that is not the vendor’s are refused and change nothing', async () => {
  const other = telling('other');
  const one = telling('one');
  const { verifier, events } = setUp({ provider: oneThenOther(one, other) });
  const { id } = await started(verifier);
  const before = await statusOf(verifier, id);
  const { reference } = one.messages[0]!;
  const good = post(verifier.receiptAddress('one')!, [{ reference, status: 'delivered' }]);
  const refused = [
    { ...good, token: `${good.token.slice(0, -1)}${good.token.endsWith('A') ? 'B' : 'A'}` },
    { ...good, token: '' },
    { ...good, token: post(verifier.receiptAddress('other')!, []).token },
    { ...good, provider: 'other' },
    { ...good, provider: 'both' },
    { ...good, provider: 'toString' },
    post(verifier.receiptAddress('one')!, [{ reference, status: 'delivered' }], 'bad'),
  ];
  for (const receipt of refused) expect(await verifier.receive(receipt)).toEqual({ status: 'receipt_refused' });
  expect(await statusOf(verifier, id)).toEqual(before);
  expect(events.filter(({ type }) => type === 'receipt.refused')).toHaveLength(1);
});

test('references that lead nowhere are unknown, and only counted', async () => {
  const { verifier, provider, events } = setUp();
  await started(verifier);
  const { reference } = provider.messages[0]!;
  const wrong = [
    '',
    'x',
    reference.replace(/\.1$/, ''),
    reference.replace(/^v1/, 'v2'),
    `${reference}.another`,
    '../../etc/passwd',
  ];
  const receipts = wrong.map((one) => ({ reference: one, status: 'delivered' }) as const);
  const answered = await verifier.receive(post(verifier.receiptAddress('carrier')!, receipts));
  // Another tenant's reference can be read, but its id leads to a verification that does not exist.
  expect(answered).toMatchObject({ status: 'received' });
  expect(events.find(({ type }) => type === 'receipt.unknown')).toMatchObject({ provider: 'carrier', count: 5 });
  expect(await verifier.find({ to })).toMatchObject({ verification: { deliveries: [{ status: 'accepted' }] } });
});

test('the store is down: the vendor is to tell again', async () => {
  const store = memoryStore();
  let isDown = false;
  const settle: Store['settle'] = (request) =>
    isDown ? Promise.reject(new StoreError('down')) : store.settle(request);
  const { verifier, provider } = setUp({ store: { ...store, settle } });
  const { id } = await started(verifier);
  const { reference } = provider.messages[0]!;
  const receipt = post(verifier.receiptAddress('carrier')!, [{ reference, status: 'delivered' }]);
  isDown = true;
  await expect(verifier.receive(receipt)).rejects.toBeInstanceOf(StoreError);
  isDown = false;
  await verifier.receive(receipt);
  expect(await statusOf(verifier, id)).toEqual([['carrier', 'delivered']]);
});

test('the addresses stay when the secret is rotated, and differ between services', async () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const addressOf = (secret: VerifierOptions['secret']) => setUp({ secret }).verifier.receiptAddress('carrier');
  expect(addressOf([fresh, old])).toBe(addressOf(old));
  expect(addressOf(fresh)).not.toBe(addressOf(old));
});

test('two providers of one name, and an address that is none, are refused at once', () => {
  const twice = oneThenOther(telling('same'), telling('same'));
  expect(() => setUp({ provider: twice })).toThrow(ConfigurationError);
  for (const url of ['', 'verify.test', 'https://verify.test/', 'https://verify.test?a', 'ftp://verify.test']) {
    expect(() => setUp({ receiptsUrl: url }), url).toThrow(ConfigurationError);
  }
});
