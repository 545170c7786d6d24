import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  ConfigurationError,
  createVerifier,
  InvalidRequestError,
  type Provider,
  type StartResult,
  type TestNumbersOptions,
  type VerifierEvent,
  type VerifierOptions,
} from '../../src/index.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

const american = '+12025550143';
const british = '+447700900123';
const code = '424242';
const britishCode = '105827';
const dayMs = 86_400_000;
const secret = randomBytes(32);

/** Whoever is asked here was asked to send a text to a test number. */
const never: Provider = {
  name: 'never',
  channels: ['sms'],
  async send() {
    throw new Error('A provider was asked.');
  },
};

function setUp({
  endsAfterMs = 30 * dayMs,
  testNumbers,
  ...options
}: Partial<Omit<VerifierOptions, 'testNumbers'>> & {
  endsAfterMs?: number;
  testNumbers?: Partial<TestNumbersOptions>;
} = {}) {
  const clock = virtualClock();
  const until = new Date(clock.now() + endsAfterMs);
  const codes = { [american]: code, [british]: britishCode };
  const events: VerifierEvent[] = [];
  const parts = {
    secret,
    store: memoryStore({ clock: clock.now }),
    provider: never,
    defaultCountry: 'US',
    onEvent: (event: VerifierEvent) => void events.push(event),
    ...options,
  };
  /** The same store and secret under another configuration, as after a restart. */
  const restart = (changes: Partial<TestNumbersOptions> | null, more: Partial<VerifierOptions> = {}) =>
    createVerifier({
      ...parts,
      ...more,
      ...(changes && { testNumbers: { codes, until, clock: clock.now, ...testNumbers, ...changes } }),
    });
  return { clock, store: parts.store, events, restart, until, verifier: restart({}) };
}

function pending(result: StartResult) {
  if (result.status !== 'pending') throw new Error(`not started: ${result.status}`);
  return result;
}

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

test('a test number is verified by its fixed code, says so everywhere, and no provider is asked', async () => {
  const { verifier, events } = setUp();
  const { verification, created, notice } = pending(await verifier.start({ to: american }));
  expect({ created, verification }).toMatchObject({
    created: true,
    verification: { to: american, test: true, status: 'pending', sendsLeft: 2, checksLeft: 5 },
  });
  expect(verification.deliveries).toEqual([{ provider: 'test_number', status: 'delivered', at: expect.any(Date) }]);
  expect(notice).not.toMatch(/sent a code|424242/);
  await verifier.idle();
  const { id } = verification;
  expect(await verifier.find({ id })).toMatchObject({
    verification: { test: true, deliveries: [{ provider: 'test_number', status: 'delivered' }] },
  });
  expect(await verifier.find({ to: american })).toMatchObject({ verification: { id, test: true } });
  expect(await verifier.lookup({ to: american })).toEqual({ status: 'unverified', to: american, test: true });
  expect(await verifier.check({ id, code: '424243' })).toMatchObject({ status: 'incorrect_code', checksLeft: 4 });
  expect(await verifier.check({ id, code })).toMatchObject({ status: 'approved', verification: { test: true } });
  expect(await verifier.lookup({ to: american })).toMatchObject({ status: 'verified', to: american, test: true });
  expect(events.map(({ type }) => type)).toEqual(['verification.started', 'check.refused', 'verification.approved']);
  for (const event of events) expect(event).toMatchObject({ test: true });
});

test('other numbers pay for nothing and are marked nowhere', async () => {
  const provider = recordingProvider();
  const { verifier, events } = setUp({ provider });
  const { verification } = pending(await verifier.start({ to: '+12025550144' }));
  expect(verification.test).toBe(false);
  await verifier.check({ id: verification.id, code: '1' });
  expect((await verifier.check({ to: '+12025550144', code: provider.messages[0]!.code })).status).toBe('approved');
  expect(await verifier.lookup({ to: '+12025550144' })).toMatchObject({ status: 'verified', test: false });
  await verifier.idle();
  expect(events.length).toBeGreaterThan(2);
  for (const event of events) expect(event).not.toHaveProperty('test');
});

