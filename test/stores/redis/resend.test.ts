import { once } from 'node:events';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/stores/store.ts';
import { broadLimit, expectLeft } from '../../../src/testing/store-cases/broad-limit.ts';
import { expectOutcome } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, manySends, numberOn, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { startProxy } from '../../faults/proxy.ts';
import { freshKeyPrefix, redisUrl } from '../../servers/shared.ts';
import { openStore, redisClient } from './clients.ts';

interface LossyStores {
  /** Through a connection that can be cut. */
  readonly lossy: Store;
  /** Through another one. */
  readonly other: Store;
  /**
   * Asks through the connection that is cut once the server has done it and before the answer arrives. The client connects again and sends it again, after
   * `meanwhile`. Resolves with the answer to that.
   */
  losingTheAnswer<Result>(act: () => Promise<Result>, meanwhile?: () => Promise<unknown>): Promise<Result>;
}

async function openStores(): Promise<LossyStores> {
  const proxy = await startProxy({ port: Number(new URL(await redisUrl()).port) });
  onTestFinished(() => proxy.close());
  // As it comes, ioredis sends commands again.
  const client = new Redis(proxy.port, '127.0.0.1');
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  const prefix = freshKeyPrefix();
  return {
    lossy: openStore({ client, prefix }),
    other: openStore({ client: await redisClient(), prefix }),
    async losingTheAnswer(act, meanwhile = async () => {}) {
      await client.ping();
      proxy.set({ kind: 'answers cut' });
      const cut = once(client, 'close');
      const answer = act();
      await cut;
      await meanwhile();
      proxy.set({ kind: 'fair' });
      const connectionsBefore = proxy.connections();
      const told = await answer;
      expect(proxy.connections()).toBeGreaterThan(connectionsBefore);
      return told;
    },
  };
}

test('a begin whose answer was lost is charged once, and is told as what it was', async () => {
  const { lossy, losingTheAnswer } = await openStores();
  const number = numberOn(lossy);
  const created = await losingTheAnswer(() => number.begin({ code: '123456' }));
  expect(created).toMatchObject({ outcome: 'created', delivery: 1, verification: { sendsLeft: 2 } });
  const repeated = await losingTheAnswer(() => number.begin({ code: '999999' }));
  expect(repeated).toMatchObject({ outcome: 'repeated', delivery: 2, verification: { sendsLeft: 1 } });
  expect((await number.find())?.deliveries).toHaveLength(2);
  expect((await number.check('123456')).outcome).toBe('approved');
});

test('a begin whose answer was lost is told as what it was after others have begun too', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  const meanwhile = () => numberOn(other).begin();
  const begun = await losingTheAnswer(() => numberOn(lossy).begin(), meanwhile);
  expect(begun).toMatchObject({ outcome: 'created', delivery: 1, verification: { sendsLeft: 1 } });
});

test('a begin whose verification has ended before its answer came is not begun again', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  const begun = losingTheAnswer(
    () => numberOn(lossy).begin(),
    () => numberOn(other).create({ code: '222222', repeatKeyIds: [] }),
  );
  await expect(begun).rejects.toMatchObject({ code: 'store_unavailable' });
  expect((await numberOn(other).check('222222')).outcome).toBe('approved');
});

test('a begin whose answer was lost takes one of a broad limit', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  const limit = broadLimit('country', 5, hourMs);
  await losingTheAnswer(() => numberOn(lossy).begin({ broadLimits: [limit] }));
  await expectLeft(other, limit, 4);
});

test('a wrong check whose answer was lost is charged once, also when others have guessed meanwhile', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  await numberOn(lossy).create();
  const first = await losingTheAnswer(() => numberOn(lossy).check('000000'));
  expect(first).toMatchObject({ outcome: 'incorrect', verification: { checksLeft: 4 } });
  const second = await losingTheAnswer(
    () => numberOn(lossy).check('000000'),
    () => numberOn(other).guess(2),
  );
  expect(second).toMatchObject({ outcome: 'incorrect', verification: { checksLeft: 1 } });
  const last = await losingTheAnswer(() => numberOn(lossy).check('000000'));
  expect(last).toMatchObject({ outcome: 'incorrect', verification: { status: 'max_checks_reached', checksLeft: 0 } });
  expect((await numberOn(other).create()).checksLeft).toBe(5);
});

test('a right check whose answer was lost is approved, and so is no other', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  const { nonce } = await numberOn(lossy).create();
  const byOthers: string[] = [];
  const checked = await losingTheAnswer(
    () => numberOn(lossy).check('111111', { nonce }),
    async () => byOthers.push((await numberOn(other).check('111111', { nonce })).outcome),
  );
  expect(checked).toMatchObject({ outcome: 'approved', verification: { nonce, status: 'approved' } });
  expect(byOthers).toEqual(['ended']);
});

test('a right check whose answer was lost is not taken for a guess at the code of a later verification', async () => {
  const { lossy, other, losingTheAnswer } = await openStores();
  const { nonce } = await numberOn(lossy).create();
  const checked = await losingTheAnswer(
    () => numberOn(lossy).check('111111'),
    () => numberOn(other).create({ code: '222222' }),
  );
  expect(expectOutcome(checked, 'approved').verification.nonce).toBe(nonce);
  expect((await numberOn(other).find())?.checksLeft).toBe(5);
});

for (const verb of ['cancel', 'approve'] as const) {
  test(`${verb} by purpose whose answer was lost ends what it meant, and nothing that began later`, async () => {
    const { lossy, other, losingTheAnswer } = await openStores();
    const { nonce } = await numberOn(lossy, { limits: manySends }).create();
    const ended = await losingTheAnswer(
      () => numberOn(lossy, { limits: manySends })[verb](),
      () => numberOn(other, { limits: manySends }).create(),
    );
    expect(expectOutcome(ended, 'done').verification.nonce).toBe(nonce);
    expect((await numberOn(other, { limits: manySends }).find())?.status).toBe('pending');
  });
}

test('a rejection that is said again gives back one send', async () => {
  const { lossy, losingTheAnswer } = await openStores();
  const number = numberOn(lossy, { limits: usualLimits });
  const { nonce } = await number.create();
  await number.begin();
  await losingTheAnswer(() => number.settle(nonce, 2, 'rejected'));
  expect((await number.find())?.sendsLeft).toBe(2);
});

test('a claim whose answer was lost is still the one that does it', async () => {
  const { lossy, losingTheAnswer } = await openStores();
  const request = { key: idOf('key'), fingerprint: 'thing', token: idOf('token'), leaseMs: hourMs, keepMs: hourMs };
  expect(await losingTheAnswer(() => lossy.claim(request))).toEqual({ outcome: 'claimed' });
  await losingTheAnswer(() => lossy.complete({ ...request, answer: new Uint8Array([1]) }));
  expect(await lossy.claim(request)).toEqual({ outcome: 'completed', answer: new Uint8Array([1]) });
});
