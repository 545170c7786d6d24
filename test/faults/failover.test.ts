import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printFailover, runFailover, type FailoverRun, type FaultKind } from './failover.ts';

const kinds: readonly FaultKind[] = [
  { name: 'find no server', first: 'twilio', fault: 'no server' },
  { name: 'are refused with a 429', first: 'twilio', fault: { kind: 'rate_limited', retryAfterSeconds: 1 } },
  { name: 'are refused with a 503', first: 'twilio', fault: { kind: 'server_error', status: 503 } },
  { name: 'are refused within a 200', first: 'vonage', fault: { kind: 'refused', code: '5' } },
  { name: 'are cut off before they are taken', first: 'twilio', fault: { kind: 'cut_before' } },
  { name: 'are taken, and the answer is cut off', first: 'twilio', fault: { kind: 'cut_after' } },
  { name: 'take two seconds', first: 'twilio', fault: { kind: 'delay', delayMs: 2_500 } },
  { name: 'are accepted and never delivered', first: 'twilio', fault: { kind: 'dropped' } },
  { name: 'are accepted, and a receipt says failed', first: 'twilio', fault: { kind: 'undelivered', code: undefined } },
  { name: 'are delivered twice', first: 'twilio', fault: { kind: 'duplicate' } },
  { name: 'have receipts that come late', first: 'twilio', fault: { kind: 'late_receipts', delayMs: 2_000 } },
];

/** Whether a send can tell that its text was not taken. */
const isSeen = ({ fault }: FaultKind): boolean =>
  fault === 'no server' || ['rate_limited', 'server_error', 'refused', 'cut_before'].includes(fault.kind);

const size = { people: 1_250, atOnce: 100 };
const runs: FailoverRun[] = [];
// So that no provider is slow because its code was never run before.
beforeAll(() =>
  runFailover(
    { name: 'warm up', first: 'twilio', fault: { kind: 'delay', delayMs: 0 } },
    { withFailover: true, people: 300, atOnce: 30 },
  ),
);
afterAll(() => printFailover(runs));

describe.each(kinds)('three in ten messages $name', (kind) => {
  test('with one provider nobody gets two codes, and nothing is lost', async () => {
    const run = await runFailover(kind, { ...size, withFailover: false });
    runs.push(run);
    expect(run.broken).toEqual([]);
    expect(run.people).toBe(size.people);
    if (isSeen(kind)) expect(run.atFirstAsk / run.people, 'the faults are on').toBeLessThan(0.8);
  });

  test('with a second one, all but nobody gets a code within 5 s, at one more text at most', async () => {
    const run = await runFailover(kind, { ...size, withFailover: true });
    runs.push(run);
    expect(run.broken).toEqual([]);
    expect(run.deliveredInTime / run.people).toBeGreaterThan(0.99);
    // What the vendor accepted is only known to be lost when the person says so.
    if (isSeen(kind)) expect(run.atFirstAsk / run.people).toBeGreaterThan(0.98);
    expect(run.approved).toBe(run.deliveredInTime);
    expect(run.texts / run.people).toBeLessThan(1.6);
  });
});
