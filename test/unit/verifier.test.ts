import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createVerifier,
  ConfigurationError,
  DeliveryError,
  InvalidRequestError,
  ProviderError,
  StoreError,
  type ProviderErrorKind,
  type StartResult,
  type Store,
  type Verifier,
  type VerifierEvent,
  type VerifierOptions,
} from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

const secret = randomBytes(32);
const to = '+12025550143';
const minuteMs = 60_000;

function setUp(options: Partial<VerifierOptions> = {}) {
  const clock = virtualClock();
  const store = memoryStore({ clock: clock.now });
  const provider = recordingProvider();
  const events: VerifierEvent[] = [];
  const parts = { secret, store, provider, onEvent: (event: VerifierEvent) => void events.push(event) };
  const verifier = createVerifier({ ...parts, ...options });
  return { clock, store, provider, events, verifier };
}

function pending(result: StartResult) {
  if (result.status !== 'pending') throw new Error(`not sent: ${result.status}`);
  return result;
}

/** A code that is not the one given. */
const wrong = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

async function startTwice(verifier: Verifier) {
  return [pending(await verifier.start({ to })), pending(await verifier.start({ to }))] as const;
}

test('every spelling of a number is one number', async () => {
  const { verifier, provider } = setUp({ defaultCountry: 'US' });
  const first = pending(await verifier.start({ to: '(202) 555-0143' }));
  const second = pending(await verifier.start({ to: '+1 202.555.0143', country: 'DE' }));
  expect([first.verification.to, second.verification.id]).toEqual([to, first.verification.id]);
  expect(provider.messages.map((message) => message.to)).toEqual([to, to]);
});

test('starting again repeats id and code, and says that it is no new verification', async () => {
  const { verifier, provider } = setUp();
  const [first, second] = await startTwice(verifier);
  expect([first.created, second.created]).toEqual([true, false]);
  expect(second.verification.id).toBe(first.verification.id);
  expect(provider.messages[1]?.code).toBe(provider.messages[0]?.code);
  expect(provider.messages[1]?.reference).not.toBe(provider.messages[0]?.reference);
  expect(second.verification.deliveries).toHaveLength(2);
});

test("with resend: 'new_code' starting again supersedes: the old code and id are dead, the new ones live", async () => {
  const { verifier, provider } = setUp({ policy: { resend: 'new_code' } });
  const [first, second] = await startTwice(verifier);
  const [old, fresh] = provider.messages.map(({ code }) => code);
  expect(second.created).toBe(true);
  expect((await verifier.check({ id: first.verification.id, code: old! })).status).toBe('verification_superseded');
  if (old !== fresh) expect((await verifier.check({ to, code: old! })).status).toBe('incorrect_code');
  expect((await verifier.check({ id: second.verification.id, code: fresh! })).status).toBe('approved');
});

test("another tenant's id, number and code are unknown", async () => {
  const { verifier, provider } = setUp();
  const { verification } = pending(await verifier.start({ to, tenant: 'a' }));
  const code = provider.messages[0]!.code;
  for (const target of [{ id: verification.id }, { to }]) {
    expect((await verifier.check({ ...target, tenant: 'b', code })).status).toBe('verification_not_found');
    expect((await verifier.find({ ...target, tenant: 'b' })).status).toBe('verification_not_found');
    expect((await verifier.cancel({ ...target, tenant: 'b' })).status).toBe('verification_not_found');
  }
  expect((await verifier.check({ id: verification.id, tenant: 'a', code })).status).toBe('approved');
  expect((await verifier.lookup({ to, tenant: 'b' })).status).toBe('unverified');
});

test('a code for one purpose is worth nothing for another, and each purpose has its own verification', async () => {
  const { verifier, provider } = setUp({ policy: { resend: 'new_code' } });
  await verifier.start({ to, purpose: 'sign-in' });
  await verifier.start({ to, purpose: 'withdrawal' });
  const [signIn, withdrawal] = provider.messages.map(({ code }) => code);
  if (signIn !== withdrawal) {
    expect((await verifier.check({ to, purpose: 'withdrawal', code: signIn! })).status).toBe('incorrect_code');
  }
  expect((await verifier.check({ to, code: signIn! })).status).toBe('verification_not_found');
  expect(await verifier.check({ to, purpose: 'sign-in', code: signIn! })).toMatchObject({
    status: 'approved',
    verification: { purpose: 'sign-in', to },
  });
});

