import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createVerifier,
  DeliveryError,
  ProviderError,
  type Provider,
  type ProviderErrorKind,
  type StartResult,
} from '../../src/index.ts';
import { auto } from '../../src/providers/routing/auto.ts';
import { byCountry } from '../../src/providers/routing/by-country.ts';
import { fallback } from '../../src/providers/routing/fallback.ts';
import type { HandOver, Receipt } from '../../src/providers/provider.ts';
import type { Route } from '../../src/providers/routing/route.ts';
import { weighted } from '../../src/providers/routing/weighted.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';
import { messageOf } from '../unit/providers/routing/asked.ts';

describe('whatever providers do', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const personal = ['invalid_number', 'not_sms_capable', 'opted_out', 'blocked_destination'] as const;
  const mendable = ['filtered', 'rate_limited', 'temporary', 'auth', 'config', 'funds'] as const;
  const doubtful = ['ambiguous', 'unknown'] as const;
  type Outcome = ProviderErrorKind | 'accepted' | 'throws' | 'silent' | 'late';

  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Outcome>(...mendable) },
    { weight: 3, arbitrary: fc.constantFrom<Outcome>(...doubtful, 'throws', 'silent', 'late') },
    { weight: 1, arbitrary: fc.constantFrom<Outcome>(...personal) },
    { weight: 1, arbitrary: fc.constant<Outcome>('accepted') },
  );
  const step = fc.record({ outcome, afterMs: fc.constantFrom(0, 1, 300) });
  const shape = fc.constantFrom('flat', 'nested', 'weighted', 'auto', 'by country');

  const isIn = (kinds: readonly string[], one: string): boolean => kinds.includes(one);
  const isDoubt = (one: Outcome): boolean => isIn([...doubtful, 'throws', 'silent', 'late'], one);

  /** What the script makes of a send in this order, said in another way than the code does. */
  function expected(order: readonly { name: string; outcome: Outcome }[]) {
    const asked: HandOver[] = [];
    let moves = Infinity;
    for (const { name, outcome: one } of order) {
      if (one === 'accepted') return { asked, took: name, kind: null };
      const errorKind = isIn(['throws', 'silent', 'late'], one) ? 'ambiguous' : (one as ProviderErrorKind);
      const status = isDoubt(one) ? 'unknown' : 'rejected';
      asked.push({ provider: name, status, errorKind, durationMs: expect.any(Number) as number });
      moves = isIn(personal, one) ? 0 : Math.min(moves - 1, isDoubt(one) ? 1 : Infinity);
      if (moves <= 0) break;
    }
    const kinds = new Set(asked.map(({ errorKind }) => errorKind ?? ''));
    const only = (...some: string[]): boolean => [...kinds].every((kind) => some.includes(kind));
    const last = asked.at(-1)?.errorKind ?? '';
    if (asked.some(({ status }) => status === 'unknown')) return { asked, took: null, kind: 'ambiguous' };
    if (isIn(personal, last)) return { asked, took: null, kind: last };
    if (only('rate_limited') || only('filtered')) return { asked, took: null, kind: last };
    const worst =
      only('auth', 'config', 'funds') && (['auth', 'config', 'funds'] as const).find((kind) => kinds.has(kind));
    return { asked, took: null, kind: worst || 'temporary' };
  }

  test('one at a time, at most one move in doubt, none that helps nobody, one message, all told', async () => {
    let checked = { accepted: 0, moved: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), shape, async (steps, how) => {
        let underWay = 0;
        let mostUnderWay = 0;
        const messages: string[] = [];
        const order: { name: string; outcome: Outcome }[] = [];
        const providers = steps.map(({ outcome: one, afterMs }, index): Provider => {
          const name = `p${index}`;
          return {
            name,
            channels: ['sms'],
            async send(message, { signal }) {
              order.push({ name, outcome: one });
              messages.push(JSON.stringify(message) + message.receiptUrl(name));
              underWay += 1;
              mostUnderWay = Math.max(mostUnderWay, underWay);
              // Whoever is told to stop has been given up: what it still does is nobody's.
              signal.addEventListener('abort', () => (underWay -= 1));
              if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
              if (one === 'silent') return new Promise(() => {});
              if (one === 'late') await new Promise((resolve) => setTimeout(resolve, 10_000));
              if (!signal.aborted) underWay -= 1;
              if (one === 'throws') throw new TypeError('bug');
              if (one !== 'accepted' && one !== 'late') throw new ProviderError(one, 'scripted');
              return { messageId: name };
            },
          };
        });
        const sending = composition(how, providers).send(message, { signal: new AbortController().signal });
        const settled = sending.then(
          (accepted) => ({ accepted, error: null }),
          (error: unknown) => ({ accepted: null, error: error as ProviderError }),
        );
        await vi.runAllTimersAsync();
        const { accepted, error } = await settled;

        const { asked, took, kind } = expected(order);
        expect(mostUnderWay).toBe(1);
        expect(new Set(messages).size).toBe(1);
        expect(new Set(order.map(({ name }) => name)).size).toBe(order.length);
        // Nobody was asked beyond what the script allows; and everybody whom it allows was.
        expect(order).toHaveLength(asked.length + (took === null ? 0 : 1));
        if (took !== null) {
          expect(accepted).toEqual({ messageId: took, provider: took, before: asked });
          checked = { ...checked, accepted: checked.accepted + 1 };
        } else {
          expect(error).toBeInstanceOf(ProviderError);
          expect({ kind: error?.kind, handOvers: error?.handOvers }).toEqual({ kind, handOvers: asked });
          const isEnd = order.length === steps.length || isIn(personal, order.at(-1)?.outcome ?? '');
          expect(isEnd || asked.slice(0, -1).some(({ status }) => status === 'unknown')).toBe(true);
        }
        if (order.length > 1) checked = { ...checked, moved: checked.moved + 1 };
      }),
      { numRuns: 1_000 },
    );
    // The scripts did come to something.
    expect(checked.accepted).toBeGreaterThan(100);
    expect(checked.moved).toBeGreaterThan(300);
  });

  test('breakers put off, pauses keep from asking, nobody is asked twice, and both lift by themselves', async () => {
    const sends = fc.array(
      fc.record({ steps: fc.array(outcome, { minLength: 3, maxLength: 3 }), pauseMs: fc.constantFrom(0, 500, 40_000) }),
      { minLength: 1, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(sends, async (scripts) => {
        const clock = virtualClock(1_000);
        let asked: string[] = [];
        let script: readonly Outcome[] = [];
        const providers = [0, 1, 2].map((index): Provider => {
          const name = `p${index}`;
          return {
            name,
            channels: ['sms'],
            async send() {
              asked.push(name);
              const one = script[index] ?? 'accepted';
              if (one === 'silent' || one === 'late') return new Promise(() => {});
              if (one === 'throws') throw new TypeError('bug');
              if (one !== 'accepted') throw new ProviderError(one, 'scripted', { retryAfterSeconds: 10 });
              return { messageId: name };
            },
          };
        });
        const route = fallback(providers, { breaker: { failures: 2 }, now: clock.now });
        for (const { steps, pauseMs } of scripts) {
          asked = [];
          script = steps;
          const names = (wanted: boolean) =>
            route.health().providers.flatMap(({ provider, waitMs }) => ((waitMs === 0) === wanted ? provider : []));
          const [closed, open] = [names(true), names(false)];
          const sending = route.send(message, { signal: new AbortController().signal });
          const settled = sending.then(
            ({ before = [] }) => ({ told: before.length + 1, kind: null }),
            (error: unknown) => ({
              told: (error as ProviderError).handOvers.length,
              kind: (error as ProviderError).kind,
            }),
          );
          await vi.runAllTimersAsync();
          const { told, kind } = await settled;
          expect(told).toBe(asked.length);
          // First those that are closed, in their order; then, each once, those that are open and have not asked for a pause.
          expect(asked.slice(0, closed.length)).toEqual(closed.slice(0, asked.length));
          const atLast = asked.slice(closed.length);
          expect(atLast).toEqual(open.filter((name) => atLast.includes(name)));
          if (asked.length === 0) expect([closed, kind]).toEqual([[], 'temporary']);
          clock.advance(pauseMs);
        }
        clock.advance(900_000);
        script = ['accepted', 'accepted', 'accepted'];
        expect(await route.send(message, { signal: new AbortController().signal })).toMatchObject({ provider: 'p0' });
      }),
      { numRuns: 200 },
    );
  });

  const message = messageOf({ receiptUrl: () => 'https://verify.example.com/receipts' });

  function composition(how: string, providers: readonly Provider[]): Route {
    const [first, ...others] = providers;
    if (!first) throw new Error('nobody');
    switch (how) {
      case 'nested':
        return fallback([fallback([first]), ...(others.length > 0 ? [fallback(others)] : [])]);
      case 'weighted':
        return weighted(providers.map((provider, weight) => ({ provider, weight: weight + 1 })));
      case 'auto':
        return auto(providers, { explore: 0.5 });
      case 'by country':
        return byCountry({ US: fallback(providers), default: first });
      default:
        return fallback(providers);
    }
  }
});

