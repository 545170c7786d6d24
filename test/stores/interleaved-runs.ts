import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createVerifier, DeliveryError, ProviderError, StoreError } from '../../src/index.ts';
import type { CheckResult, Policy, Provider, Store, Verifier } from '../../src/index.ts';
import type { BeginOutcome, CheckOutcome } from '../../src/stores/store.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';
import type { OpenStore } from './open-store.ts';
import { scheduledStore, type Deed, type Fault } from './scheduled-store.ts';

const secret = randomBytes(32);
const to = '+12025550143';
const maxSends = 5;
const windowMs = 600_000;
const policy: Partial<Policy> = {
  maxSends,
  sendWindowSeconds: windowMs / 1_000,
  maxChecks: 3,
  maxWrongChecksPerDay: 5,
  resendUntilSeconds: 20,
};

type Call =
  | { verb: 'start'; purpose: string; fate: 'accepted' | 'temporary' | 'ambiguous' }
  | { verb: 'check'; by: 'id' | 'number'; code: 'right' | 'wrong' }
  | { verb: 'cancel' | 'approve' | 'erase' }
  | { verb: 'time passes'; ms: number };

const start = fc.record({
  verb: fc.constant('start' as const),
  purpose: fc.constantFrom('default', 'default', 'other'),
  fate: fc.constantFrom('accepted' as const, 'accepted' as const, 'temporary' as const, 'ambiguous' as const),
});
const check = fc.record({
  verb: fc.constant('check' as const),
  by: fc.constantFrom('id' as const, 'number' as const),
  code: fc.constantFrom('right' as const, 'wrong' as const, 'wrong' as const),
});
const end = fc.record({ verb: fc.constantFrom('cancel' as const, 'approve' as const, 'erase' as const) });
const time = fc.record({ verb: fc.constant('time passes' as const), ms: fc.constantFrom(1, 20_000, 299_999, 300_000) });
const calls = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: start },
    { weight: 5, arbitrary: check },
    { weight: 1, arbitrary: end },
    { weight: 1, arbitrary: time },
  ),
  { minLength: 2, maxLength: 12, size: 'max' },
);
const faults = fc.oneof(
  fc.constant<Fault[]>([]),
  fc.array(fc.constantFrom<Fault[]>('none', 'none', 'none', 'before', 'after'), {
    minLength: 1,
    maxLength: 30,
    size: 'max',
  }),
);

/** A text that the provider was given. */
interface Text {
  reference: string;
  code: string;
  fate: string;
  /** How many begins had been answered when it was sent. */
  begunBefore: number;
}

/** What the calls of one run came to: results, or the errors that were thrown. */
interface Run {
  deeds: readonly Deed[];
  told: readonly { call: Call; result: unknown }[];
  texts: readonly Text[];
  /** On the same data, with a store that does as it is told. */
  verifier: Verifier;
  clock: VirtualClock;
  firstAtMs: number;
}

function begun({ verb, answer }: Deed): boolean {
  return verb === 'begin' && answer !== null && (answer as BeginOutcome).outcome !== 'refused';
}

/** Makes all calls at once and lets the scheduler take every step of store and provider in its own order. */
async function interleave(
  inner: Store,
  clock: VirtualClock,
  scheduler: fc.Scheduler,
  drawn: readonly Call[],
  failing: readonly Fault[],
): Promise<Run> {
  const firstAtMs = clock.now();
  const carrier = recordingProvider();
  const straight = createVerifier({ secret, store: inner, provider: carrier, policy });
  const first = await straight.start({ to });
  assert.equal(first.status, 'pending');
  const { id } = first.verification;
  const right = carrier.messages[0]?.code ?? '';
  const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0');

  const deeds: Deed[] = [];
  const texts: Text[] = [];
  const fates: Extract<Call, { verb: 'start' }>['fate'][] = [];
  const provider: Provider = {
    ...carrier,
    async send({ reference, code }) {
      const fate = fates[texts.length % fates.length] ?? 'accepted';
      texts.push({ reference, code, fate, begunBefore: deeds.filter((deed) => begun(deed) && !deed.lost).length });
      await scheduler.schedule(Promise.resolve(), `the provider answers: ${fate}`);
      if (fate === 'temporary' || fate === 'ambiguous') throw new ProviderError(fate, 'as the test wants it');
      return { messageId: reference };
    },
  };
  const store = scheduledStore(inner, { scheduler, faults: failing, nowMs: clock.now, deeds });
  const verifier = createVerifier({ secret, store, provider, policy });
  async function make(call: Call): Promise<unknown> {
    switch (call.verb) {
      case 'start':
        fates.push(call.fate);
        return verifier.start({ to, purpose: call.purpose });
      case 'check':
        return verifier.check({ ...(call.by === 'id' ? { id } : { to }), code: call.code === 'right' ? right : wrong });
      case 'cancel':
      case 'approve':
        return verifier[call.verb]({ id });
      case 'erase':
        return verifier.erase({ to });
      case 'time passes':
        await scheduler.schedule(Promise.resolve(), `${call.ms} ms pass`);
        clock.advance(call.ms);
        return {};
    }
  }
  const told = drawn.map(async (call) => ({
    call,
    result: await make(call).catch((error: unknown) => {
      assert.ok(error instanceof StoreError || error instanceof DeliveryError, String(error));
      return error;
    }),
  }));
  const results = await scheduler.waitFor(Promise.all(told));
  await scheduler.waitFor(verifier.idle());
  await scheduler.waitIdle();
  return { deeds, told: results, texts, verifier: straight, clock, firstAtMs };
}

