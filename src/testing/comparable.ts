import { isDeepStrictEqual } from 'node:util';
import type { Answer } from './acts.ts';

/** Whether a store's answer at `nowMs` is one of the right ones. */
export function isRight(answer: Answer, answers: readonly Answer[], nowMs: number): boolean {
  const given = comparable(answer, nowMs);
  return answers.some((right) => isDeepStrictEqual(given, comparable(right, nowMs)));
}

/** The same data for the same content, whatever class holds the bytes. All that says of `nextSendAtMs` that it is now or was is the same. */
export function comparable(value: unknown, nowMs = 0): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map((item) => comparable(item, nowMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      key === 'nextSendAtMs' && typeof inner === 'number' ? Math.max(nowMs, inner) : comparable(inner, nowMs),
    ]),
  );
}
