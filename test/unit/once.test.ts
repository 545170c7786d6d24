import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openSeal } from '../../src/code.ts';
import { InvalidRequestError, StoreError } from '../../src/errors.ts';
import type { VerifierEvent } from '../../src/events.ts';
import { createKeyring } from '../../src/keyring.ts';
import { createOnce } from '../../src/once.ts';
import { createVerifier, type VerifierOptions } from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import type { ClaimRequest, CompleteRequest, Store } from '../../src/stores/store.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

const secret = randomBytes(32);
const dayMs = 86_400_000;
const call = { route: '/start', key: 'k1', request: { to: '+12025550143', purpose: 'sign-in' } };

/** One store, and as many processes on it as a test wants. */
function setUp() {
  const clock = virtualClock();
  const memory = memoryStore({ clock: clock.now });
  const seen: (ClaimRequest | CompleteRequest)[] = [];
  const events: VerifierEvent[] = [];
  const store = {
    ...memory,
    claim(request: ClaimRequest) {
      seen.push(request);
      return memory.claim(request);
    },
    complete(request: CompleteRequest) {
      seen.push(request);
      return memory.complete(request);
    },
  };
  function process(
    given: {
      keys?: Parameters<typeof createKeyring>[0];
      store?: Partial<Store>;
      wait?: (ms: number) => Promise<unknown>;
    } = {},
  ) {
    const pending: Promise<void>[] = [];
    const once = createOnce({
      store: { ...store, ...given.store },
      keyring: createKeyring(given.keys ?? { secret }),
      leaseMs: 30_000,
      ready: async () => {},
      tell: (event) => void events.push(event),
      afterAnswer: (work) => void pending.push(work),
      // No time goes by but that of the clock: who waits without a reason waits for ever.
      wait: given.wait ?? (() => new Promise(() => {})),
    });
    return { once, idle: () => Promise.all(pending) };
  }
  return { clock, events, memory, process, seen };
}

/** Work that counts how often it is done. */
function counted(keep = true) {
  const done = { times: 0 };
  const work = async () => {
    done.times += 1;
    return { answer: { time: done.times }, keep };
  };
  return { done, work };
}

/** Work that goes on until it is told to end. */
function lasting() {
  const { promise, resolve, reject } = Promise.withResolvers<{ answer: string; keep: boolean }>();
  return { work: () => promise, end: (keep = true) => resolve({ answer: 'first', keep }), fail: reject };
}

test('the same key and request get the same answer, and the work is done once', async () => {
  const { process } = setUp();
  const { once, idle } = process();
  const { done, work } = counted();
  expect(await once(call, work)).toEqual({ status: 'done', answer: { time: 1 }, replayed: false });
  await idle();
  for (let i = 0; i < 3; i++) {
    expect(await once(call, work)).toEqual({ status: 'done', answer: { time: 1 }, replayed: true });
  }
  expect(done.times).toBe(1);
});

test('what is asked for is the same in whatever order its fields stand, at any depth', async () => {
  const { process } = setUp();
  const { once, idle } = process();
  const { done, work } = counted();
  await once({ ...call, request: { a: 1, b: { c: [1, { d: 2, e: 3 }], f: null } } }, work);
  await idle();
  const again = await once({ ...call, request: { b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1 } }, work);
  expect(again).toMatchObject({ status: 'done', replayed: true });
  expect(done.times).toBe(1);
});

test.each([
  [{ to: '+12025550143', purpose: 'withdrawal' }],
  [{ to: '+12025550143' }],
  [{ to: '+12025550143', purpose: 'sign-in', ip: '203.0.113.9' }],
  [['+12025550143', 'sign-in']],
  ['{"purpose":"sign-in","to":"+12025550143"}'],
  [null],
])('the same key with %j instead is refused, and nothing is done', async (request) => {
  const { process } = setUp();
  const { once, idle } = process();
  await once(call, counted().work);
  await idle();
  const { done, work } = counted();
  expect((await once({ ...call, request }, work)).status).toBe('idempotency_key_reused');
  expect(done.times).toBe(0);
});

test('the same key with another request is refused at once, also while the first is being done', async () => {
  const { process } = setUp();
  const { once } = process();
  void once(call, lasting().work);
  const { done, work } = counted();
  expect((await once({ ...call, request: null }, work)).status).toBe('idempotency_key_reused');
  expect(done.times).toBe(0);
});

test('the same key of another tenant or route is another key', async () => {
  const { process } = setUp();
  const { once, idle } = process();
  const { done, work } = counted();
  await once(call, work);
  await idle();
  await once({ ...call, tenant: 'acme' }, work);
  await once({ ...call, route: '/check' }, work);
  await once({ ...call, key: 'k2' }, work);
  // The parts do not run into each other.
  await once({ ...call, route: '/startk', key: '1' }, work);
  expect(done.times).toBe(5);
});