test('a malformed code spends nothing, whatever is wrong with it', async () => {
  const { verifier } = setUp();
  const { verification } = pending(await verifier.start({ to }));
  for (const code of [
    '',
    '12345',
    '1234567',
    '12345a',
    '１２３４５６',
    ' 123456',
    '123456\n',
    '0x1234',
    '1'.repeat(50_000),
  ]) {
    expect((await verifier.check({ id: verification.id, code })).status).toBe('invalid_request');
  }
  expect(await verifier.find({ id: verification.id })).toMatchObject({ verification: { checksLeft: 5 } });
});

test.each([[['493027']], [493027], [true], [null], [undefined], [{}], [{ toString: () => '493027' }]])(
  'a code that is %j is a fault of the program and spends nothing',
  async (code) => {
    const { verifier } = setUp();
    const { verification } = pending(await verifier.start({ to }));
    await expect(verifier.check({ id: verification.id, code } as never)).rejects.toThrow(InvalidRequestError);
    expect(await verifier.find({ id: verification.id })).toMatchObject({ verification: { checksLeft: 5 } });
  },
);

test.each([
  [{}],
  [{ to: 12025550143 }],
  [{ to: null }],
  [{ to, tenant: '' }],
  [{ to, tenant: 'a/b' }],
  [{ to, purpose: 'Sign In' }],
  [{ to, purpose: '12025550143' }],
  [{ to, purpose: ['default'] }],
  [{ to, channel: 'pigeon' }],
  [{ to, locale: 'en; drop' }],
  [{ to, country: 'USA' }],
  [{ to, country: 'XX' }],
  [{ to, code: '123456' }],
])('start(%j) is a fault of the program and sends nothing', async (call) => {
  const { verifier, provider } = setUp();
  await expect(verifier.start(call as never)).rejects.toThrow(InvalidRequestError);
  expect(provider.messages).toHaveLength(0);
});

test("the caller's own code is sent where the policy allows it, and a different one later supersedes it", async () => {
  const { verifier, provider } = setUp({ policy: { allowOwnCode: true } });
  await verifier.start({ to, code: '0042' });
  await verifier.start({ to, code: '98765432' });
  expect(provider.messages.map(({ code }) => code)).toEqual(['0042', '98765432']);
  expect((await verifier.check({ to, code: '0042' })).status).toBe('invalid_request');
  expect((await verifier.check({ to, code: '98765432' })).status).toBe('approved');
});

test('numbers of countries and kinds that the policy leaves out are refused before anything is sent', async () => {
  const { verifier, provider } = setUp({ policy: { countries: ['DE'] } });
  expect((await verifier.start({ to })).status).toBe('destination_not_allowed');
  const open = setUp();
  for (const line of ['+442079460958', '+448712345678', '+18002345678']) {
    expect((await open.verifier.start({ to: line })).status).toBe('destination_not_allowed');
  }
  expect([...provider.messages, ...open.provider.messages]).toHaveLength(0);
});

test('the policy can be another for each tenant, purpose and country', async () => {
  const { verifier, provider } = setUp({
    policy: ({ tenant, purpose, country }) => ({
      codeLength: tenant === 'bank' && purpose === 'pay' && country === 'US' ? 8 : 4,
    }),
  });
  await verifier.start({ to, tenant: 'bank', purpose: 'pay' });
  await verifier.start({ to });
  expect(provider.messages.map(({ code }) => code.length)).toEqual([8, 4]);
});

test.each<[ProviderErrorKind, 'delivery_failed' | 'provider_unavailable']>([
  ['filtered', 'delivery_failed'],
  ['temporary', 'provider_unavailable'],
  ['rate_limited', 'provider_unavailable'],
  ['auth', 'provider_unavailable'],
  ['config', 'provider_unavailable'],
  ['funds', 'provider_unavailable'],
])('a first text refused as %s: %s, the verification failed and its send is not counted', async (kind, code) => {
  const { verifier, provider } = setUp();
  for (let i = 0; i < 5; i++) {
    provider.script(new ProviderError(kind, 'no', { retryAfterSeconds: 7 }));
    const error = await verifier.start({ to }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeliveryError);
    const { verificationId } = error as DeliveryError;
    expect(error).toMatchObject({ code, kind, retryAfterSeconds: 7 });
    expect(await verifier.find({ id: verificationId })).toMatchObject({ verification: { status: 'failed' } });
    const lost = provider.messages.at(-1)!.code;
    expect((await verifier.check({ id: verificationId, code: lost })).status).toBe('verification_failed');
  }
  expect(pending(await verifier.start({ to })).verification.sendsLeft).toBe(2);
});

