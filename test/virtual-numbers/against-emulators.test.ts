import { describe, expect, test } from 'vitest';
import { CodeNotReceivedError } from '../../src/errors.ts';
import { handlerApiEmulator } from '../../src/inbox/emulators/handler-api.ts';
import { smspinverifyEmulator } from '../../src/inbox/emulators/smspinverify.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { handlerApiNumbers } from '../../src/virtual-numbers/handler-api.ts';
import { smspinverifyNumbers } from '../../src/virtual-numbers/smspinverify.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { withNumber, type ReleaseEvent } from '../../src/virtual-numbers/with-number.ts';
import { listeningInbox } from '../emulators/carrier-under-test.ts';

const key = 'key-of-the-customer-51f0';

describe.each([
  {
    vendor: 'smspinverify',
    country: 'USA',
    open: (url: string, clock: () => number) =>
      smspinverifyNumbers({ customer: key, service: 'Google', baseUrl: `${url}/smspinverify`, clock }),
  },
  {
    vendor: 'handler-api',
    country: '187',
    open: (url: string, clock: () => number) =>
      handlerApiNumbers({ apiKey: key, service: 'go', baseUrl: `${url}/handler-api`, clock }),
  },
])('$vendor, at its emulator', ({ country, open }) => {
  const emulators = [smspinverifyEmulator(), handlerApiEmulator()];

  test('lends a number, tells its code, and takes it back', async () => {
    const clock = virtualClock();
    await using listening = await listeningInbox(emulators, {
      clock: clock.now,
      inbox: createInbox({ clock: clock.now }),
    });
    const numbers = open(listening.url, clock.now);
    const { inbox } = listening;
    const before = (await numbers.balance?.({ signal: new AbortController().signal })) ?? 0;
    const code = await withNumber(numbers, { country }, async (lease) => {
      inbox.add({ to: lease.number, from: 'Acme', body: '493817 is your Acme code.', provider: 'probe' });
      return (await waitForCode(numbers, lease, { sleepsMs: [0] })).code;
    });
    expect(code).toBe('493817');
    expect(await numbers.balance?.({ signal: new AbortController().signal })).toBeLessThanOrEqual(before);
  });

  test('says in the end that no code came, and the number is given back as soon as the vendor takes it', async () => {
    const clock = virtualClock();
    await using listening = await listeningInbox(emulators, {
      clock: clock.now,
      inbox: createInbox({ clock: clock.now }),
    });
    const numbers = open(listening.url, clock.now);
    const released: ReleaseEvent['released'][] = [];
    for (const timeoutMs of [60_000, 170_000]) {
      const wait = async (ms: number): Promise<void> => clock.advance(ms);
      const waited = withNumber(
        numbers,
        { country },
        async (lease) => waitForCode(numbers, lease, { timeoutMs, clock: clock.now, wait }),
        { onRelease: (event) => released.push(event.released), clock: clock.now, wait },
      );
      await expect(waited).rejects.toBeInstanceOf(CodeNotReceivedError);
    }
    expect(released).toEqual(['too_early', 'released']);
  });

  test('ends with an error of the settings where the key, the service or the country is wrong', async () => {
    const clock = virtualClock();
    await using listening = await listeningInbox(emulators, {
      clock: clock.now,
      inbox: createInbox({ clock: clock.now }),
    });
    const numbers = open(listening.url, clock.now);
    const { signal } = new AbortController();
    await expect(numbers.acquire({ country: 'Atlantis' }, { signal })).rejects.toMatchObject({ kind: 'config' });
    await expect(numbers.acquire({ country, service: ' ' }, { signal })).rejects.toMatchObject({ kind: 'config' });
  });
});