test.each([
  ['07700 900123', 'GB'],
  ['(07700) 900-123', 'gb'],
  ['+44 7700 900123', undefined],
  ['0044 (0)7700 900123', 'DE'],
  ['011 44 7700 900123', undefined],
])('every verb takes %j in %s for the test number that the plans call invalid', async (to, country) => {
  const { verifier } = setUp();
  const as = { to, ...(country !== undefined && { country }) };
  const { verification } = pending(await verifier.start(as));
  expect(verification.to).toBe(british);
  expect(await verifier.find(as)).toMatchObject({ verification: { id: verification.id } });
  expect((await verifier.cancel(as)).status).toBe('canceled');
  await verifier.start(as);
  expect((await verifier.approve(as)).status).toBe('approved');
  await verifier.start(as);
  expect((await verifier.check({ ...as, code: britishCode })).status).toBe('approved');
  expect((await verifier.lookup(as)).status).toBe('verified');
  expect(await verifier.unlock(as)).toEqual({ status: 'unlocked', to: british });
  expect(await verifier.erase(as)).toEqual({ status: 'erased', to: british });
  expect((await verifier.lookup(as)).status).toBe('unverified');
});

test.each([
  ['another number of the range', { to: '07700 900124', country: 'GB' }],
  ['the number with a digit more', { to: '+4477009001230' }],
  ['the number with an extension', { to: '07700 900123 ext. 1', country: 'GB' }],
  ['its digits in another country', { to: '07700 900123', country: 'DE' }],
  ['its digits in no country', { to: '7700900123' }],
])('%s is not the test number', async (_, call) => {
  const { verifier } = setUp();
  const { status } = await verifier.start(call);
  expect(['invalid_phone_number', 'destination_not_allowed']).toContain(status);
});

test('a number that is spelled in two ways is a test number in both', async () => {
  const testNumbers = { codes: { '+541123456789': code }, anyNumber: true };
  const { verifier } = setUp({ testNumbers });
  for (const to of ['+5491123456789', '+541123456789', '011 15 2345 6789']) {
    expect(await verifier.start({ to, country: 'AR' })).toMatchObject({
      verification: { to: '+5491123456789', test: true },
    });
  }
});

test("the policy's countries and lines do not hold for it, all limits do", async () => {
  const policy = { countries: ['DE'], lineTypes: ['mobile'] as const, maxSends: 2, maxSendsPerAddress: 3 };
  const { verifier } = setUp({ policy });
  const start = (to: string) => verifier.start({ to, ip: '203.0.113.9' });
  expect(await verifier.start({ to: '+12025550144' })).toMatchObject({ status: 'destination_not_allowed' });
  pending(await start(american));
  pending(await start(american));
  expect(await start(american)).toMatchObject({ status: 'rate_limited', limit: 'sends' });
  pending(await start(british));
  expect(await start(british)).toMatchObject({ status: 'rate_limited', limit: 'address' });
});

test('wrong codes end the verification and then the number, as of any other', async () => {
  const { verifier, events } = setUp({ policy: { maxSends: 10, maxWrongChecksPerDay: 7 } });
  const { verification } = pending(await verifier.start({ to: american }));
  for (const checksLeft of [4, 3, 2, 1, 0]) {
    expect(await verifier.check({ id: verification.id, code: '424243' })).toMatchObject({ checksLeft });
  }
  expect(await verifier.check({ id: verification.id, code })).toMatchObject({ status: 'too_many_checks' });
  await verifier.start({ to: american });
  await verifier.check({ to: american, code: '424243' });
  await verifier.check({ to: american, code: '424243' });
  expect(await verifier.check({ to: american, code })).toMatchObject({ status: 'too_many_checks', scope: 'number' });
  expect(await verifier.start({ to: american })).toMatchObject({ status: 'too_many_checks', limit: 'wrong_checks' });
  expect(events.at(-1)).toMatchObject({ type: 'start.refused', test: true });
});

test('the number is not locked by wrong codes that it got when it was none, and the other way round', async () => {
  const provider = recordingProvider();
  const { restart } = setUp({ provider, policy: { maxWrongChecksPerDay: 1, maxSends: 10 } });
  const [ordinary, testing] = [restart(null), restart({})];
  await ordinary.start({ to: american });
  await ordinary.check({ to: american, code: provider.messages[0]!.code === '000000' ? '000001' : '000000' });
  expect((await ordinary.start({ to: american })).status).toBe('too_many_checks');
  await testing.start({ to: american });
  expect((await testing.check({ to: american, code })).status).toBe('approved');
  expect((await ordinary.start({ to: american })).status).toBe('too_many_checks');
});

