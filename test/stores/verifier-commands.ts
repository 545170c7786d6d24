import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createVerifier, PhoneproofError, ProviderError } from '../../src/index.ts';
import type { Message, Policy, Provider, Store, TargetOptions, Verifier, VerifierEvent } from '../../src/index.ts';
import type { VirtualClock } from '../../src/testing/clock.ts';
import { recordingProvider, type SendOutcome } from '../../src/testing/recording-provider.ts';
import type { ModelTarget, SendFate, Told, VerifierModel } from './verifier-model.ts';

/** A verifier, and all that a test holds in its hands around it. */
export interface Real {
  readonly verifier: Verifier;
  readonly clock: VirtualClock;
  readonly messages: readonly Message[];
  readonly events: readonly VerifierEvent[];
  /** What the next text comes to. */
  fate: SendFate;
  /** Texts of which the provider has not said yet that it took them. */
  readonly late: { id: string; delivery: number; accept(): void }[];
}

type Command = fc.AsyncCommand<VerifierModel, Real>;

/** Two numbers, each as people type it. */
const spellings = [
  ['+12025550143', '(202) 555-0143', '202.555.0143', '+1 202 555 0143'],
  ['+4915112345678', '+49 (0) 151 12345678', '0049 1511 2345678'],
] as const;

const secret = randomBytes(32);

/** Puts a verifier together over a store, with a provider that does what `fate` says. */
export function realVerifier(
  store: Store,
  clock: VirtualClock,
  policy: Partial<Policy>,
  testCodes: Readonly<Record<string, string>> | undefined,
): Real {
  const carrier = recordingProvider({ name: 'carrier' });
  const late: Real['late'] = [];
  const events: VerifierEvent[] = [];
  const outcome = (fate: SendFate): SendOutcome => {
    if (fate === 'accepted') return fate;
    if (fate !== 'late') return new ProviderError(fate, 'as the test wants it');
    return ({ reference }) => {
      const [id = '', delivery] = reference.split('.');
      const { promise, resolve } = Promise.withResolvers<{ messageId: string }>();
      late.push({ id, delivery: Number(delivery), accept: () => resolve({ messageId: 'late' }) });
      return promise;
    };
  };
  const real: Omit<Real, 'verifier'> = { clock, late, events, messages: carrier.messages, fate: 'accepted' };
  const provider: Provider = {
    ...carrier,
    timeoutMs: 1,
    send(message, options) {
      carrier.script(outcome(real.fate));
      return carrier.send(message, options);
    },
  };
  const onEvent = (event: VerifierEvent) => void events.push(event);
  const until = new Date(clock.now() + 400 * 86_400_000);
  const testNumbers = testCodes && { codes: testCodes, until, clock: clock.now };
  return Object.assign(real, {
    verifier: createVerifier({ secret, store, provider, policy, testNumbers, onEvent, defaultCountry: 'US' }),
  });
}

/** What a call came to, without the sentences for people. */
async function toldBy(call: Promise<object>): Promise<Told> {
  try {
    const { detail, notice, errors, ...told } = (await call) as Told;
    return told;
  } catch (error) {
    if (!(error instanceof PhoneproofError)) throw error;
    return { thrown: error.code, verificationId: 'verificationId' in error ? error.verificationId : undefined };
  }
}

function assertRight(told: Told, right: readonly Told[]): void {
  if (right.some((one) => isDeepStrictEqual(one, told))) return;
  assert.fail(`${inspect(told, { depth: 6 })} is none of the right answers: ${inspect(right, { depth: 6 })}`);
}

/** A command that asks both and compares. */
function command(
  name: string,
  run: (model: VerifierModel, real: Real) => Promise<void>,
  check: (model: VerifierModel) => boolean = () => true,
): Command {
  return { check, run, toString: () => name };
}

interface NumberCall {
  tenant: string;
  to: string;
  purpose: string;
  /** As it is typed. */
  typed: string;
}

const numberCall: fc.Arbitrary<NumberCall> = fc
  .record({
    tenant: fc.oneof({ weight: 9, arbitrary: fc.constant('default') }, { weight: 1, arbitrary: fc.constant('other') }),
    purpose: fc.oneof(
      { weight: 5, arbitrary: fc.constant('default') },
      { weight: 1, arbitrary: fc.constant('sign-in') },
    ),
    number: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0 as const) },
      { weight: 1, arbitrary: fc.constant(1 as const) },
    ),
    spelling: fc.nat(),
  })
  .map(({ number, spelling, ...call }) => {
    const typed = spellings[number][spelling % spellings[number].length] ?? spellings[number][0];
    return { ...call, to: spellings[number][0], typed };
  });

/** By number, by one of the ids that were given out (0: the latest), by one of them as another tenant, or by what is no id. */
type TargetDraw = { by: 'number'; call: NumberCall } | { by: 'id' | 'foreign id' | 'no id'; recency: number };

