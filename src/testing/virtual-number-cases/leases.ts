import assert from 'node:assert/strict';
import { setTimeout as passed } from 'node:timers/promises';
import { VirtualNumberError } from '../../errors.ts';
import type { VirtualNumberCase } from './case.ts';
import { onStage } from './stage.ts';

export const leaseCases: readonly VirtualNumberCase[] = [
  {
    name: 'making an adapter connects to nothing',
    run: (underTest) =>
      onStage(underTest, async ({ provider, vendor }) => {
        assert.ok(!(provider instanceof Promise), 'it is there at once');
        await passed(30);
        assert.equal(vendor.connections, 0);
      }),
  },
  {
    name: 'name and pace are well-formed',
    run: (underTest) =>
      onStage(underTest, async ({ provider: { name, pace } }) => {
        assert.match(name, /^[a-z0-9-]{1,32}$/);
        assert.ok(Number.isFinite(pace.pollMs) && pace.pollMs >= 0, 'pollMs is a number of milliseconds');
        assert.ok(pace.acquiresPerMinute > 0, 'a number can be acquired');
      }),
  },
  {
    name: 'a number is acquired in E.164, under a lease that says whose it is and since when',
    run: (underTest) =>
      onStage(underTest, async ({ lease, provider, clock }) => {
        clock.advance(12_345);
        const { number, provider: name, acquiredAtMs, expiresAtMs, handle } = await lease();
        assert.equal(number, underTest.numbers[0]);
        assert.equal(name, provider.name);
        assert.equal(acquiredAtMs, clock.now(), 'acquired by the clock that was given');
        assert.ok(expiresAtMs === null || expiresAtMs > acquiredAtMs, 'ends after it began, or not by itself');
        assert.equal(typeof handle, 'string');
      }),
  },
  {
    name: 'a lease can be written down and read again',
    run: (underTest) =>
      onStage(underTest, async (stage) => {
        const lease = await stage.lease();
        assert.deepEqual(JSON.parse(JSON.stringify(lease)), { ...lease });
        await stage.arrive({ text: 'Your code is 493817' });
        const polled = await stage.poll(JSON.parse(JSON.stringify(lease)) as typeof lease);
        assert.ok(!(polled instanceof VirtualNumberError), 'it is polled');
        assert.equal(polled.state, 'received');
      }),
  },
  {
    name: 'a number is asked for once, whatever the vendor answers',
    async run(underTest) {
      const { answers, asks } = underTest;
      const most = asks.includes('acquire') ? 1 : 0;
      const ownWords = answers.filter(({ on }) => on === 'acquire').map((answer) => answer.reply);
      const bare = [429, 500, 503].map((status) => ({ status, body: '' }));
      await onStage(underTest, async ({ lease, seen }) => {
        await lease();
        assert.ok(seen('acquire').length <= most, `${seen('acquire').length} requests for a number that is given`);
      });
      for (const reply of [...ownWords, ...bare]) {
        await onStage(underTest, async ({ script, acquire, seen }) => {
          script('acquire', reply);
          await acquire();
          assert.ok(
            seen('acquire').length <= most,
            `${seen('acquire').length} requests at an answer of ${reply.status}`,
          );
        });
      }
    },
  },
  {
    name: 'two leases at once do not mix',
    run: (underTest) =>
      onStage(underTest, async (stage) => {
        const [, other] = underTest.numbers;
        if (other === undefined) return;
        const first = await stage.lease();
        await stage.poll(first);
        const asked = stage.seen('poll').map(written);
        stage.change({ number: other });
        const second = await stage.lease();
        assert.equal(second.number, other);
        assert.notEqual(second.handle, first.handle);
        await stage.poll(second);
        await stage.poll(first);
        assert.deepEqual(stage.seen('poll').slice(-asked.length).map(written), asked, 'the first asks as before');
      }),
  },
];

function written({ method, url, body }: { method: string; url: string; body: string }): string {
  return `${method} ${url} ${body}`;
}
