import { describe, expect, test } from 'vitest';
import { VirtualNumberError, type VirtualNumberErrorKind } from '../../src/errors.ts';
import { takeTurn } from '../../src/virtual-numbers/acquire-pace.ts';
import type { Lease } from '../../src/virtual-numbers/virtual-number.ts';
import { withNumber, type ReleaseEvent, type WithNumberOptions } from '../../src/virtual-numbers/with-number.ts';
import { lease, never, scriptedProvider, steppingTime } from './scripted-provider.ts';

const wanted = { country: 'USA' };
const failed = (kind: VirtualNumberErrorKind, retryAfterSeconds?: number) =>
  new VirtualNumberError(kind, `scripted is ${kind}.`, { retryAfterSeconds });

type Script = Parameters<typeof scriptedProvider>[0];

/** Uses a number of a provider that answers so, in time that takes none. */
async function using(
  script: Script,
  use: (lease: Lease) => Promise<unknown> = async () => 'done',
  options: WithNumberOptions = {},
) {
  const time = steppingTime();
  const beganAtMs = time.now();
  const scripted = scriptedProvider(script).timedBy(() => time.now() - beganAtMs);
  const released: ReleaseEvent[] = [];
  const came = await withNumber(scripted.provider, wanted, use, {
    ...time.options,
    onRelease: (event) => released.push(event),
    ...options,
  }).catch((error: unknown) => error);
  return { came, ...scripted, released, ...time };
}

describe('a number is released', () => {
  test('as used after success, and the result is told', async () => {
    const { came, releases, released } = await using({}, async ({ number }) => number);
    expect(came).toBe('+12025550143');
    expect(releases.map(({ reason }) => reason)).toEqual(['used']);
    expect(released).toEqual([{ reason: 'used', released: 'released' }]);
  });

  test('as unused after a failure, and the failure is told', async () => {
    const fault = new Error('no code came');
    const { came, releases } = await using({}, () => Promise.reject(fault));
    expect(came).toBe(fault);
    expect(releases.map(({ reason }) => reason)).toEqual(['unused']);
  });

  test('where what uses it throws at once', async () => {
    const fault = new Error('no code came');
    const { came, releases } = await using({}, () => {
      throw fault;
    });
    expect([came, releases.length]).toEqual([fault, 1]);
  });

  test('as unused at an abort, with a signal of its own, and the reason is told', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const { came, releases } = await using(
      {},
      () => {
        queueMicrotask(() => controller.abort(reason));
        // Heeds no signal.
        return never();
      },
      { signal: controller.signal },
    );
    expect(came).toBe(reason);
    expect(releases.map(({ reason: why, abortedThen }) => [why, abortedThen])).toEqual([['unused', false]]);
  });

  test('before withNumber ends', async () => {
    const order: string[] = [];
    await using(
      {
        release: [
          async () => {
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
            order.push('released');
            return 'released';
          },
        ],
      },
      async () => order.push('used'),
    );
    order.push('ended');
    expect(order).toEqual(['used', 'released', 'ended']);
  });

  test.each(['too_early', 'unsupported'] as const)('and %s is told, not thrown', async (answer) => {
    const { came, released } = await using({ release: [answer] });
    expect(came).toBe('done');
    expect(released).toEqual([{ reason: 'used', released: answer }]);
  });

  test('and a release that fails hides neither the result nor the first error', async () => {
    const fault = new Error('no code came');
    const refusal = failed('unavailable');
    expect((await using({ release: [refusal] })).came).toBe('done');
    const { came, released } = await using({ release: [refusal] }, () => Promise.reject(fault));
    expect(came).toBe(fault);
    expect(released).toEqual([{ reason: 'unused', released: 'failed', error: refusal }]);
  });
});

test.each([Infinity, 2 ** 31, 10_000.5, 0, Number.NaN])(
  'a number is released where that may take %s ms',
  async (releaseTimeoutMs) => {
    const { came, releases } = await using({}, undefined, { releaseTimeoutMs });
    expect(came).toBe('done');
    expect(releases).toHaveLength(1);
  },
);

test('a release without end is given up', async () => {
  const { came, released } = await using({ release: [never] }, undefined, { releaseTimeoutMs: 20 });
  expect(came).toBe('done');
  expect(released).toMatchObject([{ reason: 'used', released: 'failed', error: { name: 'TimeoutError' } }]);
});

