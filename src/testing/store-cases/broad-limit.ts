import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { BeginOutcome, BroadLimit, Store } from '../../stores/store.ts';
import { expectOutcome } from './case.ts';
import { idOf, manySends, numberOn } from './number.ts';

/** A limit that many numbers share, with a key of its own. */
export function broadLimit(name: string, max: number, windowMs: number): BroadLimit {
  return { name, key: idOf(`limit ${name}`), max, windowMs };
}

/** A begin for a number that was never heard of and that nothing but `broadLimits` limits. */
export function sendUnder(store: Store, ...broadLimits: readonly BroadLimit[]): Promise<BeginOutcome> {
  return numberOn(store, { name: randomUUID(), limits: manySends }).begin({ broadLimits });
}

/** So many sends, one after the other; none may be refused. */
export async function spend(store: Store, limit: BroadLimit, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    assert.notEqual((await sendUnder(store, limit)).outcome, 'refused', `send ${i + 1} under ${limit.name}`);
  }
}

/** Asserts that the limit has exactly so many sends left, by spending them. */
export async function expectLeft(store: Store, limit: BroadLimit, count: number): Promise<void> {
  await spend(store, limit, count);
  assert.equal(expectOutcome(await sendUnder(store, limit), 'refused').limit, limit.name);
}
