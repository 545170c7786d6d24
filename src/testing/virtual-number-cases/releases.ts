import assert from 'node:assert/strict';
import type { Lease, ReleaseReason, VirtualNumberProvider } from '../../virtual-numbers/virtual-number.ts';
import { withNumber } from '../../virtual-numbers/with-number.ts';
import { within } from '../provider-cases/case.ts';
import type { VirtualNumberCase, VirtualNumberUnderTest } from './case.ts';
import { meaningOf, onStage, type Stage } from './stage.ts';

/** The adapter, and what it was told to release. */
function watched(provider: VirtualNumberProvider): { provider: VirtualNumberProvider; reasons: ReleaseReason[] } {
  const reasons: ReleaseReason[] = [];
  return {
    reasons,
    provider: {
      ...provider,
      async release(lease, reason, call) {
        reasons.push(reason);
        return provider.release(lease, reason, call);
      },
    },
  };
}

/** Lends a number to `use` and expects it to be released so. */
async function releasedAs(
  underTest: VirtualNumberUnderTest,
  reason: ReleaseReason,
  use: (lease: Lease, stage: Stage) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await onStage(underTest, async (stage) => {
    const { provider, reasons } = watched(stage.provider);
    const told: string[] = [];
    const using = withNumber(provider, underTest.wanted, async (lease) => use(lease, stage), {
      signal,
      onRelease: ({ released }) => told.push(released),
      wait: async () => assert.fail('a number is lent at once'),
    });
    await within(
      5_000,
      'the use of a number ends',
      using.catch(() => null),
    );
    assert.deepEqual(reasons, [reason]);
    assert.ok(told.length === 1 && told[0] !== 'failed', `the release came to ${told.join()}`);
    if (reason === 'unused' && underTest.asks.includes('release')) {
      assert.ok(stage.seen('release').length > 0, 'the vendor was told');
    }
  });
}

export const releaseCases: readonly VirtualNumberCase[] = [
  {
    name: 'a number is given back, whatever for; and again: the same',
    async run(underTest) {
      for (const reason of ['used', 'unused', 'bad'] as const) {
        await onStage(underTest, async (stage) => {
          const lease = await stage.lease();
          const came = meaningOf(await stage.release(lease, reason));
          assert.ok(['released', 'too_early', 'unsupported'].includes(came), `${reason}: ${came}`);
          assert.equal(meaningOf(await stage.release(lease, reason)), came, 'again');
        });
      }
    },
  },
  {
    name: 'withNumber releases after success, as used',
    run: (underTest) => releasedAs(underTest, 'used', async () => {}),
  },
  {
    name: 'withNumber releases after a failure, as unused',
    run: (underTest) =>
      releasedAs(underTest, 'unused', async () => {
        throw new Error('no code came');
      }),
  },
  {
    name: 'withNumber releases at Ctrl-C, while a poll is under way, as unused',
    async run(underTest) {
      const controller = new AbortController();
      await releasedAs(
        underTest,
        'unused',
        async (lease, { script, provider }) => {
          script('poll', () => controller.abort(new Error('Ctrl-C')));
          // What asks nobody for a poll is interrupted after it.
          await provider.poll(lease, { signal: controller.signal });
          controller.abort(new Error('Ctrl-C'));
          controller.signal.throwIfAborted();
        },
        controller.signal,
      );
    },
  },
];
