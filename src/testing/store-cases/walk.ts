import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { NumberLimits, SettledHandOver, SettleRequest, Target } from '../../stores/store.ts';
import type { Act } from '../acts.ts';
import { diceOf, type Dice } from '../dice.ts';
import { witness } from '../linearizability.ts';
import { turningPointsMs, type NumberModel } from '../number-model.ts';
import { openHandles, type ConformanceCase, type StoreContext } from './case.ts';
import { minuteMs, nonceOf, requestsOf, secondMs, usualLimits, type NumberRequests, type Which } from './number.ts';

/** Small numbers, so that a walk comes by every limit often. */
const narrow: NumberLimits = {
  ...usualLimits,
  sends: [
    { name: 'sends', max: 4, windowMs: minuteMs },
    { name: 'sends_daily', max: 6, windowMs: 3 * minuteMs },
  ],
  attempts: { max: 6, windowMs: minuteMs },
  gapMs: secondMs / 2,
  lifetimeMs: 40 * secondMs,
  maxLifetimeMs: 70 * secondMs,
  repeatMs: 45 * secondMs,
  maxChecks: 3,
  wrongChecks: { max: 5, windowMs: 4 * minuteMs },
  lock: { after: 5, forMs: 3 * minuteMs },
  ended: { max: 3, keepMs: 5 * minuteMs },
  verifiedMs: 4 * minuteMs,
};

/** Mostly about what is there, and codes that are right or nearly so. */
function randomAct(dice: Dice, requests: NumberRequests, model: NumberModel, serial: number): Act {
  const told = model.verifications.filter(({ erased }) => !erased).slice(-4);
  const ids = told.map(({ nonce }) => nonce);
  const nonce = dice.pick([nonceOf('an id that was never given'), ...ids, ...ids]);
  const purpose = dice.pick(['default', 'default', 'other']);
  const which: Which = dice.roll(2) === 0 ? { nonce } : { purpose };
  const rare = dice.pick<Act['verb']>(['unlock', 'erase', 'cancel', 'approve']);
  const other = dice.pick<Act['verb']>(['settle', 'settle', 'settle', 'find', 'find', 'lookup', rare]);
  const verb = dice.pick<Act['verb']>(['begin', 'begin', 'check', 'check', 'check', other]);
  /** Now and then an id is asked for under a purpose that need not be its own. */
  const underSomeTag = <Request extends Target | SettleRequest>(request: Request): Request =>
    dice.roll(10) > 0 ? request : { ...request, purposeTag: requests.target({ purpose }).purposeTag };
  switch (verb) {
    case 'begin':
      return {
        verb,
        request: requests.begin({
          purpose,
          code: dice.pick(['111111', '111111', '222222', '4444']),
          nonce: nonceOf(`${requests.subject} ${serial}`, purpose),
          keyId: dice.pick(['key-1', 'key-1', 'key-2']),
          repeatKeyIds: dice.pick([['key-1', 'key-2'], ['key-1', 'key-2'], ['key-1'], []]),
          number: new Uint8Array([serial % 256]),
        }),
      };
    case 'check': {
      const code = dice.pick(['111111', '222222', '000000', '000000', '000000', '4444']);
      return { verb, request: underSomeTag(requests.check(code, which, ['key-1', 'key-2'])) };
    }
    case 'settle': {
      const status = () =>
        dice.pick<SettledHandOver['status']>(['rejected', 'rejected', 'unknown', 'accepted', 'delivered']);
      const providers = dice.pick([['one'], ['one'], ['other'], ['one', 'other'], ['other', 'third', 'one']]);
      const handOvers = Object.fromEntries(providers.map((provider) => [provider, status()]));
      return { verb, request: underSomeTag(requests.settleAll(nonce, 1 + dice.roll(3), handOvers)) };
    }
    default:
      return { verb, request: underSomeTag(requests.target(which)) };
  }
}

/** Random acts, some at once, some beside a prune, while time stands still, passes or lands beside a turning point. */
async function walk(context: StoreContext, seed: number, steps: number): Promise<void> {
  const dice = diceOf(seed);
  const stores = await openHandles(context, 2);
  const requests = requestsOf(`walk ${seed}`, narrow);
  const { ask, models } = witness(stores, context.clock);
  for (let at = 0, serial = 0; at < steps; at += 1) {
    const [model] = models();
    assert.ok(model);
    const nowMs = context.clock.now();
    const points = turningPointsMs(model, narrow, nowMs);
    const time = dice.pick(['stands', 'stands', 'passes', 'lands'] as const);
    if (time === 'passes') context.clock.advance(dice.roll(3 * secondMs));
    if (time === 'lands' && points[0]) {
      context.clock.set(Math.max(nowMs, (points[dice.roll(2)] ?? points[0]) - 1 + dice.roll(3)));
    }
    const acts = Array.from({ length: 1 + Math.max(0, dice.roll(6) - 2) }, () =>
      randomAct(dice, requests, model, (serial += 1)),
    );
    try {
      await Promise.all([ask(...acts), dice.roll(8) === 0 ? stores[0].prune({ max: 1 + dice.roll(3) }) : undefined]);
    } catch (error) {
      const before = inspect(model, { depth: 6, breakLength: 160 });
      throw new assert.AssertionError({
        message: `walk with seed ${seed}, step ${at} at ${context.clock.now()}: ${String(error)}\nBefore: ${before}`,
      });
    }
  }
}

export const walkCases: readonly ConformanceCase[] = [1, 2, 3].map((seed) => ({
  name: `random acts, one by one and at once, are answered as the model answers them (seed ${seed})`,
  run: (context) => walk(context, seed, 300),
}));
