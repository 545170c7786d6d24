import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  SubjectKeyError,
  type StartResult,
  type Store,
  type VerifierOptions,
} from '../../src/index.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

const to = '+12025550143';

/**
 * What the rotation of secrets promises, of verifiers on one store. `open` makes an empty store, or opens what a test needs of a server, and closes it when the test is
 * over.
 */
export function describeKeyRotation(name: string, open: () => Store | Promise<Store>): void {
  /** One store, and verifiers under whatever secrets on it, as processes come and go while secrets are rotated. */
  async function setUp() {
    const store = await open();
    const provider = recordingProvider();
    const under = (secrets: Pick<VerifierOptions, 'secret' | 'subjectSecret' | 'acceptSubjectKey'>) =>
      createVerifier({ ...secrets, store, provider });
    return { provider, under };
  }

  describe(`secrets are rotated on the ${name} store`, () => {
    test('a pending verification survives: its code is sent again, judged and approved, by id and by number', async () => {
      const { provider, under } = await setUp();
      const [oldest, middle, newest] = [randomBytes(32), randomBytes(32), randomBytes(32)];
      const before = under({ secret: oldest });
      const { verification } = pending(await before.start({ to }));
      await before.start({ to, purpose: 'other' });
      await before.idle();
      const after = under({ secret: [newest, middle, oldest] });
      const repeated = pending(await after.start({ to }));
      expect([repeated.created, repeated.verification.id]).toEqual([false, verification.id]);
      const [first = '', other = '', second = ''] = provider.messages.map(({ code }) => code);
      expect(second).toBe(first);
      expect(await after.check({ id: verification.id, code: wrongFor(first) })).toMatchObject({ checksLeft: 4 });
      expect(await after.check({ id: verification.id, code: first })).toMatchObject({
        status: 'approved',
        verification: { to },
      });
      expect((await after.check({ to, purpose: 'other', code: other })).status).toBe('approved');
      expect((await after.find({ id: verification.id })).status).toBe('found');
    });

    test('each secret on the way judges its own codes, and so does a process that does not know the newest yet', async () => {
      const { provider, under } = await setUp();
      const [former, newer] = [randomBytes(32), randomBytes(32)];
      const behind = under({ secret: former });
      const ahead = under({ secret: [newer, former] });
      const old = pending(await behind.start({ to, purpose: 'a' })).verification;
      await ahead.start({ to, purpose: 'b' });
      const [first = '', second = ''] = provider.messages.map(({ code }) => code);
      expect((await ahead.check({ to, purpose: 'b', code: second })).status).toBe('approved');
      expect((await behind.check({ id: old.id, code: first })).status).toBe('approved');
    });

    test('what holds a number stays: limits, wrong checks, that it is verified', async () => {
      const { provider, under } = await setUp();
      const [former, newer] = [randomBytes(32), randomBytes(32)];
      const before = under({ secret: former });
      await before.start({ to });
      const code = provider.messages[0]?.code ?? '';
      await before.check({ to, code: wrongFor(code) });
      await before.approve({ to });
      await before.start({ to });
      const after = under({ secret: [newer, former] });
      expect((await after.lookup({ to })).status).toBe('verified');
      expect(pending(await after.start({ to })).verification.sendsLeft).toBe(0);
      expect(await after.start({ to })).toMatchObject({ status: 'rate_limited', limit: 'sends' });
    });

    test('a secret that is dropped fails closed: its codes approve nothing, are charged to nobody and not sent again', async () => {
      const { provider, under } = await setUp();
      const subjectSecret = randomBytes(32);
      const before = under({ secret: randomBytes(32), subjectSecret });
      const { verification } = pending(await before.start({ to }));
      const code = provider.messages[0]?.code ?? '';
      const after = under({ secret: randomBytes(32), subjectSecret });
      expect((await after.check({ id: verification.id, code })).status).toBe('verification_not_found');
      expect((await after.check({ to, code })).status).toBe('verification_not_found');
      expect((await after.check({ to, code: wrongFor(code) })).status).toBe('verification_not_found');
      const anew = pending(await after.start({ to }));
      expect([anew.created, anew.verification.sendsLeft, anew.verification.checksLeft]).toEqual([true, 1, 5]);
      expect((await after.check({ to, code: provider.messages[1]?.code ?? '' })).status).toBe('approved');
    });

    test('a repeat after the secret was dropped makes a new code, and the former one stays dead', async () => {
      const { provider, under } = await setUp();
      const subjectSecret = randomBytes(32);
      const former = randomBytes(32);
      await under({ secret: former, subjectSecret }).start({ to });
      const dropped = under({ secret: randomBytes(32), subjectSecret });
      await dropped.start({ to });
      const [first = '', second = ''] = provider.messages.map(({ code }) => code);
      const knowsAll = under({ secret: [randomBytes(32), former], subjectSecret });
      expect((await knowsAll.check({ to, code: first })).status).not.toBe('approved');
      expect((await dropped.check({ to, code: second })).status).toBe('approved');
    });

    test('another subject secret is refused by every verb before anything is sent, until the loss is accepted', async () => {
      const { provider, under } = await setUp();
      const secret = randomBytes(32);
      const before = under({ secret });
      await before.start({ to });
      const stranger = under({ secret: randomBytes(32) });
      await expect(stranger.ready()).rejects.toThrow(SubjectKeyError);
      await expect(stranger.start({ to })).rejects.toThrow(SubjectKeyError);
      await expect(stranger.check({ to, code: '123456' })).rejects.toThrow(SubjectKeyError);
      await expect(stranger.lookup({ to })).rejects.toThrow(SubjectKeyError);
      const once = { route: 'a', key: 'k', request: null };
      const work = async () => ({ answer: null, keep: true });
      await expect(stranger.once(once, work)).rejects.toThrow(SubjectKeyError);
      expect(provider.messages).toHaveLength(1);

      const accepted = randomBytes(32);
      pending(await under({ secret: accepted, acceptSubjectKey: true }).start({ to }));
      await under({ secret: accepted }).ready();
      await expect(under({ secret }).ready()).rejects.toThrow(SubjectKeyError);
    });

    test('a subject secret of its own, or the last of the list, is the same key', async () => {
      const { under } = await setUp();
      const former = randomBytes(32);
      await under({ secret: former }).ready();
      await under({ secret: [randomBytes(32), former] }).ready();
      await under({ secret: randomBytes(32), subjectSecret: former }).ready();
      await expect(under({ secret: [former, randomBytes(32)] }).ready()).rejects.toThrow(SubjectKeyError);
    });

    test('an idempotency key outlives a rotation; where the secret was dropped its work is not done again', async () => {
      const { under } = await setUp();
      const [former, newer, subjectSecret] = [randomBytes(32), randomBytes(32), randomBytes(32)];
      const call = { route: '/start', key: 'k', request: { to } };
      const before = under({ secret: former, subjectSecret });
      let times = 0;
      const work = async () => ({ answer: (times += 1), keep: true });
      await before.once(call, work);
      await before.idle();
      const after = under({ secret: [newer, former], subjectSecret });
      expect(await after.once(call, work)).toEqual({ status: 'done', answer: 1, replayed: true });
      const dropped = under({ secret: newer, subjectSecret });
      expect((await dropped.once(call, work)).status).toBe('idempotency_key_reused');
      expect(times).toBe(1);
    });
  });
}

function pending(result: StartResult) {
  if (result.status !== 'pending') throw new Error(`not sent: ${result.status}`);
  return result;
}

function wrongFor(code: string): string {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}