test('asking again is the same verification with the same code, and with new_code a new one with the same code', async () => {
  for (const resend of ['same_code', 'new_code'] as const) {
    const { verifier } = setUp({ policy: { resend } });
    const first = pending(await verifier.start({ to: american }));
    const second = pending(await verifier.start({ to: american }));
    expect(second.created).toBe(resend === 'new_code');
    expect(second.verification.id === first.verification.id).toBe(resend === 'same_code');
    expect(second.verification.deliveries.at(-1)).toMatchObject({ provider: 'test_number', status: 'delivered' });
    expect(await verifier.check({ id: second.verification.id, code })).toMatchObject({ status: 'approved' });
  }
});

test("a caller's own code is refused, whether the policy allows such codes or not", async () => {
  for (const allowOwnCode of [true, false]) {
    const { verifier } = setUp({ policy: { allowOwnCode } });
    const started = verifier.start({ to: american, code: '111111' });
    await expect(started).rejects.toThrow(InvalidRequestError);
    await expect(started).rejects.toMatchObject({ errors: [{ pointer: '/code' }] });
    expect(await verifier.find({ to: american })).toMatchObject({ status: 'verification_not_found' });
  }
});

test('a channel that no provider has is refused as ever', async () => {
  await expect(setUp().verifier.start({ to: american, channel: 'pigeon' })).rejects.toThrow(InvalidRequestError);
});

test('under a policy that is a function each code is as long as it is', async () => {
  const policy = ({ tenant }: { tenant: string }) => ({ codeLength: tenant === 'a' ? 4 : 8 });
  const { verifier } = setUp({ policy });
  for (const tenant of ['a', 'b']) {
    await verifier.start({ to: american, tenant });
    expect(await verifier.check({ to: american, tenant, code: '4242' })).toMatchObject({ status: 'invalid_request' });
    expect(await verifier.check({ to: american, tenant, code })).toMatchObject({ status: 'approved' });
  }
});

test('from its end on it is a number like any other: one that nobody can have is none', async () => {
  const provider = recordingProvider();
  const { verifier, clock } = setUp({ provider, endsAfterMs: 10_000 });
  clock.advance(9_999);
  expect(await verifier.start({ to: british })).toMatchObject({ verification: { test: true } });
  clock.advance(1);
  for (const verb of ['start', 'lookup', 'unlock', 'erase', 'find', 'cancel'] as const) {
    expect(await verifier[verb]({ to: british }), verb).toMatchObject({ status: 'invalid_phone_number' });
  }
  expect(await verifier.start({ to: american })).toMatchObject({ verification: { test: false } });
  expect(provider.messages.map(({ to, code: sent }) => [to, sent === code])).toEqual([[american, false]]);
});

test('what was started before the end can be checked by its id as long as its code is good, and is marked', async () => {
  const { verifier, clock, restart } = setUp({ endsAfterMs: 60_000 });
  const ids = [];
  for (const to of [american, british]) ids.push(pending(await verifier.start({ to })).verification.id);
  clock.advance(60_000);
  expect(await verifier.check({ to: american, code })).toMatchObject({ status: 'verification_not_found' });
  // Also where it is not configured any more.
  expect(await restart(null).check({ id: ids[0]!, code })).toMatchObject({
    status: 'approved',
    verification: { to: american, test: true },
  });
  clock.advance(239_999);
  expect(await verifier.check({ id: ids[1]!, code: britishCode })).toMatchObject({
    status: 'approved',
    verification: { to: british, test: true },
  });
  expect(await restart(null).find({ id: ids[1]! })).toMatchObject({ verification: { to: british, test: true } });
});

test('what was started before the end is not good for longer than its code', async () => {
  const { verifier, clock } = setUp({ endsAfterMs: 60_000 });
  const { id } = pending(await verifier.start({ to: american })).verification;
  clock.advance(300_000);
  expect(await verifier.check({ id, code })).toMatchObject({ status: 'verification_expired' });
});

