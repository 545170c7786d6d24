import type { Act, Answer } from '../../src/testing/acts.ts';
import { step, turningPointsMs, unknownNumber, type NumberModel } from '../../src/testing/number-model.ts';
import type {
  LimitRefusal,
  NumberLimits,
  SettledHandOver,
  StoredEndedVerification,
  StoredVerification,
  Target,
} from '../../src/stores/store.ts';
import type { EndedStatus } from '../../src/verification.ts';

/** Whom a call means: a number within a tenant, or an id that may be given under another tenant than its own. */
export type ModelTarget = { tenant: string; to: string; purpose: string } | { tenant: string; id: string };

/** What the provider does with the text of a start. */
export type SendFate = 'accepted' | 'late' | 'ambiguous' | 'filtered' | 'temporary' | 'invalid_number' | 'opted_out';

/** What a call comes to as a caller sees it, without the sentences for people: a result, or the `code` of what is thrown. */
export type Told = Record<string, unknown>;

/** The numbers of the policy that the model goes by. */
export interface ModelPolicy {
  limits: NumberLimits;
  resendAdviceMs: number;
  repeats: boolean;
  /** The fixed codes of test numbers. */
  testCodes?: Readonly<Record<string, string>>;
}

/** A whole verifier and everything behind it, in the words of its results. Answers list every right one. */
export interface VerifierModel {
  /** `code` and `id` are what the real one chose, in case this start makes a verification. */
  start(
    call: { tenant: string; to: string; purpose: string },
    chosen: { id: string; code: string },
    fate: SendFate,
    nowMs: number,
  ): Told[];
  /** The fixed code of a test number. */
  testCode(to: string): string | undefined;
  /** The text that the latest start sends; null where it sends none. */
  codeSent(): string | null;
  check(target: ModelTarget, code: string, nowMs: number): Told[];
  cancel(target: ModelTarget, nowMs: number): Told[];
  approve(target: ModelTarget, nowMs: number): Told[];
  find(target: ModelTarget, nowMs: number): Told[];
  lookup(tenant: string, to: string, nowMs: number): Told[];
  unlock(tenant: string, to: string, nowMs: number): Told[];
  erase(tenant: string, to: string, nowMs: number): Told[];
  /** The provider says after all that it took the text. */
  acceptLate(delivery: { id: string; delivery: number }, nowMs: number): void;
  /** Ids that were given out, the latest last, and their codes. */
  readonly issued: readonly { id: string; code: string; tenant: string; to: string; purpose: string }[];
  turningPointsMs(nowMs: number): number[];
}

const endings: Record<EndedStatus, Told> = {
  approved: { status: 'verification_used' },
  expired: { status: 'verification_expired' },
  canceled: { status: 'verification_canceled' },
  superseded: { status: 'verification_superseded' },
  failed: { status: 'verification_failed' },
  max_checks_reached: { status: 'too_many_checks', scope: 'verification' },
};

const notFound: Told = { status: 'verification_not_found' };

