import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { within } from '../provider-cases/case.ts';
import type { VirtualNumberAct, VirtualNumberCase, VirtualNumberUnderTest } from './case.ts';
import { callOf, came, leaseFor, meaningOf, onStage } from './stage.ts';

/** Calls, aborts as soon as the vendor is at that point, and expects the signal's own reason at once. */
async function abortedWhen(
  underTest: VirtualNumberUnderTest,
  act: VirtualNumberAct,
  silence: (response: ServerResponse) => void | Promise<void>,
) {
  await onStage(underTest, async (stage) => {
    const lease = await leaseFor(stage, act);
    const reached = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    stage.script(act, async (_request, response) => {
      response.socket?.once('close', () => closed.resolve());
      await silence(response);
      reached.resolve();
    });
    const reason = new Error('enough');
    const controller = new AbortController();
    const calling = call(stage, act, lease, controller.signal);
    await Promise.race([reached.promise, calling.catch(() => null)]);
    controller.abort(reason);
    const thrown = await within(1_000, 'a call ends when its signal says so', outcome(calling));
    assert.equal(thrown, reason, `the signal's own reason, not ${inspect(thrown)}`);
    await within(2_000, 'the connection of a call that was given up is closed', closed.promise);
  });
}

async function call(
  { provider, underTest }: Pick<Parameters<typeof callOf>[0], 'provider' | 'underTest'>,
  act: VirtualNumberAct,
  lease: Awaited<ReturnType<typeof leaseFor>>,
  signal: AbortSignal,
): Promise<unknown> {
  if (act === 'acquire') return provider.acquire(underTest.wanted, { signal });
  assert.ok(lease);
  return act === 'poll' ? provider.poll(lease, { signal }) : provider.release(lease, 'unused', { signal });
}

/** What a promise rejects with; fails where it resolves. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => assert.fail(`a call that was given up came to ${inspect(value)}`),
    (thrown: unknown) => thrown,
  );
}

export const connectionCases: readonly VirtualNumberCase[] = [
  {
    name: 'a vendor that cannot be reached is unavailable',
    async run(underTest) {
      let gone = '';
      await onStage(underTest, async ({ vendor }) => {
        gone = vendor.url;
      });
      if (!underTest.asks.includes('acquire')) return;
      for (const url of [gone]) {
        const provider = underTest.open(url, { clock: () => 0 });
        const answered = await came(async () =>
          provider.acquire(underTest.wanted, { signal: new AbortController().signal }),
        );
        assert.equal(meaningOf(answered), 'unavailable');
      }
    },
  },
  {
    name: 'a connection that breaks is unavailable',
    async run(underTest) {
      const ways: readonly ((response: ServerResponse) => void)[] = [
        (response) => response.socket?.resetAndDestroy(),
        (response) => response.socket?.end(),
      ];
      for (const act of underTest.asks) {
        for (const breakOff of ways) {
          await onStage(underTest, async (stage) => {
            const lease = await leaseFor(stage, act);
            stage.script(act, (_request, response) => breakOff(response));
            assert.equal(meaningOf(await callOf(stage, act, lease)), 'unavailable', act);
          });
        }
      }
    },
  },
  {
    name: 'a vendor that does not answer within the limit of a call is unavailable',
    async run(underTest) {
      for (const act of underTest.asks) {
        await onStage(
          underTest,
          async (stage) => {
            const lease = await leaseFor(stage, act);
            stage.script(act, () => {});
            const calling = callOf(stage, act, lease);
            assert.equal(meaningOf(await within(3_000, 'a call has a limit', calling)), 'unavailable', act);
          },
          { timeoutMs: 250 },
        );
      }
    },
  },
  {
    name: 'the signal ends a call at once while the vendor is silent: with its reason, and the connection is closed',
    async run(underTest) {
      for (const act of underTest.asks) await abortedWhen(underTest, act, () => {});
    },
  },
  {
    name: 'the signal ends a call at once in the middle of the answer: with its reason, and the connection is closed',
    async run(underTest) {
      for (const act of underTest.asks) {
        await abortedWhen(underTest, act, async (response) => {
          response.writeHead(200, { 'content-length': '99' });
          await new Promise<void>((resolve) => {
            response.write('{', () => resolve());
          });
        });
      }
    },
  },
  {
    name: 'a call whose signal was aborted before asks nobody',
    async run(underTest) {
      for (const act of underTest.asks) {
        await onStage(underTest, async (stage) => {
          const lease = await leaseFor(stage, act);
          const before = stage.vendor.received.length;
          const reason = new Error('enough');
          assert.equal(await outcome(call(stage, act, lease, AbortSignal.abort(reason))), reason);
          assert.equal(stage.vendor.received.length, before);
        });
      }
    },
  },
];