test('what a fixed code has proved ends with the test number at the latest', async () => {
  const { verifier, clock, restart, until } = setUp({ endsAfterMs: dayMs });
  await verifier.start({ to: american });
  clock.advance(299_999);
  await verifier.check({ to: american, code });
  // It could have been checked until ten minutes after the start.
  clock.advance(dayMs - 600_001);
  expect(await verifier.lookup({ to: american })).toMatchObject({ status: 'verified', test: true });
  clock.advance(300_002);
  expect(await verifier.lookup({ to: american })).toEqual({ status: 'unverified', to: american, test: false });
  const prolonged = restart({ until: new Date(until.getTime() + dayMs) });
  expect(await prolonged.lookup({ to: american })).toEqual({ status: 'unverified', to: american, test: true });
});

test('a text is never sent with a fixed code, nor is a random code good for a test number', async () => {
  const provider = recordingProvider();
  const { restart } = setUp({ provider });
  const [ordinary, testing] = [restart(null), restart({})];
  await testing.start({ to: american });
  await ordinary.start({ to: american });
  await testing.start({ to: american });
  const [text, ...more] = provider.messages;
  expect(more).toEqual([]);
  expect(text?.code).not.toBe(code);
  expect(await testing.check({ to: american, code: text!.code })).toMatchObject({ status: 'incorrect_code' });
  expect(await ordinary.check({ to: american, code })).toMatchObject({ status: 'incorrect_code' });
  expect(await testing.check({ to: american, code })).toMatchObject({ verification: { test: true } });
  expect(await ordinary.check({ to: american, code: text!.code })).toMatchObject({ verification: { test: false } });
});

test('that a test number is verified says nothing of the number when it is none', async () => {
  const { verifier, restart } = setUp();
  await verifier.start({ to: american });
  await verifier.check({ to: american, code });
  expect(await restart(null).lookup({ to: american })).toEqual({ status: 'unverified', to: american, test: false });
  expect(await verifier.lookup({ to: american, tenant: 'other' })).toMatchObject({ status: 'unverified' });
});

test('erasing a number erases what is kept of it as a test number and as another one', async () => {
  const provider = recordingProvider();
  const { restart } = setUp({ provider });
  const [ordinary, testing] = [restart(null), restart({})];
  await ordinary.start({ to: american });
  await ordinary.check({ to: american, code: provider.messages[0]!.code });
  await testing.start({ to: american });
  await testing.check({ to: american, code });
  await testing.erase({ to: american });
  expect(await testing.lookup({ to: american })).toMatchObject({ status: 'unverified' });
  expect(await ordinary.lookup({ to: american })).toMatchObject({ status: 'unverified' });
});

test('with another code in the configuration that one is good at once, and the old one is not', async () => {
  const { verifier, restart } = setUp();
  const first = pending(await verifier.start({ to: american }));
  const changed = restart({ codes: { [american]: '515151' } });
  const second = pending(await changed.start({ to: american }));
  expect(second).toMatchObject({ created: true, verification: { test: true } });
  expect(await changed.check({ to: american, code })).toMatchObject({ status: 'incorrect_code' });
  expect(await changed.check({ id: first.verification.id, code })).toMatchObject({ status: 'verification_superseded' });
  expect(await changed.check({ to: american, code: '515151' })).toMatchObject({ status: 'approved' });
});

test('a receipt about it is not known', async () => {
  const id = { is: '' };
  const provider: Provider = {
    ...never,
    async receipts() {
      return [{ messageId: 'm', reference: `${id.is}.1`, status: 'failed', errorKind: null }];
    },
  };
  const { verifier, events } = setUp({ provider, receiptsUrl: 'https://verify.test/v1/receipts' });
  id.is = pending(await verifier.start({ to: american })).verification.id;
  const request = { method: 'POST', headers: new Headers(), body: new Uint8Array(), nowMs: 0 };
  const token = verifier.receiptAddress('never')!.split('/').at(-1)!;
  expect(await verifier.receive({ provider: 'never', token, search: '', request })).toEqual({
    status: 'received',
    known: 0,
  });
  await verifier.idle();
  expect(await verifier.find({ id: id.is })).toMatchObject({
    verification: { deliveries: [{ provider: 'test_number', status: 'delivered' }] },
  });
  expect(events.at(-1)).toMatchObject({ type: 'receipt.unknown', count: 1 });
});

