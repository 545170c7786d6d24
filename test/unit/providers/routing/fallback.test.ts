import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError, ProviderError, type ProviderErrorKind } from '../../../../src/errors.ts';
import { fallback } from '../../../../src/providers/routing/fallback.ts';
import type { Accepted, HandOver, Message, Provider } from '../../../../src/providers/provider.ts';
import { errorOf, failure, messageOf, recordingProviders, send, timesAsked } from './asked.ts';

const moving: ProviderErrorKind[] = ['temporary', 'filtered', 'rate_limited', 'config', 'auth', 'funds'];
const final: ProviderErrorKind[] = ['invalid_number', 'not_sms_capable', 'opted_out', 'blocked_destination'];

const durationMs = expect.any(Number) as number;
const rejected = (provider: string, errorKind: ProviderErrorKind): HandOver => ({
  provider,
  status: 'rejected',
  errorKind,
  durationMs,
});
const unknown = (provider: string, errorKind: ProviderErrorKind = 'ambiguous'): HandOver => ({
  provider,
  status: 'unknown',
  errorKind,
  durationMs,
});

describe('who is asked', () => {
  test('the first, and nobody else when it takes the message', async () => {
    const [a, b] = recordingProviders('a', 'b');
    expect(await send(fallback([a, b]))).toEqual({ messageId: 'a-1', provider: 'a', before: [] });
    expect(timesAsked(a, b)).toEqual([1, 0]);
  });

  test.each(moving)('the next after %s', async (kind) => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf(kind));
    b.script(errorOf(kind));
    expect(await send(fallback([a, b, c]))).toEqual({
      messageId: 'c-1',
      provider: 'c',
      before: [rejected('a', kind), rejected('b', kind)],
    });
  });

  test.each(final)('nobody after %s, which another cannot mend', async (kind) => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf(kind));
    expect(await failure(send(fallback([a, b])))).toMatchObject({ kind, handOvers: [rejected('a', kind)] });
    expect(timesAsked(a, b)).toEqual([1, 0]);
  });

  test.each(final)('nobody after %s of a later one either, and its kind stands', async (kind) => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('temporary'));
    b.script(errorOf(kind));
    const error = await failure(send(fallback([a, b, c])));
    expect(error).toMatchObject({ kind, handOvers: [rejected('a', 'temporary'), rejected('b', kind)] });
    expect(timesAsked(a, b, c)).toEqual([1, 1, 0]);
  });

  test('each gets the very same message', async () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('temporary'));
    b.script(errorOf('ambiguous'));
    const message = messageOf();
    await fallback([a, b, c]).send(message, { signal: new AbortController().signal });
    for (const { messages } of [a, b, c]) expect(messages).toEqual([message]);
  });

  test('one that is named twice is asked once', async () => {
    const [a] = recordingProviders('a');
    a.script(errorOf('temporary'));
    expect(await failure(send(fallback([a, a])))).toMatchObject({ handOvers: [rejected('a', 'temporary')] });
    expect(timesAsked(a)).toEqual([1]);
  });
});