const targetDraw: fc.Arbitrary<TargetDraw> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ by: fc.constant('number' as const), call: numberCall }) },
  { weight: 6, arbitrary: fc.record({ by: fc.constant('id' as const), recency: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({ by: fc.constantFrom('foreign id' as const, 'no id' as const), recency: fc.nat(4) }),
  },
);

function resolve(draw: TargetDraw, { issued }: VerifierModel): { target: ModelTarget; options: TargetOptions } {
  if (draw.by === 'number') {
    const { tenant, to, purpose, typed } = draw.call;
    return { target: { tenant, to, purpose }, options: { tenant, to: typed, purpose } };
  }
  const meant = issued.at(-1 - draw.recency) ?? { id: 'v1 that was never given', tenant: 'default' };
  const id = draw.by === 'no id' ? `${meant.id.slice(0, -1)}!` : meant.id;
  const tenant = draw.by === 'foreign id' ? `not-${meant.tenant}` : meant.tenant;
  return { target: { tenant, id }, options: { tenant, id } };
}

const codeDraws = ['right', 'wrong', 'wrong', 'old', 'short', 'letters', 'too long'] as const;

function codeFor(draw: (typeof codeDraws)[number], target: ModelTarget, { issued }: VerifierModel): string {
  const isMeant = (one: (typeof issued)[number]) =>
    'id' in target
      ? one.id === target.id
      : one.tenant === target.tenant && one.to === target.to && one.purpose === target.purpose;
  const code = issued.findLast(isMeant)?.code ?? '123456';
  switch (draw) {
    case 'right':
      return code;
    case 'wrong':
      return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
    case 'old':
      return issued.at(-2)?.code ?? code;
    case 'short':
      return code.slice(1);
    case 'letters':
      return 'abcdef';
    case 'too long':
      return '12345678901';
  }
}

const start = fc
  .record({
    call: numberCall,
    fate: fc.oneof(
      { weight: 3, arbitrary: fc.constant<SendFate>('accepted') },
      { weight: 1, arbitrary: fc.constantFrom<SendFate[]>('late', 'ambiguous') },
      { weight: 1, arbitrary: fc.constantFrom<SendFate[]>('temporary', 'filtered', 'invalid_number', 'opted_out') },
    ),
  })
  .map(({ call, fate }) =>
    command(`start ${call.typed} of ${call.tenant} for ${call.purpose}, text ${fate}`, async (model, real) => {
      const { tenant, purpose, to, typed } = call;
      const sentBefore = real.messages.length;
      real.fate = fate;
      const told = await toldBy(real.verifier.start({ tenant, purpose, to: typed }));
      await real.verifier.idle();
      const [message, ...more] = real.messages.slice(sentBefore);
      assert.equal(more.length, 0);
      // To a test number nothing is sent.
      const { id = '' } = (told['verification'] ?? {}) as { id?: string };
      const chosen = { id: message?.reference.split('.')[0] ?? id, code: message?.code ?? model.testCode(to) ?? '' };
      assertRight(told, model.start({ tenant, to, purpose }, chosen, fate, real.clock.now()));
      assert.equal(message?.code ?? null, model.codeSent());
      if (!message) return;
      assert.equal(message.to, to);
      assert.match(message.code, /^[0-9]{6}$/);
      assert.ok(message.text.includes(message.code));
    }),
  );

const check = fc
  .record({ draw: targetDraw, code: fc.constantFrom(...codeDraws), times: fc.constantFrom(1, 1, 1, 3, 4) })
  .map(({ draw, code: codeDraw, times }) =>
    command(`check ${codeDraw} by ${JSON.stringify(draw)}, ${times} times`, async (model, real) => {
      const { target, options } = resolve(draw, model);
      const code = codeFor(codeDraw, target, model);
      for (let i = 0; i < times; i += 1) {
        const told = await toldBy(real.verifier.check({ ...options, code }));
        assertRight(told, model.check(target, code, real.clock.now()));
      }
    }),
  );

const onTarget = fc
  .record({ verb: fc.constantFrom('cancel', 'approve', 'find', 'find', 'find', 'find'), draw: targetDraw })
  .map(({ verb, draw }) =>
    command(`${verb} by ${JSON.stringify(draw)}`, async (model, real) => {
      const { target, options } = resolve(draw, model);
      assertRight(await toldBy(real.verifier[verb](options)), model[verb](target, real.clock.now()));
    }),
  );

const onNumber = fc
  .record({ verb: fc.constantFrom('lookup', 'lookup', 'lookup', 'unlock', 'erase'), call: numberCall })
  .map(({ verb, call: { tenant, to, typed } }) =>
    command(`${verb} ${typed} of ${tenant}`, async (model, real) => {
      const told = await toldBy(real.verifier[verb]({ tenant, to: typed }));
      assertRight(told, model[verb](tenant, to, real.clock.now()));
    }),
  );

const pass = fc
  .integer({ min: 1, max: 15_000 })
  .map((ms) => command(`${ms} ms pass`, async (_, { clock }) => clock.advance(ms)));

const land = fc.record({ point: fc.nat(3), offsetMs: fc.integer({ min: -1, max: 1 }) }).map(({ point, offsetMs }) =>
  command(`time lands ${offsetMs} ms beside turning point ${point}`, async (model, { clock }) => {
    const points = model.turningPointsMs(clock.now());
    clock.set(Math.max(clock.now(), (points[point % points.length] ?? 0) + offsetMs));
  }),
);

const acceptLate = fc.nat(3).map((index) =>
  command(`the provider says late that it took text ${index}`, async (model, real) => {
    const [delivery] = real.late.splice(index % Math.max(1, real.late.length), 1);
    if (!delivery) return;
    delivery.accept();
    await otherWork();
    await real.verifier.idle();
    model.acceptLate(delivery, real.clock.now());
  }),
);

/** Calls, moments and words of the provider in any order. */
export const verifierCommands = fc.commands<VerifierModel, Real, false>(
  [
    ...Array<typeof start>(5).fill(start),
    ...Array<typeof check>(6).fill(check),
    onTarget,
    onNumber,
    pass,
    land,
    acceptLate,
  ],
  { maxCommands: 80, size: 'max' },
);