/** What every run must have kept, by its number in the list of invariants. */
function assertInvariants({ deeds, told, texts }: Run): void {
  const judged = deeds.filter(({ verb }) => verb === 'check').map(({ answer }) => answer as CheckOutcome);
  const results = told.map(({ result }) => result as { status?: string });
  const approvals = results.filter(
    (result, index) => told[index]?.call.verb === 'check' && result.status === 'approved',
  );

  for (const nonce of new Set(
    judged.flatMap((result) => ('verification' in result ? [result.verification.nonce] : [])),
  )) {
    const of = judged.filter((result) => 'verification' in result && result.verification.nonce === nonce);
    const outcomes = of.map(({ outcome }) => outcome);
    const wrong = outcomes.filter((outcome) => outcome === 'incorrect').length;
    assert.ok(wrong <= 3, 'at most maxChecks wrong checks of a verification are compared');
    assert.ok(outcomes.filter((outcome) => outcome === 'approved').length <= 1, 'a verification is approved once');
    const firstEnd = outcomes.findIndex((outcome) => outcome === 'approved' || outcome === 'ended');
    const after = firstEnd < 0 ? [] : outcomes.slice(firstEnd + 1);
    assert.ok(
      after.every((outcome) => outcome === 'ended'),
      'nothing is compared after the end',
    );
  }
  const toldWrong = results.filter(({ status }) => status === 'incorrect_code').length;
  assert.ok(toldWrong <= 5, 'at most maxWrongChecksPerDay wrong checks of a number are compared');
  for (const approval of approvals as Extract<CheckResult, { status: 'approved' }>[]) {
    const { endedAt, expiresAt } = approval.verification;
    assert.ok(endedAt && endedAt < expiresAt, 'approved only before the end of the code');
  }
  const kept = judged.filter(({ outcome }) => outcome === 'approved').length;
  const lost = deeds.filter((deed) => deed.verb === 'check' && deed.lost).length;
  assert.ok(approvals.length <= kept && approvals.length >= kept - lost, 'told as approved is what the store approved');

  const starts = told.filter(({ call }) => call.verb === 'start').length;
  assert.ok(deeds.filter(({ verb }) => verb === 'begin').length <= starts, 'no start begins twice');
  const answered = deeds.filter((deed) => begun(deed) && !deed.lost);
  assert.equal(texts.length, answered.length, 'one text for every begin that was answered, none for one that failed');
  assert.equal(new Set(texts.map(({ reference }) => reference)).size, texts.length, 'no delivery is sent twice');
  const codes = new Set(texts.map(({ reference, code }) => `${reference.split('.')[0]} ${code}`));
  const verifications = new Set(texts.map(({ reference }) => reference.split('.')[0]));
  assert.equal(codes.size, verifications.size, 'all texts of a verification say the same code');
  const sent = told.filter(
    ({ call, result }) =>
      call.verb === 'start' &&
      (result instanceof DeliveryError || (result as { status?: string }).status === 'pending'),
  );
  assert.equal(sent.length, texts.length, 'a store that cannot write down what became of a text changes no answer');
  for (const [index, { begunBefore }] of texts.entries()) {
    assert.ok(begunBefore > index, 'every text has a record that was written before it');
  }
}

/** Of all verifications that were made at most one of each purpose is pending. */
async function assertOneLive({ texts, verifier }: Run): Promise<void> {
  const pending: string[] = [];
  for (const id of new Set(texts.map(({ reference }) => reference.split('.')[0] ?? ''))) {
    const found = await verifier.find({ id });
    if (found.status === 'found' && found.verification.status === 'pending') pending.push(found.verification.purpose);
  }
  assert.equal(new Set(pending).size, pending.length, 'one live verification of each purpose');
}

/**
 * Sends are charged when the store has done them, whether or not its answer arrived, and only a text that was surely not taken gives one back: what
 * was sent in a window and what may be sent still make no more than the limit.
 */
async function assertCharges({ deeds, texts, verifier, clock, firstAtMs }: Run): Promise<void> {
  const sentAtMs = [firstAtMs, ...deeds.filter(begun).map(({ atMs }) => atMs)];
  const rejected = texts.filter(({ fate }) => fate === 'temporary');
  const sentWithin = (endMs: number) => sentAtMs.filter((atMs) => atMs <= endMs && atMs > endMs - windowMs).length;
  for (const atMs of sentAtMs) assert.ok(sentWithin(atMs) <= maxSends + rejected.length);
  let pass = 0;
  while ((await verifier.start({ to })).status === 'pending') pass += 1;
  assert.ok(
    pass + sentWithin(clock.now()) <= maxSends + rejected.length,
    'no charge is given back but for a rejection',
  );
}

/**
 * Calls that interleave in any way, each run on a store of its own that fails in any way, keep every promise. Rejects with the shortest run that does not.
 */
export async function keepsPromisesInterleaved(open: OpenStore, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), calls, faults, async (scheduler, drawn, failing) => {
      const clock = virtualClock();
      const store = await open(clock);
      try {
        const run = await interleave(store, clock, scheduler, drawn, failing);
        assertInvariants(run);
        await assertOneLive(run);
        await assertCharges(run);
      } finally {
        await store.close();
      }
    }),
    { numRuns },
  );
}
