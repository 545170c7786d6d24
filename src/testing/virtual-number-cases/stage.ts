import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { VirtualNumberError } from '../../errors.ts';
import type {
  Lease,
  Poll,
  Released,
  ReleaseReason,
  VirtualNumberProvider,
} from '../../virtual-numbers/virtual-number.ts';
import { virtualClock, type VirtualClock } from '../clock.ts';
import { within } from '../provider-cases/case.ts';
import { reply, withVendor, type Answer, type Received, type Vendor } from '../provider-cases/vendor.ts';
import type { ArrivedText, VendorState, VirtualNumberAct, VirtualNumberUnderTest } from './case.ts';

const neverAborted = new AbortController().signal;

/** An adapter with its vendor, for one case. */
export interface Stage {
  readonly underTest: VirtualNumberUnderTest;
  readonly provider: VirtualNumberProvider;
  readonly clock: VirtualClock;
  readonly vendor: Vendor;
  readonly state: VendorState;
  change(over: Partial<VendorState>): void;
  /** A text arrives now. */
  arrive(text: Partial<ArrivedText> & { text: string }): Promise<void>;
  /** From now on the vendor answers the requests of this call so; null: as it does. */
  script(on: VirtualNumberAct | 'everything', answer: Answer | null): void;
  /** The requests of one of the port's calls, the oldest first. */
  seen(act: VirtualNumberAct): readonly Received[];
  acquire(signal?: AbortSignal): Promise<Lease | VirtualNumberError>;
  poll(lease: Lease, signal?: AbortSignal): Promise<Poll | VirtualNumberError>;
  release(lease: Lease, reason?: ReleaseReason, signal?: AbortSignal): Promise<Released | VirtualNumberError>;
  /** A lease that must be given. */
  lease(): Promise<Lease>;
}

/** Runs a case against the adapter and a vendor of its own on loopback. */
export async function onStage(
  underTest: VirtualNumberUnderTest,
  run: (stage: Stage) => Promise<void>,
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<void> {
  const clock = virtualClock();
  let state: VendorState = { number: underTest.numbers[0], leasedAtMs: clock.now(), texts: [], isLost: false };
  const scripted = new Map<VirtualNumberAct | 'everything', Answer>();
  const answer: Answer = (request, response) => {
    const act = underTest.actOf(request);
    const found = (act === null ? undefined : scripted.get(act)) ?? scripted.get('everything');
    if (typeof found === 'function') return found(request, response);
    reply(response, found ?? underTest.answer(request, state));
  };
  await withVendor(answer, async (vendor) => {
    const provider = underTest.open(vendor.url, { clock: clock.now, ...(timeoutMs !== undefined && { timeoutMs }) });
    const stage: Stage = {
      underTest,
      provider,
      clock,
      vendor,
      get state() {
        return state;
      },
      change(over) {
        state = { ...state, ...over };
      },
      async arrive(text) {
        const arrived = { code: '493817', from: '+12025550199', atMs: clock.now(), ...text };
        state = { ...state, texts: [...state.texts, arrived] };
        await underTest.bring?.(arrived, vendor.received);
      },
      script(on, how) {
        if (how === null) scripted.delete(on);
        else scripted.set(on, how);
      },
      seen: (act) => vendor.received.filter((request) => underTest.actOf(request) === act),
      acquire: (signal = neverAborted) => came(async () => provider.acquire(underTest.wanted, { signal })),
      poll: (lease, signal = neverAborted) => came(async () => provider.poll(lease, { signal })),
      release: (lease, reason = 'unused', signal = neverAborted) =>
        came(async () => provider.release(lease, reason, { signal })),
      async lease() {
        const lease = await stage.acquire();
        if (lease instanceof VirtualNumberError) assert.fail(`a number is lent, not ${lease.kind}: ${lease.message}`);
        return lease;
      },
    };
    await run(stage);
  });
}

/** What a call comes to: its answer, or the `VirtualNumberError` that it must reject with for all else. */
export async function came<Value>(call: () => Promise<Value>): Promise<Value | VirtualNumberError> {
  const calling = call().catch((error: unknown) =>
    error instanceof VirtualNumberError
      ? error
      : assert.fail(`a call rejects with a VirtualNumberError, not with ${inspect(error)}`),
  );
  return within(10_000, 'a call comes to an end', calling);
}

/** In one word, for comparing and for messages. */
export function meaningOf(answered: Lease | Poll | Released | VirtualNumberError): string {
  if (answered instanceof VirtualNumberError) return answered.kind;
  if (typeof answered === 'string') return answered;
  return 'state' in answered ? answered.state : 'a number';
}

/** Calls one of the port's three, with a lease from before where it needs one. */
export async function callOf(
  stage: Stage,
  act: VirtualNumberAct,
  lease: Lease | null,
): Promise<Lease | Poll | Released | VirtualNumberError> {
  if (act === 'acquire') return stage.acquire();
  assert.ok(lease, 'there is a lease');
  return act === 'poll' ? stage.poll(lease) : stage.release(lease);
}

/** A lease for the calls that need one: everything but an acquire. */
export async function leaseFor(stage: Stage, act: VirtualNumberAct): Promise<Lease | null> {
  return act === 'acquire' ? null : stage.lease();
}
