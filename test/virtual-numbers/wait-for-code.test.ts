import { describe, expect, test } from 'vitest';
import { CodeNotReceivedError, VirtualNumberError, type VirtualNumberErrorKind } from '../../src/errors.ts';
import { waitForCode, type PollEvent, type WaitForCodeOptions } from '../../src/virtual-numbers/wait-for-code.ts';
import type { Poll } from '../../src/virtual-numbers/virtual-number.ts';
import { localeTexts } from '../../src/texts/locales.ts';
import { oneText } from '../one-text.ts';
import { lease, never, received, scriptedProvider, steppingTime, waiting } from './scripted-provider.ts';

const failed = (kind: VirtualNumberErrorKind, retryAfterSeconds?: number) =>
  new VirtualNumberError(kind, `scripted is ${kind}.`, { retryAfterSeconds });

type Script = Parameters<typeof scriptedProvider>[0]['poll'];

/** Waits for a code of a provider that answers so, in time that takes none. */
async function wait(poll: Script, options: WaitForCodeOptions = {}, pollMs = 1_000) {
  const time = steppingTime();
  const beganAtMs = time.now();
  const scripted = scriptedProvider({ poll: poll ?? [] }, { pollMs, acquiresPerMinute: 5 }).timedBy(
    () => time.now() - beganAtMs,
  );
  const events: PollEvent[] = [];
  const came = await waitForCode(scripted.provider, lease, {
    ...time.options,
    onPoll: (event) => events.push(event),
    ...options,
  }).catch((error: unknown) => error);
  return { came, events, ...scripted, ...time, tookMs: time.now() - beganAtMs };
}

describe('it polls', () => {
  test('first after 3 seconds, then after 3, 5 and 8, and then every 8', async () => {
    const { polledAtMs } = await wait([waiting], { timeoutMs: 60_000 });
    expect(polledAtMs).toEqual([3, 6, 11, 19, 27, 35, 43, 51, 60].map((seconds) => seconds * 1_000));
  });

  test('with pauses of a fifth more or less, but for the first', async () => {
    const least = await wait([waiting], { timeoutMs: 60_000, chance: () => 0 });
    expect(least.sleptMs.slice(0, 5)).toEqual([3_000, 2_400, 4_000, 6_400, 6_400]);
    const most = await wait([waiting], { timeoutMs: 60_000, chance: () => 0.999_999 });
    expect(most.sleptMs.slice(0, 5)).toEqual([3_000, 3_600, 6_000, 9_600, 9_600]);
  });

  test('never faster than the pace of the provider, whatever chance says', async () => {
    const { polledAtMs } = await wait([waiting], { timeoutMs: 60_000, chance: () => 0 }, 7_000);
    const pauses = polledAtMs.slice(1).map((atMs, index) => atMs - (polledAtMs[index] ?? 0));
    expect(Math.min(...pauses)).toBe(7_000);
  });

  test('as it is told to', async () => {
    const { polledAtMs } = await wait([waiting], { timeoutMs: 1_000, sleepsMs: [0, 300] }, 0);
    expect(polledAtMs).toEqual([0, 300, 600, 900, 1_000]);
  });

  test('not before a provider that wants fewer calls wants them: 10 seconds where it does not say', async () => {
    const script = [failed('rate_limited'), failed('rate_limited', 20), failed('unavailable', 15), waiting];
    const { polledAtMs } = await wait(script, { timeoutMs: 60_000 });
    expect(polledAtMs.slice(0, 4)).toEqual([3_000, 13_000, 33_000, 48_000]);
  });

  test('a Retry-After shorter than its own pause changes nothing', async () => {
    const { polledAtMs } = await wait([failed('rate_limited', 1), waiting], { timeoutMs: 60_000 });
    expect(polledAtMs[1]).toBe(6_000);
  });
});