test('of fifty at once one does it, and all get what came of it, without a wait', async () => {
  const { process } = setUp();
  const { once } = process();
  const { work, end } = lasting();
  const { done, work: other } = counted();
  const first = once(call, work);
  const others = Array.from({ length: 49 }, () => once(call, other));
  await new Promise(setImmediate);
  end();
  expect(await first).toEqual({ status: 'done', answer: 'first', replayed: false });
  for (const answer of await Promise.all(others)) {
    expect(answer).toEqual({ status: 'done', answer: 'first', replayed: true });
  }
  expect(done.times).toBe(0);
});

test("one that waits for another process' answer asks again now and then, for a second in all", async () => {
  const { process } = setUp();
  const { work, end } = lasting();
  const first = process();
  const working = first.once(call, work);
  await new Promise(setImmediate);
  const waits: number[] = [];
  const second = process({ wait: async (ms) => waits.push(ms) });
  const { done, work: other } = counted();
  expect(await second.once(call, other)).toMatchObject({ status: 'request_in_progress', retryAfterSeconds: 1 });
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(1_000);
  expect(waits.length).toBeGreaterThan(3);

  const third = process({
    async wait() {
      end();
      await working;
      await first.idle();
    },
  });
  expect(await third.once(call, other)).toEqual({ status: 'done', answer: 'first', replayed: true });
  expect(done.times).toBe(0);
});

test('an answer that is not kept leaves the key free, and who waited for it does it then', async () => {
  const { process } = setUp();
  const { once } = process();
  const { work, end } = lasting();
  const { done, work: other } = counted();
  const first = once(call, work);
  const second = once(call, other);
  await new Promise(setImmediate);
  end(false);
  expect(await first).toEqual({ status: 'done', answer: 'first', replayed: false });
  expect(await second).toEqual({ status: 'done', answer: { time: 1 }, replayed: false });
  expect(done.times).toBe(1);
});

test('work that throws leaves the key free, and its error is the answer', async () => {
  const { process } = setUp();
  const { once, idle } = process();
  const broken = new Error('broken');
  await expect(once(call, () => Promise.reject(broken))).rejects.toBe(broken);
  await idle();
  expect(await once(call, counted().work)).toMatchObject({ status: 'done', replayed: false });
});

test('a process that dies at work holds the key until its lease ends, and no longer', async () => {
  const { process, clock } = setUp();
  void process().once(call, lasting().work);
  const { done, work } = counted();
  const { once } = process({ wait: async () => {} });
  await new Promise(setImmediate);
  clock.advance(30_000 - 1);
  expect((await once(call, work)).status).toBe('request_in_progress');
  clock.advance(1);
  expect((await once(call, work)).status).toBe('done');
  expect(done.times).toBe(1);
});

test('an answer is told for 24 hours after the key was first used', async () => {
  const { process, clock } = setUp();
  const { once, idle } = process();
  const { done, work } = counted();
  await once(call, work);
  await idle();
  clock.advance(dayMs - 1);
  expect(await once(call, work)).toMatchObject({ replayed: true });
  clock.advance(1);
  expect(await once(call, work)).toMatchObject({ replayed: false });
  expect(done.times).toBe(2);
});

test('the answer does not wait until it is written down', async () => {
  const { process } = setUp();
  const { once } = process({ store: { complete: () => new Promise(() => {}) } });
  expect(await once(call, counted().work)).toMatchObject({ status: 'done', replayed: false });
});

test('one that comes while an answer is being written down gets it as soon as it is', async () => {
  const { process, memory } = setUp();
  const written = Promise.withResolvers<void>();
  const { once } = process({
    store: {
      async complete(request) {
        await written.promise;
        await memory.complete(request);
      },
    },
  });
  await once(call, counted().work);
  const second = once(call, counted().work);
  await new Promise(setImmediate);
  written.resolve();
  expect(await second).toMatchObject({ status: 'done', replayed: true });
});

test('a secret that is rotated still reads answers; where it was dropped the key counts as used, and nothing is done again', async () => {
  const { process } = setUp();
  const subjectSecret = randomBytes(32);
  const newer = randomBytes(32);
  const { once, idle } = process({ keys: { secret, subjectSecret } });
  const { done, work } = counted();
  await once(call, work);
  await idle();
  const rotated = process({ keys: { secret: [newer, secret], subjectSecret } });
  expect(await rotated.once(call, work)).toMatchObject({ status: 'done', replayed: true });
  const dropped = process({ keys: { secret: newer, subjectSecret } });
  expect((await dropped.once(call, work)).status).toBe('idempotency_key_reused');
  expect(done.times).toBe(1);
});

test('a store that does not answer: nothing is done', async () => {
  const { process } = setUp();
  const { once } = process({ store: { claim: () => Promise.reject(new StoreError('down')) } });
  const { done, work } = counted();
  await expect(once(call, work)).rejects.toThrow(StoreError);
  expect(done.times).toBe(0);
});

