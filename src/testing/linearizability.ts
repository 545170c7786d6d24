import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Store } from '../stores/store.ts';
import { perform, type Act, type Answer } from './acts.ts';
import type { VirtualClock } from './clock.ts';
import { comparable, isRight } from './comparable.ts';
import { step, unknownNumber, type NumberModel } from './number-model.ts';

/** Asks one thing after the other, or several at once, and holds every answer against the model. */
export interface Witness {
  /**
   * Performs acts on one number at once, each on the next handle, and resolves with their answers in the order of the acts. Rejects when no order of
   * them, one by one, explains all answers (linearizability: Herlihy and Wing, 1990).
   */
  ask(...acts: readonly Act[]): Promise<Answer[]>;
  /** What the number can be by now: more than one where the answers leave it open. */
  models(): readonly NumberModel[];
}

/** Makes a witness of a number that the store knows nothing of yet. */
export function witness(stores: readonly [Store, ...Store[]], clock: VirtualClock): Witness {
  let models: readonly NumberModel[] = [unknownNumber];
  let nowMs = clock.now();
  let turn = 0;
  return {
    models: () => models,
    async ask(...acts) {
      nowMs = Math.max(nowMs, clock.now());
      const attempts = await Promise.all(
        acts.map(async (act) => ({ act, answer: await perform(stores[turn++ % stores.length] ?? stores[0], act) })),
      );
      const before = models;
      models = linearizations(before, attempts, nowMs);
      assert.ok(models.length > 0, unexplained(before, attempts, nowMs));
      return attempts.map(({ answer }) => answer);
    },
  };
}

interface Attempt {
  readonly act: Act;
  readonly answer: Answer;
}

/** All that the number can be after `attempts`, which overlapped one another; empty when no order explains the answers. */
function linearizations(
  before: readonly NumberModel[],
  attempts: readonly Attempt[],
  nowMs: number,
): readonly NumberModel[] {
  const after = new Map<string, NumberModel>();
  const seen = new Set<string>();
  const search = (model: NumberModel, left: readonly Attempt[]): void => {
    const key = keyOf(model);
    if (left.length === 0) after.set(key, model);
    const here = `${left.map((attempt) => attempts.indexOf(attempt)).join()}|${key}`;
    if (seen.has(here)) return;
    seen.add(here);
    for (const attempt of left) {
      const { after: next, answers } = step(model, attempt.act, nowMs);
      const others = left.filter((other) => other !== attempt);
      if (isRight(attempt.answer, answers, nowMs)) search(next, others);
    }
  };
  for (const model of before) search(model, attempts);
  return [...after.values()];
}

/** Equal for models of equal content. What does not change from model to model is written out once. */
function keyOf({ verifications, ...rest }: NumberModel): string {
  return [...verifications.map(keyOfPart), JSON.stringify(comparable(rest))].join();
}

const keysOfParts = new WeakMap<object, string>();

function keyOfPart(part: object): string {
  const key = keysOfParts.get(part) ?? JSON.stringify(comparable(part));
  keysOfParts.set(part, key);
  return key;
}

function unexplained(before: readonly NumberModel[], attempts: readonly Attempt[], nowMs: number): string {
  const told = attempts.map(({ act, answer }) => ({
    act: { verb: act.verb, ...act.request, limits: undefined },
    answer,
    rightIfFirst: before.flatMap((model) => step(model, act, nowMs).answers),
  }));
  return `No order of these explains all answers: ${inspect(comparable(told), { depth: 8, breakLength: 160 })}`;
}
