import { describe, expect, test } from 'vitest';
import { createCostGuard, type CostGuard } from '../../src/end-to-end/cost-guard.ts';
import { ConfigurationError, VirtualNumberError, type VirtualNumberErrorKind } from '../../src/errors.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import type { VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';

const call = { signal: new AbortController().signal };
const clock = virtualClock();

/** A provider whose numbers cost `price` each, of a balance of 10. */
function vendor({ price = 1, kind }: { price?: number; kind?: VirtualNumberErrorKind } = {}) {
  let acquires = 0;
  const provider: VirtualNumberProvider = {
    name: 'vendor',
    pace: { pollMs: 1, acquiresPerMinute: 60 },
    async acquire() {
      // As over a network: what is asked meanwhile is asked before this one has cost anything.
      await Promise.resolve();
      acquires += 1;
      if (kind) throw new VirtualNumberError(kind, 'no');
      const lease = { provider: 'vendor', handle: String(acquires), number: '+12025550143' };
      return { ...lease, acquiredAtMs: 0, expiresAtMs: null };
    },
    poll: async () => ({ state: 'waiting', answer: 'nothing' }),
    release: async () => 'released',
    balance: async () => 10 - acquires * price,
  };
  return { provider, acquires: () => acquires };
}

/** What so many calls at once came to: how many got a number, and why the others did not. */
async function rentAtOnce(guard: CostGuard, provider: VirtualNumberProvider, count: number, maxPrice?: number) {
  const guarded = guard.around(provider);
  const calls = Array.from({ length: count }, () => guarded.acquire({ country: 'US', maxPrice }, call));
  const settled = await Promise.allSettled(calls);
  const refusals = settled.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { reason: string }).reason] : [],
  );
  return { rented: settled.length - refusals.length, refusals: [...new Set(refusals)] };
}

test('of any number of calls at once no more than allowed come to rent a number', async () => {
  const { provider, acquires } = vendor();
  const guard = createCostGuard({ maxRents: 3, clock: clock.now });
  expect(await rentAtOnce(guard, provider, 20)).toEqual({ rented: 3, refusals: ['max_rents'] });
  expect([acquires(), guard.rents()]).toEqual([3, 3]);
});

test('the bound is of all providers that share the guard', async () => {
  const [one, other] = [vendor(), vendor()];
  const guard = createCostGuard({ maxRents: 3, clock: clock.now });
  await rentAtOnce(guard, one.provider, 2);
  expect(await rentAtOnce(guard, other.provider, 2)).toMatchObject({ rented: 1 });
});

test.each(['auth', 'config', 'funds', 'no_numbers', 'rate_limited'] as const)(
  'an acquire that is surely refused (%s) counts nothing',
  async (kind) => {
    const guard = createCostGuard({ maxRents: 1, clock: clock.now });
    for (let i = 0; i < 3; i++) await rentAtOnce(guard, vendor({ kind }).provider, 1);
    expect(guard.rents()).toBe(0);
    expect(await rentAtOnce(guard, vendor().provider, 1)).toMatchObject({ rented: 1 });
  },
);

test.each(['unavailable', 'protocol'] as const)(
  'an acquire that may have rented a number (%s) counts',
  async (kind) => {
    const { provider, acquires } = vendor({ kind });
    const guard = createCostGuard({ maxRents: 2, clock: clock.now });
    for (let i = 0; i < 5; i++) await rentAtOnce(guard, provider, 1);
    expect([acquires(), guard.rents()]).toEqual([2, 2]);
  },
);

test('with a window, what was rented before it counts no more', async () => {
  const { provider } = vendor();
  const guard = createCostGuard({ maxRents: 2, windowMs: 1_000, clock: clock.now });
  await rentAtOnce(guard, provider, 1);
  clock.advance(600);
  await rentAtOnce(guard, provider, 1);
  clock.advance(399);
  expect(await rentAtOnce(guard, provider, 1)).toMatchObject({ rented: 0 });
  clock.advance(1);
  expect(await rentAtOnce(guard, provider, 2)).toMatchObject({ rented: 1 });
  expect(guard.rents()).toBe(2);
});

describe('a bound of what may be spent', () => {
  test('lets nothing through once so much is spent, however many ask at once', async () => {
    const { provider, acquires } = vendor({ price: 0.5 });
    const guard = createCostGuard({ maxRents: 100, maxCost: 1.2, clock: clock.now });
    expect(await rentAtOnce(guard, provider, 10)).toEqual({ rented: 3, refusals: ['max_cost'] });
    expect([acquires(), guard.rents()]).toEqual([3, 3]);
  });

  test('is never passed where it is known what a number may cost', async () => {
    const { provider, acquires } = vendor({ price: 0.5 });
    const guard = createCostGuard({ maxRents: 100, maxCost: 1.2, clock: clock.now });
    expect(await rentAtOnce(guard, provider, 10, 0.5)).toEqual({ rented: 2, refusals: ['max_cost'] });
    expect(acquires()).toBe(2);
  });

  test('stops nobody because the one before failed', async () => {
    const { provider } = vendor();
    let asked = 0;
    const acquire: VirtualNumberProvider['acquire'] = async (wanted, about) => {
      asked += 1;
      if (asked === 1) throw new VirtualNumberError('no_numbers', 'none');
      return provider.acquire(wanted, about);
    };
    const guard = createCostGuard({ maxRents: 100, maxCost: 5, clock: clock.now });
    expect(await rentAtOnce(guard, { ...provider, acquire }, 3)).toMatchObject({ rented: 2 });
  });

  test('takes a provider that tells what is left', async () => {
    const { balance: _, ...silent } = vendor().provider;
    const guard = createCostGuard({ maxRents: 100, maxCost: 1, clock: clock.now });
    expect(await rentAtOnce(guard, silent, 1)).toEqual({ rented: 0, refusals: ['max_cost'] });
  });

  test('rents nothing, and counts nothing, while the provider does not tell', async () => {
    const { provider, acquires } = vendor();
    const balance = () => Promise.reject(new VirtualNumberError('unavailable', 'away'));
    const guard = createCostGuard({ maxRents: 1, maxCost: 1, clock: clock.now });
    await rentAtOnce(guard, { ...provider, balance }, 3);
    expect([acquires(), guard.rents()]).toEqual([0, 0]);
  });
});

test('a bound that is none is refused, all of them at once', () => {
  const make = () => createCostGuard({ maxRents: 0, windowMs: -1, maxCost: Number.NaN, clock: clock.now });
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow(/maxRents[^]*windowMs[^]*maxCost/);
});
