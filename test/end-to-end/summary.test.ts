import { expect, test } from 'vitest';
import type { EndToEndOutcome, EndToEndReport } from '../../src/end-to-end/report.ts';
import { summarize } from '../../src/end-to-end/summary.ts';

function report(outcome: EndToEndOutcome, deliveryMs: number | null): EndToEndReport {
  const timings = { acquireMs: 1, startMs: 1, deliveryMs, checkMs: 1, totalMs: 10_000 };
  const end = { outcome, step: null, reason: null, detail: null, released: null };
  return { ...end, provider: 'inbox', country: 'US', to: null, timings, polls: 1 };
}

test('runs are counted by what they came to', () => {
  const reports = [report('approved', 10), report('no_code', null), report('approved', 30)];
  expect(summarize(reports)).toMatchObject({ runs: 3, approved: 2, outcomes: { approved: 2, no_code: 1 } });
});

test('how long texts took is told of those that came, also where the code was refused', () => {
  const reports = [report('no_code', null), report('check_refused', 40), report('approved', 20)];
  expect(summarize(reports).delivery).toEqual({ p50Ms: 20, p95Ms: 40 });
  expect(summarize([report('no_code', null)]).delivery).toBeNull();
  expect(summarize([])).toEqual({ runs: 0, approved: 0, outcomes: {}, delivery: null });
});

test('a quantile is a time that was seen: the least that so many do not exceed', () => {
  const times = [9, 10, 8, 1, 2, 3, 100, 4, 5, 6, 7, 20, 19, 18, 17, 16, 15, 14, 13, 12];
  expect(summarize(times.map((ms) => report('approved', ms))).delivery).toEqual({ p50Ms: 10, p95Ms: 20 });
});
