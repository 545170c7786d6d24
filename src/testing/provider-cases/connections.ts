import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { refusal, within, type ProviderCase, type ProviderUnderTest } from './case.ts';
import { withVendor, type Answer, type Vendor } from './vendor.ts';

/** Begins an accepted answer and leaves it there. */
function halfAnAnswer({ accepted }: ProviderUnderTest, response: ServerResponse): Promise<void> {
  const { status, headers, body } = accepted('id-1');
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return new Promise((resolve) => {
    response.write(body.slice(0, body.length / 2), () => resolve());
  });
}

/** Sends, aborts as soon as the vendor is at that point, and expects the end at once. */
async function abortedWhen(provider: ProviderUnderTest, silence: (response: ServerResponse) => void | Promise<void>) {
  const reached = Promise.withResolvers<void>();
  const answer: Answer = async (_request, response) => {
    await silence(response);
    reached.resolve();
  };
  await withVendor(answer, async (vendor) => {
    const controller = new AbortController();
    const refused = refusal(provider.open(vendor.url), { signal: controller.signal });
    await Promise.race([reached.promise, refused]);
    const isClosed = vendor.closed();
    controller.abort();
    const { kind } = await within(1_000, 'a send ends when its signal says so', refused);
    assert.equal(kind, 'ambiguous');
    await within(2_000, 'the connection of a send that was given up is closed', isClosed);
  });
}

export const connectionCases: readonly ProviderCase[] = [
  {
    name: 'a vendor that refuses the connection is temporary: it took nothing',
    async run({ open }) {
      const gone = await withVendor({ status: 200, body: '' }, async ({ url }: Vendor) => url);
      assert.equal((await refusal(open(gone))).kind, 'temporary');
    },
  },
  {
    name: 'a host that is not known is temporary: it took nothing',
    async run({ open }) {
      assert.equal((await refusal(open('http://vendor.invalid'))).kind, 'temporary');
    },
  },
  {
    name: 'a connection that breaks once the request is written is ambiguous',
    async run({ open }) {
      const ways: readonly ((response: ServerResponse) => void)[] = [
        (response) => response.socket?.resetAndDestroy(),
        (response) => response.socket?.end(),
      ];
      for (const breakOff of ways) {
        await withVendor(
          (_request, response) => breakOff(response),
          async (vendor) => assert.equal((await refusal(open(vendor.url))).kind, 'ambiguous'),
        );
      }
    },
  },
  {
    name: 'a connection that breaks before the answer ends is ambiguous',
    async run(provider) {
      await withVendor(
        async (_request, response) => {
          await halfAnAnswer(provider, response);
          response.socket?.end();
        },
        async (vendor) => assert.equal((await refusal(provider.open(vendor.url))).kind, 'ambiguous'),
      );
    },
  },
  {
    name: 'the signal ends a send at once while the vendor is silent: ambiguous, and the connection is closed',
    run: (provider) => abortedWhen(provider, () => {}),
  },
  {
    name: 'the signal ends a send at once in the middle of the answer: ambiguous, and the connection is closed',
    run: (provider) => abortedWhen(provider, (response) => halfAnAnswer(provider, response)),
  },
  {
    name: 'a send whose signal was aborted before asks nobody',
    async run({ open, accepted }) {
      await withVendor(accepted('id-1'), async (vendor) => {
        await refusal(open(vendor.url), { signal: AbortSignal.abort() });
        assert.equal(vendor.received.length, 0);
      });
    },
  },
];