/** What a start that was rejected for good comes to. */
const rejections: Partial<Record<SendFate, Told>> = {
  filtered: { thrown: 'delivery_failed' },
  temporary: { thrown: 'provider_unavailable' },
  invalid_number: { status: 'invalid_phone_number' },
  opted_out: { status: 'destination_not_allowed' },
};

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Makes a model of a verifier whose store nothing has touched. */
export function verifierModel({ limits, resendAdviceMs, repeats, testCodes = {} }: ModelPolicy): VerifierModel {
  const numbers = new Map<string, NumberModel>();
  const issued: { id: string; code: string; tenant: string; to: string; purpose: string }[] = [];
  let codeSent: string | null = null;

  const isTest = (to: string) => testCodes[to] !== undefined;
  const subjectOf = (tenant: string, to: string) => `${tenant} ${to}`;

  function act(tenant: string, to: string, one: Act, nowMs: number): readonly Answer[] {
    const subject = subjectOf(tenant, to);
    const { after, answers } = step(numbers.get(subject) ?? unknownNumber, one, nowMs);
    numbers.set(subject, after);
    return answers;
  }

  /** Null: an id that leads nowhere in this tenant. */
  function locate(target: ModelTarget): { tenant: string; to: string; target: Target } | null {
    const { tenant } = target;
    if ('to' in target) {
      const { to, purpose } = target;
      return { tenant, to, target: { subject: subjectOf(tenant, to), limits, purposeTag: purpose } };
    }
    const known = issued.find(({ id }) => id === target.id);
    if (known?.tenant !== tenant) return null;
    const { to, purpose: purposeTag } = known;
    return { tenant, to, target: { subject: subjectOf(tenant, to), limits, purposeTag, nonce: target.id } };
  }

  function present({ nonce, number, ...stored }: StoredVerification): Told {
    return {
      id: nonce,
      to: Buffer.from(number).toString(),
      channel: stored.channel,
      test: isTest(Buffer.from(number).toString()),
      purpose: stored.purpose,
      status: stored.status,
      createdAt: new Date(stored.createdAtMs),
      expiresAt: new Date(stored.expiresAtMs),
      endedAt: stored.endedAtMs === null ? null : new Date(stored.endedAtMs),
      resendAt: new Date(Math.max(stored.lastSendAtMs + resendAdviceMs, stored.nextSendAtMs)),
      sendsLeft: stored.sendsLeft,
      checksLeft: stored.checksLeft,
      deliveries: stored.deliveries.map(({ provider, status, atMs }) => ({ provider, status, at: new Date(atMs) })),
    };
  }

  function refusal({ limit, max, windowMs, retryAfterMs }: LimitRefusal): Told {
    const [windowSeconds, retryAfterSeconds] = [Math.ceil(windowMs / 1_000), Math.ceil(retryAfterMs / 1_000)];
    const told = { limit, max, windowSeconds, retryAfterSeconds };
    return limit === 'lock' || limit === 'wrong_checks'
      ? { status: 'too_many_checks', scope: 'number', ...told }
      : { status: 'rate_limited', ...told };
  }

  function ended(verification: StoredEndedVerification): Told {
    const { status, endedAtMs } = verification;
    const at = status === 'approved' ? { approvedAt: new Date(endedAtMs) } : {};
    return { status, verification: present(verification), ...at };
  }

  function told(answer: Answer): Told {
    if (answer === null || !('outcome' in answer)) throw new Error('Not what a check, a cancel or an approve answers');
    switch (answer.outcome) {
      case 'created':
      case 'repeated':
        throw new Error('Not what a check, a cancel or an approve answers');
      case 'refused':
      case 'blocked':
        return refusal(answer);
      case 'approved':
      case 'done':
        return ended(answer.verification);
      case 'incorrect':
        return { status: 'incorrect_code', checksLeft: answer.verification.checksLeft };
      case 'malformed':
        return { status: 'invalid_request' };
      case 'ended':
        return endings[answer.status];
      case 'not_found':
        return notFound;
    }
  }

  function settle(
    about: { tenant: string; to: string; purpose: string; id: string; delivery: number },
    status: SettledHandOver['status'],
    nowMs: number,
  ): void {
    const { tenant, to, purpose: purposeTag, id: nonce, delivery } = about;
    const handOvers = [{ provider: isTest(to) ? 'test_number' : 'carrier', status }];
    const request = { subject: subjectOf(tenant, to), purposeTag, nonce, delivery, handOvers };
    act(tenant, to, { verb: 'settle', request }, nowMs);
  }

  function onTarget(verb: 'cancel' | 'approve', target: ModelTarget, nowMs: number): Told[] {
    const found = locate(target);
    return found ? act(found.tenant, found.to, { verb, request: found.target }, nowMs).map(told) : [notFound];
  }

  function onNumber(verb: 'lookup' | 'unlock' | 'erase', tenant: string, to: string, nowMs: number): readonly Answer[] {
    return act(tenant, to, { verb, request: { subject: subjectOf(tenant, to) } }, nowMs);
  }

  return {
    issued,
    testCode: (to) => testCodes[to],
    codeSent: () => codeSent,
    start({ tenant, to, purpose }, { id, code }, fate, nowMs) {
      codeSent = null;
      const request = {
        subject: subjectOf(tenant, to),
        purpose,
        purposeTag: purpose,
        channel: 'sms',
        number: bytesOf(to),
        nonce: id,
        secret: { keyId: 'key', digest: bytesOf(code), seal: bytesOf(code), codeLength: code.length },
        repeatKeyIds: repeats ? ['key'] : [],
        limits,
        broadLimits: [],
      };
      const answers = act(tenant, to, { verb: 'begin', request }, nowMs);
      const [begun] = answers;
      if (!begun || !('outcome' in begun) || (begun.outcome !== 'created' && begun.outcome !== 'repeated')) {
        return answers.map(told);
      }
      const { verification, delivery } = begun;
      codeSent = isTest(to) ? null : begun.outcome === 'repeated' ? Buffer.from(begun.secret.seal).toString() : code;
      if (begun.outcome === 'created') issued.push({ id, code, tenant, to, purpose });
      const about = { tenant, to, purpose, id: verification.nonce, delivery };
      const rejection = rejections[fate];
      if (rejection && !isTest(to)) {
        settle(about, 'rejected', nowMs);
        return ['thrown' in rejection ? { ...rejection, verificationId: verification.nonce } : rejection];
      }
      const status = isTest(to) ? 'delivered' : fate === 'accepted' ? 'accepted' : 'unknown';
      settle(about, status, nowMs);
      const provider = isTest(to) ? 'test_number' : 'carrier';
      const handedOver = { delivery, atMs: nowMs, provider, status } as const;
      const deliveries = [...verification.deliveries.slice(0, -1), handedOver];
      const created = begun.outcome === 'created';
      return [{ status: 'pending', created, verification: present({ ...verification, deliveries }) }];
    },
    check(target, code, nowMs) {
      const found = locate(target);
      const malformed = { status: 'invalid_request' };
      if (!/^[0-9]{4,10}$/.test(code)) return found ? [malformed] : [malformed, notFound];
      if (!found) return [notFound];
      const digests = [{ keyId: 'key', digest: bytesOf(code) }];
      const request = { ...found.target, digests, codeLength: code.length };
      return act(found.tenant, found.to, { verb: 'check', request }, nowMs).map(told);
    },
    cancel: (target, nowMs) => onTarget('cancel', target, nowMs),
    approve: (target, nowMs) => onTarget('approve', target, nowMs),
    find(target, nowMs) {
      const found = locate(target);
      const answers = found ? act(found.tenant, found.to, { verb: 'find', request: found.target }, nowMs) : [null];
      return answers.map((answer) =>
        answer && 'nonce' in answer ? { status: 'found', verification: present(answer) } : notFound,
      );
    },
    lookup: (tenant, to, nowMs) =>
      onNumber('lookup', tenant, to, nowMs).map((answer) =>
        answer && 'verifiedAtMs' in answer
          ? { status: 'verified', to, test: isTest(to), verifiedAt: new Date(answer.verifiedAtMs) }
          : { status: 'unverified', to, test: isTest(to) },
      ),
    unlock: (tenant, to, nowMs) => onNumber('unlock', tenant, to, nowMs).map(() => ({ status: 'unlocked', to })),
    erase: (tenant, to, nowMs) => onNumber('erase', tenant, to, nowMs).map(() => ({ status: 'erased', to })),
    acceptLate({ id, delivery }, nowMs) {
      const known = issued.find((one) => one.id === id);
      if (known) settle({ ...known, delivery }, 'accepted', nowMs);
    },
    turningPointsMs: (nowMs) =>
      [...new Set([...numbers.values()].flatMap((number) => turningPointsMs(number, limits, nowMs)))].toSorted(
        (a, b) => a - b,
      ),
  };
}
