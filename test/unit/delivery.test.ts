import { expect, test } from 'vitest';
import { handOver } from '../../src/delivery.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/errors.ts';
import type { Message, Provider } from '../../src/providers/provider.ts';

const message: Message = {
  to: '+12025550143',
  text: '123456 is your code.',
  code: '123456',
  channel: 'sms',
  locale: 'en',
  country: 'US',
  lifetimeSeconds: 300,
  reference: 'r.1',
  receiptUrl: () => null,
  earlier: [],
};

const provider = (send: Provider['send']): Provider => ({ name: 'test', channels: ['sms'], send });

test('a message that was taken is accepted, by the provider that says so', async () => {
  const plain = await handOver(
    provider(async () => ({ messageId: 'm' })),
    message,
    1_000,
  );
  expect(plain).toMatchObject({
    status: 'accepted',
    messageId: 'm',
    error: null,
    handOvers: [{ provider: 'test', status: 'accepted', errorKind: null }],
  });
});

const first = { provider: 'first', status: 'rejected', errorKind: 'temporary', durationMs: 5 } as const;

test('of a composition every provider that was asked is told of, the one that decided last', async () => {
  const composed = await handOver(
    provider(async () => ({ messageId: 'm', provider: 'second', before: [first] })),
    message,
    1_000,
  );
  expect(composed).toMatchObject({
    status: 'accepted',
    handOvers: [first, { provider: 'second', status: 'accepted' }],
  });
  const refused = await handOver(
    provider(async () => {
      throw new ProviderError('temporary', 'no', { handOvers: [first, { ...first, provider: 'second' }] });
    }),
    message,
    1_000,
  );
  expect(refused).toMatchObject({ status: 'rejected', handOvers: [first, { provider: 'second' }] });
});

test('what a composition rejects after one of its providers may have taken it, may have been taken', async () => {
  const ambiguous = { ...first, status: 'unknown', errorKind: 'ambiguous' } as const;
  const handed = await handOver(
    provider(async () => {
      throw new ProviderError('temporary', 'no', { handOvers: [ambiguous, { ...first, provider: 'second' }] });
    }),
    message,
    1_000,
  );
  expect(handed).toMatchObject({ status: 'unknown', handOvers: [ambiguous, { provider: 'second' }] });
});

test.each<[ProviderErrorKind, 'rejected' | 'unknown']>([
  ['invalid_number', 'rejected'],
  ['not_sms_capable', 'rejected'],
  ['opted_out', 'rejected'],
  ['blocked_destination', 'rejected'],
  ['filtered', 'rejected'],
  ['rate_limited', 'rejected'],
  ['temporary', 'rejected'],
  ['auth', 'rejected'],
  ['config', 'rejected'],
  ['funds', 'rejected'],
  ['ambiguous', 'unknown'],
  ['unknown', 'unknown'],
])('%s leaves the message %s', async (kind, status) => {
  const handed = await handOver(
    provider(async () => {
      throw new ProviderError(kind, 'no');
    }),
    message,
    1_000,
  );
  expect(handed).toMatchObject({ status, error: { kind }, handOvers: [{ provider: 'test', status, errorKind: kind }] });
});

test('a kind that is none of ours leaves open whether the message was taken', async () => {
  const handed = await handOver(
    provider(async () => {
      throw new ProviderError('timeout' as ProviderErrorKind, 'no');
    }),
    message,
    1_000,
  );
  expect(handed.status).toBe('unknown');
});

test('a provider that says no after the time is heard too: nobody waits for it for ever', async () => {
  const handed = await handOver(
    provider(() => Promise.reject(new ProviderError('ambiguous', 'cut off'))),
    message,
    1_000,
  );
  if (handed.status !== 'unknown') throw new Error('not unknown');
  expect(await handed.late).toBeNull();
});

test('anything else that is thrown, synchronously too, may have been taken', async () => {
  const handed = await handOver(
    provider(() => {
      throw new TypeError('bug');
    }),
    message,
    1_000,
  );
  expect(handed).toMatchObject({ status: 'unknown', error: { kind: 'ambiguous' } });
});

test('a provider that is too slow is told to stop and counts as ambiguous, whether or not it listens', async () => {
  let heard = false;
  const deaf = provider(
    (_, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          heard = true;
        });
      }),
  );
  const handed = await handOver(deaf, message, 20);
  expect(handed).toMatchObject({ status: 'unknown', error: { kind: 'ambiguous' } });
  expect(heard).toBe(true);
});

test('a provider that says yes after the time is heard late', async () => {
  let accept: (value: { messageId: string }) => void = () => {};
  const slow = provider(() => new Promise((resolve) => (accept = resolve)));
  const handed = await handOver(slow, message, 20);
  if (handed.status !== 'unknown') throw new Error('not unknown');
  accept({ messageId: 'm' });
  expect(await handed.late).toMatchObject({ provider: 'test', messageId: 'm' });
});

test('a provider that listens and then refuses has still timed out: the charge must not come back', async () => {
  const obedient = provider(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new ProviderError('temporary', 'aborted')));
      }),
  );
  expect(await handOver(obedient, message, 20)).toMatchObject({ status: 'unknown', error: { kind: 'ambiguous' } });
});
