import { isDeepStrictEqual } from 'node:util';
import { deliveryStatuses, laterStatus, type EndedStatus } from '../verification.ts';
import type {
  BeginRequest,
  CheckRequest,
  CodeSecret,
  LimitRefusal,
  NumberLimits,
  SettleRequest,
  StoredDelivery,
  StoredEndedVerification,
  StoredVerification,
  Target,
} from '../stores/store.ts';
import type { Act, Answer } from './acts.ts';
import { comparable } from './comparable.ts';

/**
 * What the port promises about one number, said once more and as plainly as can be: nothing is thrown away, every question is answered from all that
 * ever happened. A store is right when it answers like this.
 */
export interface NumberModel {
  /** In the order of their creation. Their sends are those of the number. */
  readonly verifications: readonly ModelVerification[];
  /** When wrong codes were compared. */
  readonly wrongAtMs: readonly number[];
  readonly inARow: number;
  readonly inARowUntilMs: number;
  readonly verified: { readonly atMs: number; readonly untilMs: number } | null;
}

interface ModelVerification {
  readonly nonce: string;
  readonly purpose: string;
  readonly purposeTag: string;
  readonly channel: string;
  readonly secret: CodeSecret;
  readonly number: Uint8Array;
  /** Of its latest begin. */
  readonly maxChecks: number;
  readonly verifiedMs: number;
  readonly wrong: number;
  readonly sends: readonly ModelSend[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Its place among the ends of the number makes `order`. */
  readonly end: { readonly status: EndedStatus; readonly atMs: number; readonly order: number } | null;
  readonly erased: boolean;
}

interface ModelSend {
  readonly atMs: number;
  /** In the order in which they were heard of; the first since the send began. */
  readonly handOvers: readonly Omit<StoredDelivery, 'delivery'>[];
}

/** What a number becomes by an act, and the answers that are right: several only where several limits refuse. */
export interface Step {
  readonly after: NumberModel;
  readonly answers: readonly Answer[];
}

/** A number of which nothing is known. */
export const unknownNumber: NumberModel = {
  verifications: [],
  wrongAtMs: [],
  inARow: 0,
  inARowUntilMs: 0,
  verified: null,
};

/** One act at `nowMs`. Time may not go back from one act to the next. */
export function step(before: NumberModel, { verb, request }: Act, nowMs: number): Step {
  const model = passTime(before, nowMs);
  switch (verb) {
    case 'begin':
      return begin(model, request, nowMs);
    case 'check':
      return check(model, request, nowMs);
    case 'settle':
      return { after: settle(model, request, nowMs), answers: [null] };
    case 'cancel':
      return endOnWord(model, request, 'canceled', nowMs);
    case 'approve':
      return endOnWord(model, request, 'approved', nowMs);
    case 'find': {
      const found = pending(model, request) ?? (request.nonce === undefined ? undefined : ended(model, request, nowMs));
      return { after: model, answers: [found ? view(model, found, request.limits, nowMs) : null] };
    }
    case 'lookup':
      return { after: model, answers: [model.verified && { verifiedAtMs: model.verified.atMs }] };
    case 'unlock':
      return { after: { ...model, inARow: 0 }, answers: [null] };
    case 'erase': {
      const verifications = model.verifications.map((v) => (v.erased ? v : { ...v, erased: true }));
      return { after: { ...model, verifications, verified: null }, answers: [null] };
    }
  }
}

/** Every instant after `nowMs` at which something about the number changes by itself. */
export function turningPointsMs(model: NumberModel, limits: NumberLimits, nowMs: number): number[] {
  const windowsMs = [...limits.sends.map(({ windowMs }) => windowMs), limits.gapMs, limits.attempts.windowMs];
  const points = [
    model.inARowUntilMs,
    model.verified?.untilMs ?? 0,
    ...model.wrongAtMs.map((atMs) => atMs + limits.wrongChecks.windowMs),
    ...model.verifications.flatMap(({ createdAtMs, expiresAtMs, end, sends }) => [
      expiresAtMs,
      createdAtMs + limits.repeatMs,
      (end?.atMs ?? 0) + limits.ended.keepMs,
      ...sends.flatMap(({ atMs }) => windowsMs.map((windowMs) => atMs + windowMs)),
    ]),
  ];
  return [...new Set(points)].filter((point) => point > nowMs).toSorted((a, b) => a - b);
}

function begin(model: NumberModel, request: BeginRequest, nowMs: number): Step {
  const { limits, purpose, purposeTag, channel } = request;
  const refusals = [...checkRefusals(model, limits, nowMs), ...sendRefusals(model, limits, nowMs)];
  if (refusals.length > 0) {
    return { after: model, answers: refusals.map((refusal) => ({ outcome: 'refused', ...refusal })) };
  }
  const live = model.verifications.find((v) => isPending(v) && v.purposeTag === purposeTag);
  const repeats =
    live !== undefined &&
    nowMs - live.createdAtMs <= limits.repeatMs &&
    request.repeatKeyIds.includes(live.secret.keyId);
  const superseding = live && !repeats ? end(model, live, 'superseded', nowMs) : model;
  const base: ModelVerification = repeats
    ? live
    : {
        nonce: request.nonce,
        purpose,
        purposeTag,
        channel,
        secret: request.secret,
        number: request.number,
        maxChecks: 0,
        verifiedMs: 0,
        wrong: 0,
        sends: [],
        createdAtMs: nowMs,
        expiresAtMs: 0,
        end: null,
        erased: false,
      };
  const delivery = base.sends.length + 1;
  const begun: ModelVerification = {
    ...base,
    channel,
    maxChecks: limits.maxChecks,
    verifiedMs: limits.verifiedMs,
    sends: [...base.sends, { atMs: nowMs, handOvers: [{ provider: null, status: 'sending', atMs: nowMs }] }],
    expiresAtMs: Math.min(nowMs + limits.lifetimeMs, base.createdAtMs + limits.maxLifetimeMs),
  };
  const after = put(superseding, begun);
  const verification = view(after, begun, limits, nowMs);
  return {
    after,
    answers: [
      repeats
        ? { outcome: 'repeated', verification, delivery, secret: base.secret }
        : { outcome: 'created', verification, delivery },
    ],
  };
}

function check(model: NumberModel, request: CheckRequest, nowMs: number): Step {
  const { limits } = request;
  const live = pending(model, request);
  if (!live) return { after: model, answers: [whatEnded(model, request, nowMs)] };
  const { keyId, digest, codeLength } = live.secret;
  if (request.codeLength !== codeLength) return { after: model, answers: [{ outcome: 'malformed', codeLength }] };
  const refusals = checkRefusals(model, limits, nowMs);
  if (refusals.length > 0) {
    return { after: model, answers: refusals.map((refusal) => ({ outcome: 'blocked', ...refusal })) };
  }
  const submitted = request.digests.find((d) => d.keyId === keyId)?.digest;
  if (!submitted) return { after: model, answers: [{ outcome: 'not_found' }] };
  if (isDeepStrictEqual(comparable(submitted), comparable(digest))) {
    const after = approve({ ...model, inARow: 0 }, live, limits, nowMs);
    return { after, answers: [{ outcome: 'approved', verification: viewOfEnded(after, live.nonce, limits, nowMs) }] };
  }
  const wrong = live.wrong + 1;
  const charged: NumberModel = {
    ...put(model, { ...live, wrong }),
    wrongAtMs: [...model.wrongAtMs, nowMs],
    inARow: model.inARow + 1,
    inARowUntilMs: nowMs + limits.lock.forMs,
  };
  const after = wrong < live.maxChecks ? charged : end(charged, { ...live, wrong }, 'max_checks_reached', nowMs);
  return { after, answers: [{ outcome: 'incorrect', verification: viewOf(after, live.nonce, limits, nowMs) }] };
}

function settle(model: NumberModel, request: SettleRequest, nowMs: number): NumberModel {
  const live = model.verifications.find((v) => isMeant(v, request) && isPending(v));
  const at = request.delivery - 1;
  const send = live?.sends[at];
  const isForgotten = live !== undefined && at < live.sends.length - countKept(live.sends);
  if (!send || isForgotten) return model;
  const handOvers = request.handOvers.reduce<ModelSend['handOvers']>((known, { provider, status }) => {
    const place = known.findIndex((one) => one.provider === provider || one.provider === null);
    const before = known[place];
    return before
      ? known.with(place, { ...before, provider, status: laterStatus(before.status, status) })
      : [...known, { provider, status, atMs: nowMs }];
  }, send.handOvers);
  const sends = live.sends.with(at, { ...send, handOvers });
  return countKept(live.sends) === sends.length && sends.every(isRejected)
    ? end(model, { ...live, sends }, 'failed', nowMs)
    : put(model, { ...live, sends: sends.with(at, { ...send, handOvers: mostTelling(handOvers) }) });
}

/** Nobody took it. */
function isRejected({ handOvers }: ModelSend): boolean {
  return handOvers.every(({ status }) => status === 'rejected');
}

const maxHandOversKept = 10;

/** How many of the latest sends are remembered with all of their hand-overs; the latest always is. */
function countKept(sends: readonly ModelSend[]): number {
  let handOvers = 0;
  const forgotten = sends.findLastIndex((send) => (handOvers += send.handOvers.length) > maxHandOversKept);
  return Math.max(1, sends.length - 1 - forgotten);
}

/** The first of a send's hand-overs, and those of the others of which most is known, the earlier ones where that is as much. */
function mostTelling(handOvers: ModelSend['handOvers']): ModelSend['handOvers'] {
  const [, ...others] = handOvers;
  const told = others
    .toSorted((a, b) => deliveryStatuses.indexOf(b.status) - deliveryStatuses.indexOf(a.status))
    .slice(0, maxHandOversKept - 1);
  return handOvers.filter((one, index) => index === 0 || told.includes(one));
}

function endOnWord(model: NumberModel, target: Target, status: 'approved' | 'canceled', nowMs: number): Step {
  const { limits } = target;
  const live = pending(model, target);
  if (live) {
    const after = status === 'approved' ? approve(model, live, limits, nowMs) : end(model, live, status, nowMs);
    return { after, answers: [{ outcome: 'done', verification: viewOfEnded(after, live.nonce, limits, nowMs) }] };
  }
  const before = ended(model, target, nowMs);
  return before?.end?.status === status
    ? { after: model, answers: [{ outcome: 'done', verification: viewOfEnded(model, before.nonce, limits, nowMs) }] }
    : { after: model, answers: [whatEnded(model, target, nowMs)] };
}

function approve(model: NumberModel, live: ModelVerification, limits: NumberLimits, nowMs: number): NumberModel {
  const verified = live.verifiedMs > 0 ? { atMs: nowMs, untilMs: nowMs + live.verifiedMs } : model.verified;
  return { ...end(model, live, 'approved', nowMs), verified };
}

/** What ends by itself: codes in the order in which they run out, the verified mark, wrong checks in a row. */
function passTime(before: NumberModel, nowMs: number): NumberModel {
  const model: NumberModel = {
    ...before,
    verified: before.verified && nowMs < before.verified.untilMs ? before.verified : null,
    inARow: nowMs < before.inARowUntilMs ? before.inARow : 0,
  };
  return model.verifications
    .filter((v) => isPending(v) && nowMs >= v.expiresAtMs)
    .toSorted((a, b) => a.expiresAtMs - b.expiresAtMs)
    .reduce((passed, v) => end(passed, v, 'expired', v.expiresAtMs), model);
}

function put(model: NumberModel, verification: ModelVerification): NumberModel {
  const at = model.verifications.findIndex(({ nonce }) => nonce === verification.nonce);
  const verifications = at < 0 ? [...model.verifications, verification] : model.verifications.with(at, verification);
  return { ...model, verifications };
}

function end(model: NumberModel, live: ModelVerification, status: EndedStatus, atMs: number): NumberModel {
  const order = model.verifications.filter((v) => v.end !== null).length;
  return put(model, { ...live, end: { status, atMs, order } });
}

function isPending(v: ModelVerification): boolean {
  return v.end === null && !v.erased;
}

function pending(model: NumberModel, target: Target): ModelVerification | undefined {
  return model.verifications.find((v) => isPending(v) && isMeant(v, target));
}

function isMeant(v: ModelVerification, { purposeTag, nonce = v.nonce }: Pick<Target, 'purposeTag' | 'nonce'>): boolean {
  return v.purposeTag === purposeTag && v.nonce === nonce;
}

/** Of the ends that are still told of: the one with that nonce, or the latest of that purpose. */
function ended(model: NumberModel, target: Target, nowMs: number): ModelVerification | undefined {
  const { max, keepMs } = target.limits.ended;
  const told = model.verifications
    .filter((v) => v.end !== null && !v.erased)
    .toSorted((a, b) => (b.end?.order ?? 0) - (a.end?.order ?? 0))
    .slice(0, max)
    .filter((v) => v.end !== null && nowMs - v.end.atMs < keepMs);
  return told.find((v) => isMeant(v, target));
}

function whatEnded(model: NumberModel, target: Target, nowMs: number): Answer {
  const before = target.nonce === undefined ? undefined : ended(model, target, nowMs);
  return before?.end
    ? {
        outcome: 'ended',
        status: before.end.status,
        verification: viewOfEnded(model, before.nonce, target.limits, nowMs),
      }
    : { outcome: 'not_found' };
}

/** When begins were not refused, the latest first. */
function attemptsAtMs(model: NumberModel): number[] {
  return model.verifications.flatMap(({ sends }) => sends.map(({ atMs }) => atMs)).toSorted((a, b) => b - a);
}

/** When the sends that count were made, the latest first. */
function sendsAtMs(model: NumberModel): number[] {
  return model.verifications
    .flatMap(({ sends }) => sends)
    .filter((send) => !isRejected(send))
    .map(({ atMs }) => atMs)
    .toSorted((a, b) => b - a);
}

function countWithin(timesMs: readonly number[], windowMs: number, nowMs: number): number {
  return timesMs.filter((atMs) => nowMs - atMs < windowMs).length;
}

function windowRefusal(
  { name, max, windowMs }: { name: string; max: number; windowMs: number },
  latestFirstMs: readonly number[],
  nowMs: number,
): LimitRefusal[] {
  if (countWithin(latestFirstMs, windowMs, nowMs) < max) return [];
  const leavesNextMs = (latestFirstMs[max - 1] ?? 0) + windowMs;
  return [{ limit: name, max, windowMs, retryAfterMs: leavesNextMs - nowMs }];
}

function checkRefusals(model: NumberModel, limits: NumberLimits, nowMs: number): LimitRefusal[] {
  const { lock, wrongChecks } = limits;
  const locked = { limit: 'lock', max: lock.after, windowMs: lock.forMs, retryAfterMs: model.inARowUntilMs - nowMs };
  return [
    ...(model.inARow >= lock.after ? [locked] : []),
    ...windowRefusal({ name: 'wrong_checks', ...wrongChecks }, model.wrongAtMs.toReversed(), nowMs),
  ];
}

function sendRefusals(model: NumberModel, limits: NumberLimits, nowMs: number): LimitRefusal[] {
  const windows = [...limits.sends, { name: 'gap', max: 1, windowMs: limits.gapMs }];
  return [
    ...windows.flatMap((window) => windowRefusal(window, sendsAtMs(model), nowMs)),
    ...windowRefusal({ name: 'attempts', ...limits.attempts }, attemptsAtMs(model), nowMs),
  ];
}

function named(model: NumberModel, nonce: string): ModelVerification {
  const verification = model.verifications.find((v) => v.nonce === nonce);
  if (!verification) throw new Error(`No verification ${nonce} in the model`);
  return verification;
}

function viewOf(model: NumberModel, nonce: string, limits: NumberLimits, nowMs: number): StoredVerification {
  return view(model, named(model, nonce), limits, nowMs);
}

function viewOfEnded(model: NumberModel, nonce: string, limits: NumberLimits, nowMs: number): StoredEndedVerification {
  const verification = named(model, nonce);
  if (!verification.end) throw new Error(`The verification ${nonce} of the model has not ended`);
  const { status, atMs } = verification.end;
  return { ...view(model, verification, limits, nowMs), status, endedAtMs: atMs };
}

function view(model: NumberModel, v: ModelVerification, limits: NumberLimits, nowMs: number): StoredVerification {
  const blocked = checkRefusals(model, limits, nowMs);
  const waitsMs = [...blocked, ...sendRefusals(model, limits, nowMs)].map(({ retryAfterMs }) => retryAfterMs);
  const sends = sendsAtMs(model);
  const sendsLeft = limits.sends.map(({ max, windowMs }) => max - countWithin(sends, windowMs, nowMs));
  sendsLeft.push(limits.attempts.max - countWithin(attemptsAtMs(model), limits.attempts.windowMs, nowMs));
  const checksLeft = [
    v.maxChecks - v.wrong,
    limits.wrongChecks.max - countWithin(model.wrongAtMs, limits.wrongChecks.windowMs, nowMs),
    limits.lock.after - model.inARow,
  ];
  return {
    nonce: v.nonce,
    purpose: v.purpose,
    channel: v.channel,
    status: v.end?.status ?? 'pending',
    createdAtMs: v.createdAtMs,
    expiresAtMs: v.expiresAtMs,
    lastSendAtMs: v.sends.at(-1)?.atMs ?? v.createdAtMs,
    nextSendAtMs: nowMs + Math.max(0, ...waitsMs),
    endedAtMs: v.end?.atMs ?? null,
    sendsLeft: blocked.length > 0 ? 0 : Math.max(0, Math.min(...sendsLeft)),
    checksLeft: v.end ? 0 : Math.max(0, Math.min(...checksLeft)),
    deliveries: v.end ? [] : deliveriesOf(v),
    number: v.number,
  };
}

function deliveriesOf({ sends }: ModelVerification): StoredDelivery[] {
  const kept = sends.slice(-countKept(sends));
  const before = sends.length - kept.length;
  return kept.flatMap(({ handOvers }, at) => handOvers.map((one) => ({ delivery: before + at + 1, ...one })));
}