describe('with a verifier', () => {
  const to = '+12025550143';

  function setUp() {
    const clock = virtualClock();
    const a = recordingProvider({ name: 'a' });
    const b = recordingProvider({ name: 'b' });
    const told = { receipts: [] as readonly Receipt[] };
    const receipts = async (): Promise<readonly Receipt[]> => told.receipts;
    const route = auto(
      [
        { ...a, receipts },
        { ...b, receipts },
      ],
      { explore: 0, now: clock.now, breaker: { failures: 2 } },
    );
    const verifier = createVerifier({
      secret: randomBytes(32),
      store: memoryStore({ clock: clock.now }),
      provider: route,
      receiptsUrl: 'https://verify.example.com/v1/receipts',
      onEvent: (event) => route.onEvent(event),
    });
    async function deliveries(id: string) {
      await verifier.idle();
      const found = await verifier.find({ id });
      if (found.status !== 'found') throw new Error(found.status);
      return found.verification.deliveries.map(({ provider, status }) => `${provider} ${status}`);
    }
    /** As the vendor behind a provider. */
    async function receive(provider: string, receipt: Receipt) {
      told.receipts = [receipt];
      const address = new URL(verifier.receiptAddress(provider) ?? '');
      const request = { method: 'POST', headers: new Headers(), body: new Uint8Array(), nowMs: clock.now() };
      const token = address.pathname.split('/').at(-1) ?? '';
      return verifier.receive({ provider, token, request, search: address.search });
    }
    return { clock, a, b, route, verifier, deliveries, receive };
  }

  const pending = (result: StartResult) => {
    if (result.status !== 'pending') throw new Error(`not sent: ${result.status}`);
    return result.verification;
  };

  test('a text that the first did not take goes out by the second, in the same verification with the same code', async () => {
    const { a, b, verifier, deliveries } = setUp();
    a.script(new ProviderError('temporary', 'no'));
    const { id } = pending(await verifier.start({ to }));
    expect(await deliveries(id)).toEqual(['a rejected', 'b accepted']);
    expect(b.messages).toEqual(a.messages);
    expect((await verifier.check({ id, code: b.messages[0]?.code ?? '' })).status).toBe('approved');
  });

  test('a text that may be on its way goes out once more, and is shown as such', async () => {
    const { a, b, verifier, deliveries } = setUp();
    a.script(new TypeError('connection reset'));
    const { id } = pending(await verifier.start({ to }));
    expect(await deliveries(id)).toEqual(['a unknown', 'b accepted']);
    // Whichever of the two arrives is good.
    expect(b.messages[0]?.code).toBe(a.messages[0]?.code);
  });

  test('asking again soon goes the same way, asking again later by the next provider, with the same code', async () => {
    const { clock, a, b, verifier } = setUp();
    const { id } = pending(await verifier.start({ to }));
    clock.advance(10_000);
    expect(pending(await verifier.start({ to })).id).toBe(id);
    expect([a.messages.length, b.messages.length]).toEqual([2, 0]);
    clock.advance(20_000);
    expect(pending(await verifier.start({ to })).id).toBe(id);
    expect([a.messages.length, b.messages.length]).toEqual([2, 1]);
    expect(new Set([...a.messages, ...b.messages].map(({ code }) => code)).size).toBe(1);
  });

  test('a receipt that says failed sends the next text by the next provider, at once', async () => {
    const { a, b, verifier, receive } = setUp();
    pending(await verifier.start({ to }));
    await verifier.idle();
    const { reference = '' } = a.messages[0] ?? {};
    const failed: Receipt = { messageId: 'a-1', reference, status: 'failed', errorKind: 'temporary' };
    expect(await receive('a', failed)).toMatchObject({ status: 'received', known: 1 });
    pending(await verifier.start({ to }));
    expect([a.messages.length, b.messages.length]).toEqual([1, 1]);
  });

  test('a receipt that says delivered keeps the provider, however late the person asks again', async () => {
    const { clock, a, b, verifier, receive } = setUp();
    pending(await verifier.start({ to }));
    await verifier.idle();
    const { reference = '' } = a.messages[0] ?? {};
    await receive('a', { messageId: 'a-1', reference, status: 'delivered', errorKind: null });
    clock.advance(60_000);
    pending(await verifier.start({ to }));
    expect([a.messages.length, b.messages.length]).toEqual([2, 0]);
  });

  test('what happens to texts is what the order is made of', async () => {
    const { a, b, route, verifier } = setUp();
    for (let number = 0; number < 10; number += 1) {
      const { id } = pending(await verifier.start({ to: `+1202555${String(100 + number).padStart(4, '0')}` }));
      await verifier.idle();
      expect((await verifier.check({ id, code: a.messages.at(-1)?.code ?? '' })).status).toBe('approved');
    }
    expect(route.health().scores).toEqual([{ provider: 'a', country: 'US', score: expect.any(Number) as number }]);
    expect(route.health().scores[0]?.score).toBeGreaterThan(0.99);
    expect(b.messages).toEqual([]);
  });

  test('while every provider has asked for a pause a start says when to come again, and asks nobody', async () => {
    const { a, b, verifier } = setUp();
    for (const one of [a, b]) one.script(new ProviderError('rate_limited', 'no', { retryAfterSeconds: 30 }));
    const started = async (last: number) => {
      try {
        return await verifier.start({ to: `+1202555010${last}` });
      } catch (error) {
        if (error instanceof DeliveryError) return error;
        throw error;
      }
    };
    await started(1);
    expect(await started(2)).toMatchObject({ code: 'provider_unavailable', kind: 'temporary', retryAfterSeconds: 30 });
    expect([a.messages.length, b.messages.length]).toEqual([1, 1]);
  });
});