describe('it ends', () => {
  test('with the code, the text, who sent it, and how it came', async () => {
    const { came, polledAtMs } = await wait([waiting, received('493817 is your Acme code.')]);
    expect(came).toEqual({
      code: '493817',
      text: '493817 is your Acme code.',
      from: 'Acme',
      polls: 2,
      waitedMs: 6_000,
    });
    expect(polledAtMs).toHaveLength(2);
  });

  test('when the time is up, with a last poll then', async () => {
    const { came, polledAtMs, tookMs } = await wait([waiting], { timeoutMs: 20_500 });
    expect(came).toBeInstanceOf(CodeNotReceivedError);
    expect(polledAtMs.at(-1)).toBe(20_500);
    expect(tookMs).toBe(20_500);
  });

  test('with a code that is there at the last poll', async () => {
    const script = [waiting, waiting, received('Your code is 493817')];
    expect((await wait(script, { timeoutMs: 10_000 })).came).toMatchObject({ code: '493817', waitedMs: 10_000 });
  });

  test('after 180 seconds when nothing else is said', async () => {
    const { came, tookMs } = await wait([waiting]);
    expect(tookMs).toBe(180_000);
    expect(came).toMatchObject({ waitedMs: 180_000 });
  });

  test('with one poll where the time is shorter than the first pause', async () => {
    const { polledAtMs, came } = await wait([waiting], { timeoutMs: 500 });
    expect(polledAtMs).toEqual([500]);
    expect(came).toMatchObject({ code: 'code_not_received', polls: 1 });
  });

  test('at once where the provider allows no call before the time is up', async () => {
    const { polledAtMs, tookMs, came } = await wait([failed('rate_limited', 3_600)]);
    expect(came).toBeInstanceOf(CodeNotReceivedError);
    expect([polledAtMs, tookMs]).toEqual([[3_000], 3_000]);
  });

  test.each<VirtualNumberErrorKind>(['auth', 'config', 'funds', 'protocol'])(
    'at once at an error of the kind %s',
    async (kind) => {
      const { came, polledAtMs } = await wait([waiting, failed(kind), received('Your code is 493817')]);
      expect(came).toMatchObject({ code: 'virtual_number_error', kind });
      expect(polledAtMs).toHaveLength(2);
    },
  );

  test.each<VirtualNumberErrorKind>(['unavailable', 'rate_limited'])('not at an error of the kind %s', async (kind) => {
    const { came } = await wait([failed(kind), failed(kind), received('Your code is 493817')]);
    expect(came).toMatchObject({ code: '493817', polls: 3 });
  });

  test('when the lease is lost, and says so', async () => {
    const { came, polledAtMs } = await wait([waiting, { state: 'lost', answer: 'STATUS_CANCEL' }]);
    expect(came).toBeInstanceOf(VirtualNumberError);
    expect(came).toMatchObject({ kind: 'no_numbers', message: expect.stringContaining('STATUS_CANCEL') as string });
    expect(String(came)).toContain('+1••••••0143');
    expect(polledAtMs).toHaveLength(2);
  });

  test('with what the provider threw that is no error of its kind', async () => {
    const fault = new TypeError('a fault of the program');
    expect((await wait([fault])).came).toBe(fault);
  });
});

describe('the code is found', () => {
  const code = '493817';

  test.each([
    '493817 is your Acme code. Never share it.',
    '493817 ist dein Code für Acme. Gib ihn nicht weiter.',
    'Tu código de Acme es 493817. No lo compartas.',
    '【Acme】您的验证码是493817，请勿告知他人。',
    'Acmeの認証コードは493817です。',
    '493817 هو رمز Acme الخاص بك.',
    'आपका Acme कोड 493817 है।',
    'Acme: ваш код 493817. Никому его не сообщайте.',
    'รหัส Acme ของคุณคือ 493817',
    '493-817 è il tuo codice Acme',
    '<#> Your code: 493817\nFA+9qCX9VSu',
  ])('in %j', async (text) => {
    expect((await wait([received(text)])).came).toMatchObject({ code, text });
  });

  test.each([...localeTexts.keys()])('in our own text in %s', async (locale) => {
    const { text } = oneText({ code, brand: 'Acme', origin: 'example.com', locale });
    expect((await wait([received(text)])).came).toMatchObject({ code, text });
  });

  const texts: [string, Poll, object][] = [
    [
      'in the newest text that has one',
      received('code 111222', 'code 493817', 'Thank you!'),
      { code, text: 'code 493817' },
    ],
    [
      'in the text before what the provider says',
      { state: 'received', texts: [{ code: '5571', text: 'Order 5571: code 493817', from: null }] },
      { code },
    ],
    [
      'in what the provider says, where the text has none',
      { state: 'received', texts: [{ code, text: 'see the app', from: null }] },
      { code, text: 'see the app' },
    ],
    ['in what the provider says, where it tells no text', received({ code }), { code, text: null }],
    ['without the hyphen of the provider', received({ code: '493-817' }), { code }],
    ['with its letters', received({ code: 'AB12CD' }), { code: 'AB12CD' }],
  ];
  test.each(texts)('%s', async (_name, poll, expected) => {
    expect((await wait([poll])).came).toMatchObject(expected);
  });

  test('and a text without one is waited through', async () => {
    const { came, events } = await wait([
      received('Welcome to Acme!'),
      received({ code: '' }),
      received('Welcome!', 'Your code is 493817'),
    ]);
    expect(came).toMatchObject({ code, polls: 3 });
    expect(events[0]?.answer).toBe('a text without a code');
  });
});

