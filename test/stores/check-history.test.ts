import fc from 'fast-check';
import { expect, test } from 'vitest';
import { whyNotOneByOne, type CheckCall } from './check-history.ts';

const maxChecks = 3;

/** The same question, answered by trying every order. */
function someOrderExplains(
  calls: readonly CheckCall[],
  state = { left: maxChecks, end: null as string | null },
): boolean {
  if (calls.length === 0) return true;
  return calls.some((call) => {
    const others = calls.filter((other) => other !== call);
    if (others.some(({ answeredAt }) => answeredAt < call.calledAt)) return false;
    const after = { left: state.left - 1, end: state.left === 1 ? 'max_checks_reached' : null };
    if (state.end !== null) {
      const told = call.outcome === 'not_found' || (call.outcome === 'ended' && call.status === state.end);
      return told && someOrderExplains(others, state);
    }
    if (call.code === 'right') {
      return call.outcome === 'approved' && someOrderExplains(others, { left: state.left, end: 'approved' });
    }
    return call.outcome === 'incorrect' && call.checksLeft === after.left && someOrderExplains(others, after);
  });
}

const span = fc.tuple(fc.nat(12), fc.nat(6)).map(([calledAt, forMs]) => ({ calledAt, answeredAt: calledAt + forMs }));
const right = fc.constantFrom(
  { outcome: 'approved' },
  { outcome: 'not_found' },
  { outcome: 'ended', status: 'approved' },
);
const wrong = fc.oneof(
  { weight: 3, arbitrary: fc.nat(maxChecks - 1).map((checksLeft) => ({ outcome: 'incorrect', checksLeft })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('approved', 'max_checks_reached').map((status) => ({ outcome: 'ended', status })),
  },
);
const call: fc.Arbitrary<CheckCall> = fc.oneof(
  fc.tuple(span, right).map(([at, answer]): CheckCall => ({ code: 'right', ...at, ...answer })),
  fc.tuple(span, wrong).map(([at, answer]): CheckCall => ({ code: 'wrong', ...at, ...answer })),
);

/** What a right store would answer to calls that act one after the other, each at a time of its own within its span. */
const rightHistory: fc.Arbitrary<CheckCall[]> = fc
  .array(
    fc.record({
      code: fc.constantFrom('right' as const, 'wrong' as const, 'wrong' as const),
      before: fc.nat(8),
      after: fc.nat(8),
    }),
    { maxLength: 7 },
  )
  .map((drawn) => {
    let left = maxChecks;
    let end: string | null = null;
    return drawn.map(({ code, before, after }, index): CheckCall => {
      const at = { code, calledAt: 5 * index - before, answeredAt: 5 * index + after };
      if (end !== null) return { ...at, outcome: 'ended', status: end };
      if (code === 'right') {
        end = 'approved';
        return { ...at, outcome: 'approved' };
      }
      left -= 1;
      if (left === 0) end = 'max_checks_reached';
      return { ...at, outcome: 'incorrect', checksLeft: left };
    });
  });

test('what a right store answers is explained, in whatever order the answers are looked at', () => {
  fc.assert(
    fc.property(
      rightHistory.chain((calls) => fc.shuffledSubarray(calls, { minLength: calls.length })),
      (calls) => {
        expect(whyNotOneByOne(calls, maxChecks)).toBeNull();
      },
    ),
  );
});

test('a history is explained exactly when some order of its calls explains it', () => {
  const changed = fc.tuple(rightHistory, fc.nat(6), call, fc.boolean()).map(([calls, at, other, move]) =>
    calls.map((one, index) => {
      if (index !== at) return one;
      return move ? { ...one, calledAt: other.calledAt, answeredAt: other.answeredAt } : other;
    }),
  );
  const explained = { yes: 0, no: 0 };
  fc.assert(
    fc.property(fc.oneof(rightHistory, changed, fc.array(call, { maxLength: 6 })), (calls) => {
      const possible = someOrderExplains(calls);
      explained[possible ? 'yes' : 'no'] += 1;
      expect(whyNotOneByOne(calls, maxChecks) === null).toBe(possible);
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(explained.yes, explained.no)).toBeGreaterThan(1_000);
});