describe('when the text may be on its way', () => {
  const doubts: [string, () => Promise<Accepted>, ProviderErrorKind][] = [
    ['ambiguous', () => Promise.reject(errorOf('ambiguous')), 'ambiguous'],
    ['unknown', () => Promise.reject(errorOf('unknown')), 'unknown'],
    ['an error that is no provider error', () => Promise.reject(new TypeError('bug')), 'ambiguous'],
    [
      'an error that is thrown before there is a promise',
      () => {
        throw new TypeError('bug');
      },
      'ambiguous',
    ],
    ['an answer that is none', () => Promise.resolve(undefined as unknown as Accepted), 'ambiguous'],
  ];

  test.each(doubts)('%s moves on', async (_name, outcome, kind) => {
    const [a, b] = recordingProviders('a', 'b');
    const doubtful: Provider = { ...a, send: outcome };
    expect(await send(fallback([doubtful, b]))).toEqual({
      messageId: 'b-1',
      provider: 'b',
      before: [unknown('a', kind)],
    });
  });

  test.each(doubts)('%s moves on once only', async (_name, outcome, kind) => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    const doubtful = [a, b].map((one): Provider => ({ ...one, send: outcome }));
    const error = await failure(send(fallback([...doubtful, c])));
    expect(error).toMatchObject({ kind: 'ambiguous', handOvers: [unknown('a', kind), unknown('b', kind)] });
    expect(timesAsked(c)).toEqual([0]);
  });

  test.each([...moving, ...final])('%s of the next one ends it, and it stays ambiguous', async (kind) => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('ambiguous'));
    b.script(errorOf(kind));
    const error = await failure(send(fallback([a, b, c])));
    expect(error).toMatchObject({ kind: 'ambiguous', handOvers: [unknown('a'), rejected('b', kind)] });
    expect(timesAsked(c)).toEqual([0]);
  });

  test('those that were surely not asked before do not count as the move', async () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('temporary'));
    b.script(errorOf('ambiguous'));
    expect(await send(fallback([a, b, c]))).toEqual({
      messageId: 'c-1',
      provider: 'c',
      before: [rejected('a', 'temporary'), unknown('b')],
    });
  });

  test('a kind that an adapter made up leaves it open too', async () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('timeout' as ProviderErrorKind));
    b.script(errorOf('temporary'));
    expect(await failure(send(fallback([a, b, c])))).toMatchObject({ kind: 'ambiguous' });
    expect(timesAsked(c)).toEqual([0]);
  });
});