test('what cannot be written down afterwards is told, and the start stands', async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock: clock.now });
  const { verifier, events } = setUp({
    store: { ...store, settle: () => Promise.reject(new Error('The store is away.')) },
  });
  expect(await verifier.start({ to: american })).toMatchObject({ status: 'pending' });
  await verifier.idle();
  expect(events.at(-1)).toMatchObject({ type: 'settle.failed', test: true });
});

const now = virtualClock().now();

test.each<[string, Partial<TestNumbersOptions>, RegExp]>([
  ['no number', { codes: {} }, /names no number/],
  ['no map of codes', { codes: undefined }, /names no number/],
  [
    'eleven numbers',
    { codes: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`+120255501${i + 10}`, code])) },
    /at most 10/,
  ],
  ['a number without a plus', { codes: { '12025550143': code } }, /E\.164/],
  ['a number as people type it', { codes: { '+1 202 555 0143': code } }, /E\.164/],
  ['a number of no country', { codes: { '+999123456789': code } }, /E\.164/],
  ['a number that someone may have', { codes: { '+12025551143': code } }, /kept for fiction/],
  [
    'one number in two spellings',
    { codes: { '+541123456789': code, '+5491123456789': code }, anyNumber: true },
    /twice/,
  ],
  ['a code of three digits', { codes: { [american]: '424' } }, /4 to 10 digits/],
  ['a code of eleven digits', { codes: { [american]: '42424242424' } }, /4 to 10 digits/],
  ['a code with a letter', { codes: { [american]: '42424x' } }, /4 to 10 digits/],
  ['a code that is a number', { codes: { [american]: 424242 as never } }, /4 to 10 digits/],
  ["a code of another length than the policy's", { codes: { [american]: '42424' } }, /policy\.codeLength/],
  ['no end', { until: undefined }, /until must be a date/],
  ['an end that is no date', { until: new Date('soon') }, /until must be a date/],
  ['an end in words', { until: '2030-02-01' as never }, /until must be a date/],
  ['an end more than 400 days ahead', { until: new Date(now + 400 * dayMs + 1) }, /at most 400 days/],
])('%s is refused', (_, options, why) => {
  const faults = faultsOf(() => setUp({ testNumbers: options }));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(why);
});

test('everything that is wrong is named at once, without a code or a whole number', () => {
  const codes = { '+12025550187': '42', '+12025551143': '4242424', 'a person': code, [british]: '999999' };
  const faults = faultsOf(() => setUp({ testNumbers: { codes, until: new Date(Number.NaN) } }));
  expect(faults).toHaveLength(5);
  expect(faults.join(' ')).not.toMatch(/424242|999999|2025550187|2025551143|7700900123|a person/);
});

test('ten numbers, numbers of people where that is said, an end in 400 days and one that has passed are taken', () => {
  const codes = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`+120255501${i + 10}`, code]));
  const ofAnyLength = { codes: { [american]: '4242', [british]: '4242424242' } };
  expect(faultsOf(() => setUp({ testNumbers: ofAnyLength, policy: () => ({}) }))).toEqual([]);
  for (const options of [
    { codes },
    { codes: { '+12025551143': code }, anyNumber: true },
    { until: new Date(now + 400 * dayMs) },
    { until: new Date(0) },
  ]) {
    expect(faultsOf(() => setUp({ testNumbers: options }))).toEqual([]);
  }
});

test('a number of a person is a test number where that is said: nothing is sent to it', async () => {
  const { verifier } = setUp({ testNumbers: { codes: { '+4915112345678': code }, anyNumber: true } });
  expect(await verifier.start({ to: '0151 12345678', country: 'DE' })).toMatchObject({ verification: { test: true } });
});

test('by id it is found out once for each tenant, and for thousands of them', async () => {
  const { verifier, events } = setUp({
    policy: { maxSendsPerTenant: null, maxSendsInAll: null, maxSendsPerCountry: null },
  });
  const ids = new Map<string, string>();
  for (let i = 0; i < 1_100; i += 1) {
    const tenant = `t${i}`;
    ids.set(tenant, pending(await verifier.start({ to: american, tenant })).verification.id);
  }
  events.length = 0;
  for (const [tenant, id] of ids) await verifier.check({ id, tenant, code: '000000' });
  expect(events.every((event) => event.type === 'check.refused' && event.test === true)).toBe(true);
});
