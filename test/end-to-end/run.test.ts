import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCostGuard } from '../../src/end-to-end/cost-guard.ts';
import type { EndToEndEvent, EndToEndReport } from '../../src/end-to-end/report.ts';
import { serviceVerifying } from '../../src/end-to-end/service-verifying.ts';
import type { Verifying } from '../../src/end-to-end/verifying.ts';
import { ProviderError, VirtualNumberError } from '../../src/errors.ts';
import type { Policy } from '../../src/policy.ts';
import { inboxNumbers } from '../../src/virtual-numbers/inbox.ts';
import type { ReleaseReason, VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';
import { openWay, stepsOf, type Way } from './way-under-test.ts';

let way: Way;
beforeEach(async () => {
  way = await openWay();
});
afterEach(() => way.close());

async function reopen(policy: Partial<Policy>): Promise<void> {
  await way.close();
  way = await openWay(policy);
}

/** Nobody has a number any more, and every lease was given back. */
function expectReleased(report: EndToEndReport): void {
  expect(way.inbox.numbers.list()).toEqual([]);
  expect(report.released).toBe('released');
}

/** What the codes and the whole numbers of all texts would be found by. */
const secrets = (): string[] => way.sent.flatMap(({ code, to }) => [code, to.slice(1)]);

function expectMasked(report: EndToEndReport): void {
  const told = JSON.stringify([report, way.events]);
  expect(way.sent.length).toBeGreaterThan(0);
  for (const secret of secrets()) expect(told).not.toContain(secret);
}

/** Released numbers, and why. */
function watched(numbers: VirtualNumberProvider): VirtualNumberProvider & { readonly releases: ReleaseReason[] } {
  const releases: ReleaseReason[] = [];
  return {
    ...numbers,
    releases,
    release(lease, reason, call) {
      releases.push(reason);
      return numbers.release(lease, reason, call);
    },
  };
}

describe.each(['overHttp', 'inProcess'] as const)('with a verifier %s', (where) => {
  test('the whole way is walked, and told step by step', async () => {
    const numbers = watched(way.numbers);
    const report = await way.run({ numbers, verifying: way[where] });
    expect(report).toMatchObject({ outcome: 'approved', step: null, reason: null, detail: null, provider: 'inbox' });
    expect(report).toMatchObject({ country: 'US', to: expect.stringMatching(/^\+1•{6}\d{4}$/), polls: 1 });
    expect(stepsOf(way.events)).toEqual(['reach', 'acquire', 'start', 'delivery', 'check', 'release']);
    expect(numbers.releases).toEqual(['used']);
    expectReleased(report);
    expectMasked(report);
    expect(await way.verifier.lookup({ to: way.sent[0]!.to })).toMatchObject({ status: 'verified' });
  });

  test('a number that the service sends nothing to ends the run there', async () => {
    await reopen({ countries: ['GB'] });
    const report = await way.run({ verifying: way[where] });
    expect(report).toMatchObject({ outcome: 'start_refused', step: 'start', reason: 'destination_not_allowed' });
    expect(report.timings).toMatchObject({ startMs: null, deliveryMs: null, checkMs: null });
    expect(stepsOf(way.events)).toEqual(['reach', 'acquire', '-start', 'release']);
    expectReleased(report);
  });

  test('a provider that takes no text is a refusal, not a service that is away', async () => {
    way.carry = () => {
      throw new ProviderError('funds', 'no money');
    };
    const report = await way.run({ verifying: way[where] });
    expect(report).toMatchObject({ outcome: 'start_refused', reason: 'provider_unavailable' });
    expectReleased(report);
    expectMasked(report);
  });

  test('another code than the one that was sent is refused', async () => {
    way.carry = ({ to, code }) =>
      way.deliver({ to, text: `${String((Number(code) + 1) % 1e6).padStart(6, '0')} is your Acme code.` });
    const report = await way.run({ verifying: way[where] });
    expect(report).toMatchObject({ outcome: 'check_refused', step: 'check', reason: 'incorrect_code' });
    expect(report.timings).toMatchObject({ checkMs: null, deliveryMs: expect.any(Number) });
    expectReleased(report);
    expectMasked(report);
  });

  test('a store that goes away in the middle is no refusal: the service is unreachable', async () => {
    way.carry = (message) => {
      way.deliver(message);
      way.isStoreAway = true;
    };
    const report = await way.run({ verifying: way[where] });
    expect(report).toMatchObject({ outcome: 'unreachable', step: 'check', reason: 'store_unavailable' });
    expectReleased(report);
    expectMasked(report);
  });
});

describe('the text', () => {
  test('takes as long as from the answer of the service until it is seen', async () => {
    way.carry = () => {
      // What the service itself takes is no delivery.
      way.clock.advance(700);
    };
    way.onWait = () => way.waits.length === 3 && way.deliver(way.sent[0]!);
    const report = await way.run();
    expect(way.waits).toEqual([3_000, 3_000, 5_000]);
    expect(report.timings).toEqual({ acquireMs: 0, startMs: 700, deliveryMs: 11_000, checkMs: 0, totalMs: 11_700 });
    expect(report.polls).toBe(3);
    expect(way.events.filter(({ type }) => type === 'polled')).toEqual([
      { type: 'polled', polls: 1, waitedMs: 3_000 },
      { type: 'polled', polls: 2, waitedMs: 6_000 },
      { type: 'polled', polls: 3, waitedMs: 11_000 },
    ]);
  });

  test('that never comes ends the run when the time is up', async () => {
    way.carry = () => {};
    const numbers = watched(way.numbers);
    const report = await way.run({ numbers, timeoutMs: 60_000, sleepsMs: [10_000] });
    expect(report).toMatchObject({ outcome: 'no_code', step: 'delivery', reason: 'timeout' });
    expect(report.timings).toMatchObject({ deliveryMs: null, totalMs: 60_000 });
    expect(report.detail).toContain(report.to);
    expect(numbers.releases).toEqual(['unused']);
    expectReleased(report);
    expectMasked(report);
  });

  test('is not waited for any longer when the lease of the number has ended', async () => {
    way.carry = () => {};
    way.onWait = () => way.clock.advance(1_200_000);
    const report = await way.run({ timeoutMs: 3_600_000 });
    expect(report).toMatchObject({ outcome: 'no_code', step: 'delivery', reason: 'lease_lost', polls: 1 });
    expectReleased(report);
  });

  test('is not waited for at a provider that refuses to say', async () => {
    const refusing: VirtualNumberProvider = {
      ...way.numbers,
      poll: () => Promise.reject(new VirtualNumberError('auth', 'the key is wrong')),
    };
    const report = await way.run({ numbers: refusing });
    expect(report).toMatchObject({ outcome: 'no_code', step: 'delivery', reason: 'auth', detail: 'the key is wrong' });
    expectReleased(report);
  });
});

describe('nothing is rented', () => {
  const untouched = (): VirtualNumberProvider => ({
    ...way.numbers,
    acquire: () => Promise.reject(new Error('a number was rented')),
  });

  test('where no service answers', async () => {
    const verifying = serviceVerifying({ url: 'http://127.0.0.1:9', apiKey: undefined });
    const report = await way.run({ verifying, numbers: untouched() });
    expect(report).toMatchObject({
      outcome: 'unreachable',
      step: 'reach',
      reason: 'no_answer',
      to: null,
      released: null,
    });
    expect(stepsOf(way.events)).toEqual(['-reach']);
  });

  test('where the store of the service is away', async () => {
    const verifying: Verifying = {
      ...way.inProcess,
      ready: async () => ({ status: 'unreachable', reason: 'store_unavailable', detail: 'away' }),
    };
    expect(await way.run({ verifying, numbers: untouched() })).toMatchObject({ outcome: 'unreachable', step: 'reach' });
  });

  test('by a run that was told to end before it began', async () => {
    const report = await way.run({ signal: AbortSignal.abort(), numbers: untouched() });
    expect(report).toMatchObject({ outcome: 'aborted', step: null, reason: null });
    expect(way.events).toEqual([]);
  });

  test('where enough numbers were', async () => {
    const guard = createCostGuard({ maxRents: 1, clock: way.clock.now });
    expect(await way.run({ guard })).toMatchObject({ outcome: 'approved' });
    expect(await way.run({ guard, numbers: untouched() })).toMatchObject({
      outcome: 'cost_guard',
      step: 'acquire',
      reason: 'max_rents',
      to: null,
    });
    expect(way.sent).toHaveLength(1);
  });

  test('where the provider knows no number of the country', async () => {
    const report = await way.run({ wanted: { country: 'ZZ' }, acquireTimeoutMs: 0 });
    expect(report).toMatchObject({ outcome: 'no_number', step: 'acquire', reason: 'no_numbers', country: 'ZZ' });
    expect(report.released).toBeNull();
  });

  test('where the provider does not know the key, and it is not asked again', async () => {
    let asked = 0;
    const acquire = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new VirtualNumberError('auth', 'the key is wrong'));
    };
    expect(await way.run({ numbers: { ...way.numbers, acquire } })).toMatchObject({
      outcome: 'no_number',
      reason: 'auth',
    });
    expect(asked).toBe(1);
  });

  test('where the provider does not answer', async () => {
    const numbers = inboxNumbers({ url: 'http://127.0.0.1:9', clock: way.clock.now });
    const report = await way.run({ numbers, acquireTimeoutMs: 0 });
    expect(report).toMatchObject({ outcome: 'unreachable', step: 'acquire', reason: 'unavailable' });
  });
});