test.each<[ProviderErrorKind, string]>([
  ['invalid_number', 'invalid_phone_number'],
  ['not_sms_capable', 'invalid_phone_number'],
  ['opted_out', 'destination_not_allowed'],
  ['blocked_destination', 'destination_not_allowed'],
])('a number that the provider refuses as %s is %s', async (kind, status) => {
  const { verifier, provider } = setUp();
  provider.script(new ProviderError(kind, 'no'));
  expect((await verifier.start({ to })).status).toBe(status);
  expect(pending(await verifier.start({ to })).verification.sendsLeft).toBe(2);
});

test('a refused repeat is an error, and the pending code stays good', async () => {
  const { verifier, provider } = setUp();
  const { verification } = pending(await verifier.start({ to }));
  provider.script(new ProviderError('temporary', 'no'));
  await expect(verifier.start({ to })).rejects.toThrow(DeliveryError);
  expect(await verifier.find({ id: verification.id })).toMatchObject({
    verification: { status: 'pending', sendsLeft: 2, deliveries: [{ status: 'accepted' }, { status: 'rejected' }] },
  });
  expect((await verifier.check({ to, code: provider.messages[0]!.code })).status).toBe('approved');
});

test('an ambiguous outcome is no error: the text may arrive, so its code is good and its send counts', async () => {
  const { verifier, provider } = setUp();
  provider.script(new ProviderError('ambiguous', 'cut off'), new TypeError('bug'));
  const [first, second] = await startTwice(verifier);
  expect(second.verification.sendsLeft).toBe(1);
  await verifier.idle();
  expect(await verifier.find({ id: first.verification.id })).toMatchObject({
    verification: { deliveries: [{ status: 'unknown' }, { status: 'unknown' }] },
  });
  expect((await verifier.check({ to, code: provider.messages[0]!.code })).status).toBe('approved');
});

test('a slow provider is waited for as long as its own time-out says; when it says yes later, that is written down', async () => {
  const { verifier, provider } = setUp();
  let accept: (value: { messageId: string }) => void = () => {};
  provider.script(() => new Promise((resolve) => (accept = resolve)));
  const impatient = setUp({ provider: { ...provider, timeoutMs: 15, send: provider.send } });
  const { verification } = pending(await impatient.verifier.start({ to }));
  expect(verification.deliveries).toMatchObject([{ status: 'unknown' }]);
  accept({ messageId: 'late' });
  await new Promise(setImmediate);
  await impatient.verifier.idle();
  expect(await impatient.verifier.find({ id: verification.id })).toMatchObject({
    verification: { deliveries: [{ status: 'accepted' }] },
  });
  expect(await verifier.find({ id: verification.id })).toMatchObject({ status: 'verification_not_found' });
});

test('the store is down: nothing is sent, nothing is approved, and the error is its own', async () => {
  const store = memoryStore();
  const down = () => Promise.reject(new StoreError('down'));
  const { verifier, provider } = setUp({ store: { ...store, begin: down, check: down } });
  await expect(verifier.start({ to })).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(verifier.check({ to, code: '123456' })).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(provider.messages).toHaveLength(0);
});

test('an outcome that cannot be written down does not take the answer back', async () => {
  const store = memoryStore();
  const { verifier, events, provider } = setUp({
    store: { ...store, settle: () => Promise.reject(new StoreError('down')) },
  });
  const { verification } = pending(await verifier.start({ to }));
  await verifier.idle();
  expect(events.map(({ type }) => type)).toContain('settle.failed');
  expect((await verifier.check({ id: verification.id, code: provider.messages[0]!.code })).status).toBe('approved');
});

test('resendAt advises half a minute, and tells the truth when no send is left', async () => {
  const { verifier, clock } = setUp();
  const startMs = clock.now();
  expect(pending(await verifier.start({ to })).verification.resendAt.getTime()).toBe(startMs + 30_000);
  clock.advance(minuteMs);
  await verifier.start({ to });
  const third = pending(await verifier.start({ to })).verification;
  expect([third.sendsLeft, third.resendAt.getTime()]).toEqual([0, startMs + 10 * minuteMs]);
  expect(await verifier.start({ to })).toMatchObject({
    status: 'rate_limited',
    limit: 'sends',
    retryAfterSeconds: 540,
  });
});

