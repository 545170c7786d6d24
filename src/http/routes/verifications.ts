import type { z } from 'zod';
import { InvalidRequestError } from '../../errors.ts';
import type { TargetOptions } from '../../requests.ts';
import type { CancelResult } from '../../results.ts';
import type { Verification } from '../../verification.ts';
import type { Refusal } from '../problem.ts';
import type { Reply, Route } from '../route.ts';
import {
  approval,
  checkInput,
  idInput,
  numberAndPurposeInput,
  startedVerification,
  startInput,
  testMark,
  verification as verificationSchema,
} from '../schemas.ts';

/** Only to a caller that gives the id. */
const ended = [
  'verification_expired',
  'verification_canceled',
  'verification_used',
  'verification_superseded',
  'verification_failed',
] as const;

const start: Route<z.infer<typeof startInput>> = {
  method: 'post',
  path: '/v1/verifications',
  takes: 'body',
  once: true,
  input: startInput,
  docs: {
    id: 'startVerification',
    group: 'Verifications',
    title: 'Start, or send again',
    about:
      'Sends a code to a number. While a verification of the same number and purpose is pending, the same code is sent again under the same id. ' +
      'If it is not known whether the provider took the text, the answer is the same: the text may arrive.',
    answers: {
      201: { when: 'A new verification. A code is on its way.', schema: startedVerification },
      200: { when: 'The pending one: its code was sent again.', schema: startedVerification },
    },
    problems: [
      'invalid_phone_number',
      'destination_not_allowed',
      'rate_limited',
      'too_many_checks',
      'delivery_failed',
      'provider_unavailable',
    ],
  },
  async handle({ verifier, tenant, input, clientAddress }) {
    const ip = clientAddress(input.ip);
    const result = await verifier.start({ ...input, tenant, ...(ip !== undefined && { ip }) });
    if (result.status !== 'pending') return result;
    const { verification, created, notice } = result;
    const body = { ...factsOf(verification), status: 'pending', notice } satisfies z.infer<typeof startedVerification>;
    return { status: created ? 201 : 200, body };
  },
};

const check: Route<z.infer<typeof checkInput>> = {
  method: 'post',
  path: '/v1/verifications/check',
  takes: 'body',
  once: true,
  input: checkInput,
  docs: {
    id: 'checkVerification',
    group: 'Verifications',
    title: 'Check a code',
    about:
      'Judges what the person typed, by `id`, or by `to` and `purpose`. 200 means approved and nothing else does: every other outcome is a problem. ' +
      'A code that cannot be one (not 4 to 10 digits, or another number of them than was sent) is a 400 and spends nothing.',
    answers: { 200: { when: 'The code is right. It cannot be used again.', schema: approval } },
    problems: ['verification_not_found', ...ended, 'invalid_phone_number', 'incorrect_code', 'too_many_checks'],
  },
  async handle({ verifier, tenant, input: { code, ...target } }) {
    const result = await verifier.check({ ...targetOf(tenant, target), code });
    if (result.status !== 'approved') return result;
    const { id, to, purpose } = result.verification;
    const approved_at = result.approvedAt.toISOString();
    return {
      status: 200,
      body: { id, to, purpose, ...testMark(result.verification), status: 'approved', approved_at },
    };
  },
};

const cancelByNumber: Route<z.infer<typeof numberAndPurposeInput>> = {
  method: 'post',
  path: '/v1/verifications/cancel',
  takes: 'body',
  input: numberAndPurposeInput,
  docs: {
    id: 'cancelVerificationByNumber',
    group: 'Verifications',
    title: 'Cancel by number',
    about: 'Ends the pending verification of a number and purpose. Again: the same answer.',
    answers: { 200: { when: 'It is canceled.', schema: verificationSchema } },
    problems: ['verification_not_found', 'invalid_phone_number'],
  },
  handle: async ({ verifier, tenant, input }) => canceled(await verifier.cancel({ ...input, tenant })),
};

const cancelById: Route<z.infer<typeof idInput>> = {
  method: 'post',
  path: '/v1/verifications/{id}/cancel',
  takes: 'path',
  input: idInput,
  docs: {
    id: 'cancelVerification',
    group: 'Verifications',
    title: 'Cancel',
    about: 'Ends a pending verification. Again: the same answer. Takes no body, or an empty object.',
    answers: { 200: { when: 'It is canceled.', schema: verificationSchema } },
    problems: [
      'verification_not_found',
      ...ended.filter((code) => code !== 'verification_canceled'),
      'too_many_checks',
    ],
  },
  handle: async ({ verifier, tenant, input }) => canceled(await verifier.cancel({ ...input, tenant })),
};

const find: Route<z.infer<typeof idInput>> = {
  method: 'get',
  path: '/v1/verifications/{id}',
  takes: 'path',
  input: idInput,
  docs: {
    id: 'getVerification',
    group: 'Verifications',
    title: 'Look at a verification',
    about: 'What has become of a verification and its texts, until 24 hours after its end.',
    answers: { 200: { when: 'The verification.', schema: verificationSchema } },
    problems: ['verification_not_found'],
  },
  async handle({ verifier, tenant, input }) {
    const result = await verifier.find({ ...input, tenant });
    return result.status === 'found' ? { status: 200, body: wholeOf(result.verification) } : result;
  },
};

/** The calls about verifications. */
export const verificationRoutes: readonly Route[] = [start, check, find, cancelById, cancelByNumber];

function canceled(result: CancelResult): Reply | Refusal {
  return result.status === 'canceled' ? { status: 200, body: wholeOf(result.verification) } : result;
}

/** By id or by number: never both, because they could name two different verifications. */
function targetOf(tenant: string, { id, to, ...rest }: Omit<z.infer<typeof checkInput>, 'code'>): TargetOptions {
  if (id === undefined) {
    if (to === undefined) throw new InvalidRequestError([{ pointer: '', detail: 'must have id or to' }]);
    return { tenant, to, ...rest };
  }
  const besides = Object.entries({ to, ...rest }).filter(([, value]) => value !== undefined);
  if (besides.length === 0) return { tenant, id };
  throw new InvalidRequestError(
    besides.map(([name]) => ({ pointer: `/${name}`, detail: 'cannot be combined with id' })),
  );
}

function factsOf(verification: Verification) {
  return {
    id: verification.id,
    to: verification.to,
    channel: verification.channel,
    purpose: verification.purpose,
    ...testMark(verification),
    status: verification.status,
    created_at: verification.createdAt.toISOString(),
    expires_at: verification.expiresAt.toISOString(),
    resend_at: verification.resendAt.toISOString(),
    sends_left: verification.sendsLeft,
    checks_left: verification.checksLeft,
  };
}

function wholeOf(verification: Verification): z.infer<typeof verificationSchema> {
  return {
    ...factsOf(verification),
    ended_at: verification.endedAt?.toISOString() ?? null,
    deliveries: verification.deliveries.map(({ provider, status, at }) => ({ provider, status, at: at.toISOString() })),
  };
}
