import { strictEqual } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createVerifier } from 'phoneproof';
import { memoryStore } from 'phoneproof/stores/memory';
import { recordingProvider, virtualClock } from 'phoneproof/testing';

test('a code is good for five minutes', async () => {
  const clock = virtualClock(); // stands still until it is moved
  const provider = recordingProvider(); // remembers what it was asked to send
  const verifier = createVerifier({
    secret: randomBytes(32),
    store: memoryStore({ clock: clock.now }), // a store tells the time
    provider,
  });
  const started = await verifier.start({ to: '+12025550143' });
  if (started.status !== 'pending') throw new Error(started.detail);
  const { id } = started.verification;

  clock.advance(300_000);
  const checked = await verifier.check({ id, code: provider.messages[0]?.code ?? '' });
  strictEqual(checked.status, 'verification_expired');
});