describe('a run that is told to end gives its number back:', () => {
  test('while a number is rented', async () => {
    const ending = new AbortController();
    const numbers: VirtualNumberProvider = {
      ...way.numbers,
      async acquire(wanted, call) {
        ending.abort();
        return way.numbers.acquire(wanted, call);
      },
    };
    const report = await way.run({ numbers, signal: ending.signal });
    expect(report).toMatchObject({ outcome: 'aborted', step: 'acquire', to: expect.stringContaining('•') });
    expectReleased(report);
    expect(way.sent).toEqual([]);
  });

  test('while the verification is started, however late that answers', async () => {
    const ending = new AbortController();
    const answers = Promise.withResolvers<void>();
    const verifying: Verifying = {
      ...way.inProcess,
      async start(to, call) {
        ending.abort();
        await answers.promise;
        return way.inProcess.start(to, { ...call, signal: new AbortController().signal });
      },
    };
    const report = await way.run({ verifying, signal: ending.signal });
    expect(report).toMatchObject({ outcome: 'aborted', step: 'start' });
    expectReleased(report);
    const told = way.events.length;
    answers.resolve();
    await expect.poll(() => way.sent.length).toBe(1);
    await way.verifier.idle();
    await setImmediate();
    expect(way.events).toHaveLength(told);
  });

  test('while the text is waited for', async () => {
    const ending = new AbortController();
    way.carry = () => {};
    way.onWait = () => ending.abort();
    const numbers = watched(way.numbers);
    const report = await way.run({ numbers, signal: ending.signal });
    expect(report).toMatchObject({ outcome: 'aborted', step: 'delivery', reason: null, detail: null });
    expect(numbers.releases).toEqual(['unused']);
    expect(stepsOf(way.events)).toEqual(['reach', 'acquire', 'start', '-delivery', 'release']);
    expectReleased(report);
  });

  test('while the code is checked', async () => {
    const ending = new AbortController();
    const verifying: Verifying = {
      ...way.overHttp,
      check(id, code, call) {
        ending.abort();
        return way.overHttp.check(id, code, call);
      },
    };
    const report = await way.run({ verifying, signal: ending.signal });
    expect(report).toMatchObject({ outcome: 'aborted', step: 'check' });
    expectReleased(report);
  });
});