describe('a signal', () => {
  const reason = new Error('Ctrl-C');

  test('that has aborted ends it before it begins', async () => {
    const { came, polledAtMs, sleptMs } = await wait([waiting], { signal: AbortSignal.abort(reason) });
    expect(came).toBe(reason);
    expect([polledAtMs, sleptMs]).toEqual([[], []]);
  });

  test('ends a sleep at once, whether or not the sleep heeds it', async () => {
    const controller = new AbortController();
    const { came } = await wait([waiting], {
      signal: controller.signal,
      wait() {
        queueMicrotask(() => controller.abort(reason));
        return never();
      },
    });
    expect(came).toBe(reason);
  });

  test('ends a sleep of the system at once', async () => {
    const controller = new AbortController();
    const { provider } = scriptedProvider({});
    const waited = waitForCode(provider, lease, { signal: controller.signal });
    controller.abort(reason);
    await expect(waited).rejects.toBe(reason);
  });

  test('ends a poll at once, whether or not the provider heeds it', async () => {
    const controller = new AbortController();
    const { came } = await wait(
      [
        () => {
          queueMicrotask(() => controller.abort(reason));
          return never();
        },
      ],
      { signal: controller.signal },
    );
    expect(came).toBe(reason);
  });

  test('ends it whatever its reason is', async () => {
    const controller = new AbortController();
    const unavailable = failed('unavailable');
    const { came, polledAtMs } = await wait(
      [
        () => {
          queueMicrotask(() => controller.abort(unavailable));
          return never();
        },
        waiting,
      ],
      { signal: controller.signal },
    );
    expect(came).toBe(unavailable);
    expect(polledAtMs).toHaveLength(1);
  });

  test('reaches the provider', async () => {
    const controller = new AbortController();
    let heard: unknown;
    await wait(
      [
        async (signal) => {
          controller.abort(reason);
          heard = signal.reason;
          return waiting;
        },
      ],
      { signal: controller.signal },
    );
    expect(heard).toBe(reason);
  });
});

test('a poll that is under way when the time is up is cut off', async () => {
  const hanging = [
    (signal: AbortSignal) =>
      new Promise<Poll>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  ];
  // By the system's timer, since a call takes real time.
  const { came, polledAtMs } = await wait(hanging, { timeoutMs: 1_080, sleepsMs: [1_000] }, 10);
  expect(came).toBeInstanceOf(CodeNotReceivedError);
  expect(polledAtMs[0]).toBe(1_000);
  expect(came).toMatchObject({ lastAnswer: expect.stringContaining('time was up') as string });
});

describe('what it tells', () => {
  test('each poll, with what came of it', async () => {
    const { events } = await wait([waiting, failed('unavailable'), received('Your code is 493817')]);
    expect(events).toEqual([
      { polls: 1, waitedMs: 3_000, answer: 'no code was received yet' },
      { polls: 2, waitedMs: 6_000, answer: 'scripted is unavailable.' },
      { polls: 3, waitedMs: 11_000, answer: 'a text with a code' },
    ]);
  });

  test('what was tried when no code came, and what to do', async () => {
    const { came } = await wait([waiting], { timeoutMs: 60_000 });
    expect(came).toMatchObject({
      provider: 'scripted',
      to: '+1••••••0143',
      waitedMs: 60_000,
      polls: 9,
      lastAnswer: 'no code was received yet',
    });
    const { message } = came as CodeNotReceivedError;
    for (const part of [
      'scripted',
      '+1••••••0143',
      '60 s',
      '9 polls',
      'no code was received yet',
      'check',
      'another number',
      'inbox',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('2025550143');
    expect(message.length).toBeLessThan(450);
  });
});

test('a clock may tell fractions of a millisecond', async () => {
  const time = steppingTime();
  const scripted = scriptedProvider({ poll: [waiting, received('493817 is your code.')] });
  const clock = (): number => time.now() + 0.25 * time.sleptMs.length;
  const came = await waitForCode(scripted.provider, lease, { ...time.options, clock, timeoutMs: 60_000.5 });
  expect(came.code).toBe('493817');
});