test('after a claim that failed, which may have been done, the key is free: nobody is at work', async () => {
  const { process, memory } = setUp();
  let isDown = true;
  const claim = async (request: ClaimRequest) => {
    const claimed = await memory.claim(request);
    if (isDown) throw new StoreError('the answer was lost');
    return claimed;
  };
  const { once, idle } = process({ store: { claim } });
  const { done, work } = counted();
  await expect(once(call, work)).rejects.toThrow(StoreError);
  await idle();
  isDown = false;
  expect(await once(call, work)).toMatchObject({ status: 'done', replayed: false });
  expect(done.times).toBe(1);
});

test('an answer is written down by a store that comes back within some seconds', async () => {
  const { process, events, memory } = setUp();
  let failures = 3;
  const complete = async (request: CompleteRequest) => {
    failures -= 1;
    if (failures >= 0) throw new StoreError('down');
    await memory.complete(request);
  };
  const waited: number[] = [];
  const { once, idle } = process({ store: { complete }, wait: async (ms) => waited.push(ms) });
  const { done, work } = counted();
  await once(call, work);
  await idle();
  expect(await once(call, work)).toMatchObject({ status: 'done', replayed: true });
  expect([done.times, events, waited.length]).toEqual([1, [], 3]);
});

test('an answer that JSON does not hold is given once, and its work is never done again', async () => {
  const { process } = setUp();
  const { once, idle } = process();
  const work = async () => ({ answer: 10n, keep: true });
  expect(await once(call, work)).toMatchObject({ status: 'done', answer: 10n, replayed: false });
  await idle();
  expect(await once(call, work)).toEqual({ status: 'done', answer: null, replayed: true });
});

test.each<[string, object]>([
  ['no tenant', { tenant: null }],
  ['no route', { route: undefined }],
  ['an empty route', { route: '' }],
  ['a request that JSON does not hold', { request: { body: new Map([['to', '+12025550143']]) } }],
])('%s is a fault of the program', async (_, wrong) => {
  const { process } = setUp();
  const { done, work } = counted();
  await expect(process().once({ ...call, ...wrong }, work)).rejects.toThrow(InvalidRequestError);
  expect(done.times).toBe(0);
});

test('an answer that cannot be written down is given all the same, and told of', async () => {
  const { process, events } = setUp();
  const { once, idle } = process({
    store: { complete: () => Promise.reject(new StoreError('down')) },
    wait: async () => {},
  });
  expect(await once({ ...call, tenant: 'acme' }, counted().work)).toMatchObject({ status: 'done' });
  await idle();
  expect(events).toEqual([{ type: 'complete.failed', tenant: 'acme', error: expect.any(StoreError) as StoreError }]);
});

test('the store gets neither key, request nor answer in clear, and nothing by which the answer could be opened', async () => {
  const { process, seen } = setUp();
  const canaries = ['key-4711', '2025550143', '493817', 'acme', '/check'];
  const { once, idle } = process();
  const request = { to: '+12025550143', code: '493817' };
  const [key = '', , code = '', tenant = '', route = ''] = canaries;
  await once({ tenant, route, key, request }, async () => ({ answer: { body: request, code }, keep: true }));
  await idle();
  const kept = JSON.stringify(seen, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  for (const canary of canaries) expect(kept).not.toContain(canary);
  const answer = seen.flatMap((one) => ('answer' in one && one.answer ? [one.answer] : []))[0];
  if (!answer) throw new Error('no answer was kept');
  const keyring = createKeyring({ secret });
  const strings = seen.flatMap((one) => Object.values(one)).filter((value) => typeof value === 'string');
  expect(strings.length).toBeGreaterThan(3);
  for (const name of strings) expect(openSeal(keyring, name, 'answer', answer)).toBeNull();
});

test.each([[''], ['k'.repeat(256)], [undefined], [7], [['k']]])('the key %j is a fault of the program', async (key) => {
  const { process } = setUp();
  const { done, work } = counted();
  await expect(process().once({ ...call, key: key as string }, work)).rejects.toThrow(InvalidRequestError);
  expect(done.times).toBe(0);
});

test.each<[string, Partial<VerifierOptions>, number]>([
  ['half a minute', {}, 30_000],
  ['longer than a provider that takes its time', { provider: { ...recordingProvider(), timeoutMs: 45_000 } }, 55_000],
  ['longer than a policy that gives it time', { policy: { sendTimeoutSeconds: 40 } }, 50_000],
  ['longer than any policy can say, where it depends on the call', { policy: () => ({}) }, 70_000],
])('a verifier claims for %s', async (_, options, leaseMs) => {
  const { memory, seen } = setUp();
  const store: Store = {
    ...memory,
    claim(request) {
      seen.push(request);
      return memory.claim(request);
    },
  };
  const verifier = createVerifier({ secret, store, provider: recordingProvider(), ...options });
  await verifier.once(call, counted().work);
  expect(seen[0]).toMatchObject({ leaseMs, keepMs: dayMs });
  await verifier.idle();
  expect(await verifier.once(call, counted().work)).toMatchObject({ replayed: true });
});