describe('the kind that helps most', () => {
  test.each<[ProviderErrorKind[], ProviderErrorKind]>([
    [['filtered'], 'filtered'],
    [['filtered', 'filtered'], 'filtered'],
    [['filtered', 'auth'], 'temporary'],
    [['funds', 'config'], 'config'],
    [['funds', 'auth', 'config'], 'auth'],
    [['funds', 'funds'], 'funds'],
    [['auth', 'temporary'], 'temporary'],
    [['temporary', 'auth'], 'temporary'],
    [['rate_limited', 'rate_limited'], 'rate_limited'],
    [['rate_limited', 'auth'], 'temporary'],
    [['temporary', 'rate_limited'], 'temporary'],
    [['filtered', 'opted_out'], 'opted_out'],
  ])('of %j is %s', async (kinds, kind) => {
    const providers = recordingProviders(...kinds.map((_, index) => `p${index}`));
    for (const [index, one] of kinds.entries()) providers[index]?.script(errorOf(one));
    const error = await failure(send(fallback(providers)));
    expect(error.kind).toBe(kind);
    expect(error.handOvers.map(({ errorKind }) => errorKind)).toEqual(kinds);
  });

  test('all ask for a pause: the shortest is told', async () => {
    const [a, b, c] = recordingProviders('a', 'b', 'c');
    a.script(errorOf('rate_limited', 40));
    b.script(errorOf('rate_limited', 7));
    c.script(errorOf('rate_limited'));
    expect(await failure(send(fallback([a, b, c])))).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 7 });
  });

  test('a pause of one says nothing of the others', async () => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf('rate_limited', 40));
    b.script(errorOf('temporary'));
    expect(await failure(send(fallback([a, b])))).toMatchObject({ kind: 'temporary', retryAfterSeconds: undefined });
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Settles so many milliseconds after it was asked. */
  const after = (ms: number, outcome: ProviderErrorKind | 'accepted', name: string, timeoutMs?: number): Provider => ({
    name,
    channels: ['sms'],
    ...(timeoutMs !== undefined && { timeoutMs }),
    async send() {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (outcome === 'accepted') return { messageId: `${name}-1` };
      throw errorOf(outcome);
    },
  });
  /** Never answers, and tells when it was asked to stop. */
  const silent = (name: string, timeoutMs?: number): Provider & { stopped: boolean } => {
    const provider = {
      name,
      channels: ['sms'],
      stopped: false,
      ...(timeoutMs !== undefined && { timeoutMs }),
      send: (_: Message, { signal }: { signal: AbortSignal }) =>
        new Promise<never>(() => {
          signal.addEventListener('abort', () => {
            provider.stopped = true;
          });
        }),
    };
    return provider;
  };

  /** What came of it, and after how many milliseconds. */
  async function timed<Result>(sending: Promise<Result>): Promise<{ result: Result | ProviderError; afterMs: number }> {
    const startedAtMs = performance.now();
    const settled = sending.then(
      (result) => ({ result, afterMs: performance.now() - startedAtMs }),
      (error: unknown) => ({ result: error as ProviderError, afterMs: performance.now() - startedAtMs }),
    );
    await vi.runAllTimersAsync();
    return settled;
  }

  test.each<[string, number | undefined, number | undefined, number]>([
    ['4 seconds when nothing is said', undefined, undefined, 4_000],
    ['as the option says', undefined, 1_500, 1_500],
    ['as the provider says', 2_500, undefined, 2_500],
    ['as the provider says, whatever the option', 2_500, 1_500, 2_500],
  ])('a provider may take %s', async (_name, own, timeoutMs, expected) => {
    const a = silent('a', own);
    const [b] = recordingProviders('b');
    const { result, afterMs } = await timed(send(fallback([a, b], timeoutMs === undefined ? {} : { timeoutMs })));
    expect(result).toMatchObject({ provider: 'b', before: [{ ...unknown('a'), durationMs: expected }] });
    expect(afterMs).toBe(expected);
    expect(a.stopped).toBe(true);
  });

  test('nothing of a send goes on when it is done', async () => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf('temporary'));
    const { signal } = new AbortController();
    await send(fallback([a, b]), {}, signal);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('time-outs move on once only', async () => {
    const [c] = recordingProviders('c');
    const { result, afterMs } = await timed(send(fallback([silent('a'), silent('b'), c])));
    expect(result).toMatchObject({ kind: 'ambiguous', handOvers: [unknown('a'), unknown('b')] });
    expect(afterMs).toBe(8_000);
    expect(timesAsked(c)).toEqual([0]);
  });

  test('one that is told to stop, and then says that it did not take the message, may have', async () => {
    const obedient: Provider = {
      name: 'a',
      channels: ['sms'],
      send: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(errorOf('temporary')));
        }),
    };
    const [b] = recordingProviders('b');
    const { result } = await timed(send(fallback([obedient, b])));
    expect(result).toMatchObject({ before: [unknown('a')] });
  });

  test('one that takes the message too late does not make two of it', async () => {
    const [b] = recordingProviders('b');
    const { result } = await timed(send(fallback([after(5_000, 'accepted', 'a'), b])));
    expect(result).toEqual({ messageId: 'b-1', provider: 'b', before: [unknown('a')] });
  });

  test('whoever waits waits for as long as all can take, and for what is told of it', () => {
    const [a, b] = recordingProviders('a', 'b');
    expect(fallback([a]).timeoutMs).toBe(4_500);
    expect(fallback([a, { ...b, timeoutMs: 9_000 }]).timeoutMs).toBe(13_500);
    expect(fallback(recordingProviders('a', 'b', 'c', 'd', 'e', 'f', 'g')).timeoutMs).toBe(20_500);
    expect(fallback([a, { ...b, timeoutMs: 30_000 }]).timeoutMs).toBe(30_500);
  });

  test('providers that are slow to refuse end in 20 seconds, and what came of each is told', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const { result, afterMs } = await timed(send(fallback(names.map((name) => after(3_900, 'temporary', name)))));
    // The sixth has half a second left, in which it could only be cut off.
    expect(result).toMatchObject({
      kind: 'temporary',
      handOvers: names.slice(0, 5).map((name) => rejected(name, 'temporary')),
    });
    expect(afterMs).toBe(19_500);
  });

  test('the last try gets what is left', async () => {
    const slow = ['a', 'b', 'c', 'd', 'e'].map((name) => after(3_700, 'temporary', name));
    const { result, afterMs } = await timed(send(fallback([...slow, silent('f')])));
    expect(result).toMatchObject({ kind: 'ambiguous' });
    expect(afterMs).toBe(20_000);
  });

  test('no error holds number, text, code or reference', async () => {
    const [a] = recordingProviders('a');
    a.script(errorOf('temporary'));
    const { result } = await timed(send(fallback([a, silent('b'), silent('c')])));
    const { to, text, code, reference } = messageOf();
    for (const secret of [to, text, code, reference]) expect(inspect(result, { depth: 9 })).not.toContain(secret);
  });

  test('the caller ends everything at once', async () => {
    const controller = new AbortController();
    const a = silent('a');
    const [b] = recordingProviders('b');
    const sending = failure(send(fallback([a, b]), {}, controller.signal));
    await vi.advanceTimersByTimeAsync(100);
    controller.abort();
    expect(await sending).toMatchObject({ kind: 'ambiguous', handOvers: [unknown('a')] });
    expect(vi.getTimerCount()).toBe(0);
    expect(a.stopped).toBe(true);
    expect(timesAsked(b)).toEqual([0]);
  });

  test('a caller that has left is not served', async () => {
    const [a] = recordingProviders('a');
    const error = await failure(send(fallback([a]), {}, AbortSignal.abort()));
    expect(error).toMatchObject({ kind: 'temporary', handOvers: [], retryAfterSeconds: undefined });
    expect(timesAsked(a)).toEqual([0]);
  });
});