describe('a number is asked for', () => {
  test.each<VirtualNumberErrorKind>(['no_numbers', 'unavailable', 'rate_limited'])('again after %s', async (kind) => {
    const { came, acquiredAtMs } = await using({ acquire: [failed(kind), failed(kind), lease] });
    expect(came).toBe('done');
    expect(acquiredAtMs).toEqual(kind === 'rate_limited' ? [0, 10_000, 20_000] : [0, 3_000, 8_000]);
  });

  test('not before a provider that says when wants it', async () => {
    const { acquiredAtMs } = await using({ acquire: [failed('no_numbers', 30), lease] });
    expect(acquiredAtMs).toEqual([0, 30_000]);
  });

  test('for a minute, or as long as it is told, and then the last error is thrown', async () => {
    const last = failed('no_numbers');
    const pause = () => 0.5;
    const minute = await using({ acquire: [failed('unavailable'), last] }, undefined, { chance: pause });
    expect(minute.came).toBe(last);
    // The pace allows five within a minute.
    expect(minute.acquiredAtMs).toEqual([0, 3_000, 8_000, 16_000, 24_000, 60_000]);
    const half = await using({ acquire: [last] }, undefined, { acquireTimeoutMs: 45_000 });
    expect([half.came, half.acquiredAtMs.length]).toEqual([last, 5]);
    const short = await using({ acquire: [last] }, undefined, { acquireTimeoutMs: 7_000 });
    expect(short.acquiredAtMs).toEqual([0, 3_000]);
    expect(short.sleptMs, 'and not after a sleep for nothing').toEqual([3_000]);
    expect(short.releases).toEqual([]);
  });

  test.each<VirtualNumberErrorKind>(['auth', 'config', 'funds', 'protocol'])('once, where that is %s', async (kind) => {
    const { came, acquiredAtMs, releases } = await using({ acquire: [failed(kind)] });
    expect(came).toMatchObject({ kind });
    expect([acquiredAtMs.length, releases.length]).toEqual([1, 0]);
  });

  test('by many calls at once no more often within a minute than the pace of the provider allows', async () => {
    const time = steppingTime();
    const beganAtMs = time.now();
    const { provider, acquiredAtMs } = scriptedProvider({}).timedBy(() => time.now() - beganAtMs);
    // A wrapped one shares the pace, and so its turns.
    const wrapped = { ...provider };
    const sleeping: { untilMs: number; wake: () => void }[] = [];
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        sleeping.push({ untilMs: time.now() + ms, wake: resolve });
      });
    const all = Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        withNumber(index % 2 ? provider : wrapped, wanted, async () => index, { clock: time.now, wait }),
      ),
    );
    const isOver = all.then(() => true);
    while (!(await Promise.race([isOver, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]))) {
      const next = sleeping.toSorted((one, other) => one.untilMs - other.untilMs)[0];
      if (!next) continue;
      sleeping.splice(sleeping.indexOf(next), 1);
      time.advance(Math.max(0, next.untilMs - time.now()));
      next.wake();
    }
    expect(acquiredAtMs).toHaveLength(12);
    for (const atMs of acquiredAtMs) {
      const within = acquiredAtMs.filter((other) => other > atMs - 60_000 && other <= atMs);
      expect(within.length).toBeLessThanOrEqual(5);
    }
    expect(Math.max(...acquiredAtMs)).toBe(120_000);
  });
});

describe('an abort', () => {
  const reason = new Error('Ctrl-C');

  test('before the start asks nobody', async () => {
    const { came, acquiredAtMs } = await using({}, undefined, { signal: AbortSignal.abort(reason) });
    expect([came, acquiredAtMs]).toEqual([reason, []]);
  });

  test('while it waits to ask again ends it at once', async () => {
    const controller = new AbortController();
    const { came, acquiredAtMs } = await using({ acquire: [failed('no_numbers')] }, undefined, {
      signal: controller.signal,
      wait() {
        queueMicrotask(() => controller.abort(reason));
        return never();
      },
    });
    expect(came).toBe(reason);
    expect(acquiredAtMs).toHaveLength(1);
  });

  test('while a number is being lent releases that number and does not use it', async () => {
    const controller = new AbortController();
    let used = false;
    const { came, releases } = await using(
      {
        acquire: [
          async (signal) => {
            controller.abort(reason);
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
            expect(signal.aborted).toBe(false);
            return lease;
          },
        ],
      },
      async () => (used = true),
      { signal: controller.signal },
    );
    expect([came, used]).toEqual([reason, false]);
    expect(releases.map((release) => release.reason)).toEqual(['unused']);
  });

  test('that comes after the use is over changes nothing', async () => {
    const controller = new AbortController();
    const { came, releases } = await using(
      {
        release: [
          async () => {
            controller.abort(reason);
            return 'released';
          },
        ],
      },
      undefined,
      { signal: controller.signal },
    );
    expect(came).toBe('done');
    expect(releases.map((release) => release.reason)).toEqual(['used']);
  });
});

describe('the pace', () => {
  const pace = { pollMs: 0, acquiresPerMinute: 2 };

  test('is a sliding minute', () => {
    const turns = [0, 10_000, 20_000, 61_000, 130_000].map((nowMs) => takeTurn({ pace }, nowMs).atMs);
    expect(turns).toEqual([0, 10_000, 60_000, 70_000, 130_000]);
  });

  test('does not count a turn that was given back', () => {
    const one = { pollMs: 0, acquiresPerMinute: 1 };
    takeTurn({ pace: one }, 0);
    const given = takeTurn({ pace: one }, 0);
    expect(given.atMs).toBe(60_000);
    given.giveBack();
    expect(takeTurn({ pace: one }, 0).atMs).toBe(60_000);
  });

  test('is given back by who is interrupted while it waits for its turn', async () => {
    const reason = new Error('Ctrl-C');
    const { provider } = scriptedProvider({}, { pollMs: 0, acquiresPerMinute: 1 });
    const time = steppingTime();
    await withNumber(provider, wanted, async () => null, time.options);
    const controller = new AbortController();
    const interrupted = withNumber(provider, wanted, async () => null, {
      ...time.options,
      signal: controller.signal,
      wait() {
        controller.abort(reason);
        return never();
      },
    });
    await expect(interrupted).rejects.toBe(reason);
    await withNumber(provider, wanted, async () => null, time.options);
    expect(time.sleptMs).toEqual([60_000]);
  });

  test('is not held up by turns of a clock that is years ahead', () => {
    const own = { pollMs: 0, acquiresPerMinute: 1 };
    takeTurn({ pace: own }, Date.UTC(2040, 0, 1));
    expect(takeTurn({ pace: own }, 0).atMs).toBe(0);
  });

  test('has no bound where the provider has none', () => {
    const free = { pollMs: 0, acquiresPerMinute: Number.POSITIVE_INFINITY };
    const turns = Array.from({ length: 50 }, () => takeTurn({ pace: free }, 5).atMs);
    expect(new Set(turns)).toEqual(new Set([5]));
  });
});
