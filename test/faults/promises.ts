import { expect } from 'vitest';
import type { Observation, ServiceUnderFault } from './service.ts';

/** Slower than this no answer is: two seconds, and what a busy machine adds. */
const slowestMs = 2_000 + 700;

const allowed: Record<Observation['call'], readonly number[]> = {
  start: [201, 503],
  'wrong check': [422, 503],
  'right check': [200, 503],
};

/** What holds whatever breaks: an answer or a 503 with Retry-After within two seconds, no text without a record, nobody approved but by the right code. */
export function expectPromisesKept({ seen, texts, sent }: ServiceUnderFault): void {
  for (const { call, status, code, retryAfter, tookMs } of seen) {
    expect(allowed[call], `${call}: ${status} ${code}`).toContain(status);
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(tookMs, `${call}: ${status}`).toBeLessThan(slowestMs);
  }
  expect(texts(), 'texts, and starts that were answered as sent').toBe(sent());
}