test('Retry-After is rounded up: waiting so long is enough, a second less is not', async () => {
  const { verifier, clock } = setUp();
  for (let i = 0; i < 3; i++) pending(await verifier.start({ to }));
  clock.advance(1);
  const refused = await verifier.start({ to });
  if (refused.status !== 'rate_limited') throw new Error('not limited');
  expect(refused.retryAfterSeconds).toBe(600);
  clock.advance(599_000 - 1);
  expect((await verifier.start({ to })).status).toBe('rate_limited');
  clock.advance(1_000);
  pending(await verifier.start({ to }));
});

test('five wrong codes end a verification, and ten in a day are refused before a text is paid for', async () => {
  const { verifier, provider } = setUp();
  for (let round = 0; round < 2; round++) {
    const { verification } = pending(await verifier.start({ to }));
    const code = provider.messages.at(-1)!.code;
    for (let left = 4; left >= 0; left--) {
      expect(await verifier.check({ id: verification.id, code: wrong(code) })).toMatchObject({
        status: 'incorrect_code',
        checksLeft: left,
      });
    }
    expect(await verifier.check({ id: verification.id, code })).toMatchObject({
      status: 'too_many_checks',
      scope: 'verification',
    });
    expect((await verifier.check({ to, code })).status).toBe('verification_not_found');
  }
  expect(await verifier.start({ to })).toMatchObject({
    status: 'too_many_checks',
    scope: 'number',
    retryAfterSeconds: 86_400,
  });
  expect(provider.messages).toHaveLength(2);
});

test('approve, cancel, lookup, unlock and erase do what they say, by id and by number', async () => {
  const { verifier } = setUp();
  const first = pending(await verifier.start({ to })).verification;
  expect((await verifier.cancel({ to })).status).toBe('canceled');
  expect((await verifier.cancel({ id: first.id })).status).toBe('canceled');
  expect((await verifier.approve({ id: first.id })).status).toBe('verification_canceled');
  const second = pending(await verifier.start({ to })).verification;
  expect((await verifier.approve({ id: second.id })).status).toBe('approved');
  expect((await verifier.approve({ to })).status).toBe('approved');
  expect(await verifier.lookup({ to: '1 202 555 0143', country: 'US' })).toMatchObject({ status: 'verified', to });
  expect((await verifier.unlock({ to })).status).toBe('unlocked');
  expect((await verifier.erase({ to })).status).toBe('erased');
  expect((await verifier.lookup({ to })).status).toBe('unverified');
  expect((await verifier.find({ id: second.id })).status).toBe('verification_not_found');
});

test('no event and no error holds a code, a full number or a secret', async () => {
  const { verifier, provider, events } = setUp();
  const thrown: unknown[] = [];
  const { verification } = pending(await verifier.start({ to, purpose: 'sign-in' }));
  const code = provider.messages[0]!.code;
  await verifier.check({ to, purpose: 'sign-in', code: wrong(code) });
  await verifier.check({ id: verification.id, code });
  await verifier.start({ to: 'call me' });
  await verifier.start({ to: '+442079460958' });
  provider.script(new ProviderError('funds', 'empty'));
  await verifier.start({ to }).catch((error: unknown) => thrown.push(error));
  await verifier.start({ to, tenant: `${to}/` }).catch((error: unknown) => thrown.push(error));
  await verifier.idle();
  expect(events.length).toBeGreaterThan(6);
  expect(thrown).toHaveLength(2);
  const everything = JSON.stringify([events, thrown.map((error) => [String(error), (error as Error).stack, error])]);
  for (const { code: sent } of provider.messages) expect(everything).not.toMatch(new RegExp(`\\b${sent}\\b`));
  for (const canary of ['2025550143', '2079460958', secret.toString('hex'), secret.toString('base64')]) {
    expect(everything).not.toContain(canary);
  }
});

test('what is given for an id stands in no event, unless it is one', async () => {
  const { verifier, events } = setUp();
  for (const id of [to, '493817']) {
    expect((await verifier.check({ id, code: '493817' })).status).toBe('verification_not_found');
  }
  expect(events.map((event) => 'id' in event && event.id)).toEqual([null, null]);
});

test('what a policy function says of a purpose holds for checks by id too', async () => {
  const { verifier, provider } = setUp({
    policy: ({ purpose }) => (purpose === 'withdrawal' ? { maxChecks: 1, verifiedSeconds: 0 } : {}),
  });
  const first = pending(await verifier.start({ to, purpose: 'withdrawal' })).verification;
  const code = provider.messages[0]!.code;
  expect(await verifier.check({ id: first.id, code: wrong(code) })).toMatchObject({ checksLeft: 0 });
  expect((await verifier.check({ id: first.id, code })).status).toBe('too_many_checks');
  const second = pending(await verifier.start({ to, purpose: 'withdrawal' })).verification;
  expect((await verifier.check({ id: second.id, code: provider.messages[1]!.code })).status).toBe('approved');
  expect((await verifier.lookup({ to })).status).toBe('unverified');
});