describe('a composition that somebody else wrote', () => {
  const byHand = (outcome: Accepted | ProviderError): Provider => ({
    name: 'by-hand',
    channels: ['sms'],
    providers: recordingProviders('x', 'y'),
    async send() {
      if (outcome instanceof ProviderError) throw outcome;
      return outcome;
    },
  });
  const unheard = { provider: 'x', status: 'unknown', errorKind: 'ambiguous', durationMs: 5 } as const;
  const refused = { provider: 'y', status: 'rejected', errorKind: 'temporary', durationMs: 5 } as const;

  test('is believed about who took the message, and who did not', async () => {
    const [a] = recordingProviders('a');
    a.script(errorOf('temporary'));
    const accepted = await send(fallback([a, byHand({ messageId: 'm', provider: 'y', before: [unheard] })]));
    expect(accepted).toEqual({ messageId: 'm', provider: 'y', before: [rejected('a', 'temporary'), unheard] });
  });

  test('and the move that it made in doubt is the only one', async () => {
    const [a] = recordingProviders('a');
    const error = new ProviderError('ambiguous', 'no', { handOvers: [unheard, refused] });
    expect(await failure(send(fallback([byHand(error), a])))).toMatchObject({
      kind: 'ambiguous',
      handOvers: [unheard, refused],
    });
    expect(timesAsked(a)).toEqual([0]);
  });

  test('that says it may have been taken, and tells only of some that did not take it, is believed', async () => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf('temporary'));
    const error = new ProviderError('ambiguous', 'no', { handOvers: [refused] });
    expect(await failure(send(fallback([byHand(error), a, b])))).toMatchObject({ kind: 'ambiguous' });
    expect(timesAsked(a, b)).toEqual([1, 0]);
  });

  test('that says it was surely not taken, and tells of one that may have taken it, is not believed', async () => {
    const [a, b] = recordingProviders('a', 'b');
    a.script(errorOf('temporary'));
    const error = new ProviderError('temporary', 'no', { handOvers: [unheard] });
    expect(await failure(send(fallback([byHand(error), a, b])))).toMatchObject({ kind: 'ambiguous' });
    expect(timesAsked(a, b)).toEqual([1, 0]);
  });
});

test('what cannot work is said when it is made, all of it at once', () => {
  const [a, b] = recordingProviders('a', 'b');
  const faultsOf = (make: () => unknown): readonly string[] => {
    try {
      make();
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
    }
    return [];
  };
  expect(faultsOf(() => fallback([]))).toHaveLength(1);
  expect(faultsOf(() => fallback([a, { ...b, channels: ['voice'] }]))).toHaveLength(1);
  expect(
    faultsOf(() =>
      fallback([], { name: 'No!', timeoutMs: 0, receiptSeconds: -1, breaker: { failures: 0.5, openSeconds: 0 } }),
    ),
  ).toHaveLength(6);
  expect(faultsOf(() => fallback([a], { timeoutMs: Number.NaN, receiptSeconds: Number.NaN }))).toHaveLength(2);
});

test('its channels are those that all have', () => {
  const [a, b] = recordingProviders('a', 'b');
  const both = { ...a, channels: ['voice', 'sms'] };
  expect(fallback([both, b]).channels).toEqual(['sms']);
  expect(fallback([both]).channels).toEqual(['voice', 'sms']);
});

test('it names its parts, and is called fallback unless told otherwise', () => {
  const [a, b] = recordingProviders('a', 'b');
  expect(fallback([a, b])).toMatchObject({ name: 'fallback', providers: [a, b] });
  expect(fallback([a, b], { name: 'main' }).name).toBe('main');
});