test('a number that cannot be given back hides neither success nor failure', async () => {
  const numbers: VirtualNumberProvider = {
    ...way.numbers,
    release: () => Promise.reject(new VirtualNumberError('unavailable', 'out of order')),
  };
  expect(await way.run({ numbers })).toMatchObject({ outcome: 'approved', step: null, released: 'failed' });
  expect(stepsOf(way.events).at(-1)).toBe('-release');
  way.carry = () => {};
  expect(await way.run({ numbers, timeoutMs: 5_000 })).toMatchObject({
    outcome: 'no_code',
    step: 'delivery',
    released: 'failed',
  });
});

test('a fault of the program is thrown, once the number is given back', async () => {
  const verifying: Verifying = { ...way.inProcess, start: () => Promise.reject(new TypeError('a bug')) };
  await expect(way.run({ verifying })).rejects.toThrow('a bug');
  expect(way.inbox.numbers.list()).toEqual([]);
});

test('whole numbers and codes are told to who asks for them, and the code stands in no report', async () => {
  const report = await way.run({ show: true });
  const [{ to, code }] = way.sent as [(typeof way.sent)[0]];
  expect(report.to).toBe(to);
  expect(JSON.stringify(report)).not.toContain(code);
  expect(way.events).toContainEqual(expect.objectContaining({ step: 'delivery', about: { code } }));
  expect(way.events).toContainEqual(expect.objectContaining({ step: 'acquire', about: { to } }));
});

test('runs side by side get a number each', async () => {
  const guard = createCostGuard({ maxRents: 5, clock: way.clock.now });
  const reports = await Promise.all(Array.from({ length: 8 }, () => way.run({ guard, sleepsMs: [0] })));
  const outcomes = reports.map(({ outcome }) => outcome).toSorted();
  expect(outcomes).toEqual([...Array<string>(5).fill('approved'), ...Array<string>(3).fill('cost_guard')]);
  expect(new Set(way.sent.map(({ to }) => to)).size).toBe(5);
  expect(way.inbox.numbers.list()).toEqual([]);
});

test.each(['acquire', 'delivery', 'release'] as const)(
  'a number is given back whatever who watches throws while it comes to %s',
  async (step) => {
    const numbers = watched(way.numbers);
    way.carry = () => undefined;
    const fault = new Error('the view broke');
    const on = (event: EndToEndEvent): void => {
      if ('step' in event && (event.step === step || event.step === 'release')) {
        if (event.type !== 'began' || step === 'release') throw fault;
      }
    };
    await way.run({ numbers, on }).catch((error: unknown) => expect(error).toBe(fault));
    expect(numbers.releases).toEqual(['unused']);
    expect(way.inbox.numbers.list()).toEqual([]);
  },
);
