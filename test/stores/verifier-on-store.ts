import { describe, test } from 'vitest';
import { keepsPromisesInterleaved } from './interleaved-runs.ts';
import type { OpenStore } from './open-store.ts';
import { modelPolicies, modelWithTestNumber, runsLikeTheModel } from './verifier-model-run.ts';

/** Tests the whole verifier on a store, each random run on data of its own. */
export function testVerifierOn(name: string, open: OpenStore, runs: { modelled: number; interleaved: number }): void {
  describe(`a verifier on ${name}`, () => {
    for (const [index, policy] of modelPolicies.entries()) {
      test(
        `answers as the model does, whatever is asked in whatever order (policy ${index + 1})`,
        { timeout: 60_000 },
        () => runsLikeTheModel(open, policy, runs.modelled),
      );
    }

    test('answers of a test number as the model does', { timeout: 60_000 }, () =>
      runsLikeTheModel(open, modelWithTestNumber, Math.ceil(runs.modelled / 2)),
    );

    test(
      'keeps every promise when calls interleave in any way and the store fails in any way',
      { timeout: 60_000 },
      () => keepsPromisesInterleaved(open, runs.interleaved),
    );
  });
}