test('a provider that refuses one number over and over is not asked without end', async () => {
  const { verifier, provider, clock } = setUp();
  const refusals = Array.from({ length: 20 }, () => new ProviderError('opted_out', 'no'));
  provider.script(...refusals);
  const statuses: string[] = [];
  for (let i = 0; i < 20; i++) statuses.push((await verifier.start({ to })).status);
  expect(statuses.filter((status) => status === 'destination_not_allowed')).toHaveLength(13);
  expect(await verifier.start({ to })).toMatchObject({ status: 'rate_limited', limit: 'attempts' });
  clock.advance(10 * minuteMs);
  expect((await verifier.start({ to })).status).toBe('destination_not_allowed');
});

test('an id that was tampered with leads nowhere, and approves nothing by itself', async () => {
  const { verifier, provider } = setUp();
  const { id } = pending(await verifier.start({ to })).verification;
  const forged = id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A');
  expect((await verifier.find({ id: forged })).status).toBe('verification_not_found');
  expect((await verifier.check({ id: forged, code: provider.messages[0]!.code })).status).not.toBe('approved');
});

test('a listener that rejects changes nothing', async () => {
  const { verifier } = setUp({
    async onEvent() {
      throw new Error('listener');
    },
  });
  pending(await verifier.start({ to }));
  // An unhandled rejection would fail the run.
  await new Promise(setImmediate);
});

test('a listener that throws changes nothing', async () => {
  const { verifier } = setUp({
    onEvent() {
      throw new Error('listener');
    },
  });
  pending(await verifier.start({ to }));
});

test.each(['XX', 'us', ''])('default country %j is refused', (defaultCountry) => {
  expect(() => setUp({ defaultCountry })).toThrow(ConfigurationError);
});

test.each([[''], [' Acme'], ['Acme\nInc'], ['@acme'], ['a'.repeat(41)]])('brand %j is refused', (brand) => {
  expect(() => setUp({ brand })).toThrow(ConfigurationError);
});

/** A store whose database is the caller's too, as far as a verifier sees: what happens in a transaction is seen by the store as well. */
function storeWithin() {
  const memory = memoryStore();
  const transactions: unknown[] = [];
  const store: Store = {
    ...memory,
    check: () => Promise.reject(new Error('on its own')),
    approve: () => Promise.reject(new Error('on its own')),
    within(transaction) {
      transactions.push(transaction);
      return { check: (request) => memory.check(request), approve: (target) => memory.approve(target) };
    },
  };
  return { store, transactions };
}

test('a check and an approval take part in a transaction of the caller', async () => {
  const { store, transactions } = storeWithin();
  const { verifier, provider } = setUp({ store });
  await verifier.start({ to });
  const transaction = { client: 1 };
  expect((await verifier.check({ to, code: provider.messages[0]!.code, transaction })).status).toBe('approved');
  await verifier.start({ to });
  expect((await verifier.approve({ to, transaction })).status).toBe('approved');
  expect(transactions).toEqual([transaction, transaction]);
  await expect(verifier.check({ to, code: '123456' })).rejects.toThrow('on its own');
  await expect(verifier.approve({ to })).rejects.toThrow('on its own');
});

test('a transaction given to a store that takes none is a fault of the program, and spends nothing', async () => {
  const { verifier } = setUp();
  const { verification } = pending(await verifier.start({ to }));
  for (const call of [
    verifier.check({ to, code: '123456', transaction: {} }),
    verifier.check({ id: 'nothing', code: '123456', transaction: null }),
    verifier.approve({ to, transaction: {} }),
  ]) {
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors.map(({ pointer }) => pointer)).toEqual(['/transaction']);
  }
  expect(await verifier.find({ id: verification.id })).toMatchObject({
    verification: { checksLeft: 5, status: 'pending' },
  });
});

test('a verifier is idle only when what was asked of it is answered', async () => {
  const { provider, verifier } = setUp();
  const { promise, resolve } = Promise.withResolvers<{ messageId: string }>();
  provider.script(() => promise);
  let isAnswered = false;
  void verifier.start({ to }).then(() => (isAnswered = true));
  const idle = verifier.idle();
  resolve({ messageId: '1' });
  await idle;
  expect(isAnswered).toBe(true);
});
