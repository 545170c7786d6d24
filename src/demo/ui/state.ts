import { batch, computed, signal } from '@preact/signals';
import { announce } from '../../inbox/ui/announcer.tsx';
import { check, start, type Answer, type Call, type StartAnswer } from './api.ts';
import { now } from './clock.ts';
import { guessCountry } from './countries.ts';
import type { Problem } from './problems.ts';

/** What the API said of the verification under way. Times are this page's clock, in milliseconds. */
interface Pending {
  id: string;
  to: string;
  isTest: boolean;
  notice: string;
  expiresAt: number;
  resendAt: number;
  sendsLeft: number;
  checksLeft: number;
  /** Whether the API has said that no code can be right any more. */
  isRefused: boolean;
}

/** A refusal, and until when (this page's clock, in milliseconds) there is no use in asking again; null: not said. */
interface Refusal {
  problem: Problem;
  retryAt: number | null;
}

export const step = signal<'number' | 'code' | 'done'>('number');
export const country = signal(guessCountry(navigator.languages));
/** As typed. */
export const number = signal('');
export const code = signal('');
export const pending = signal<Pending | null>(null);
export const approvedAt = signal<string | null>(null);
export const refusal = signal<Refusal | null>(null);
export const busy = signal<'send' | 'check' | null>(null);
/** The latest call of each kind. */
export const startCall = signal<Call | null>(null);
export const checkCall = signal<Call | null>(null);

export const isExpired = computed(() => pending.value !== null && now.value >= pending.value.expiresAt);
/** Whether no code can be right any more, so that only a new one helps. */
export const isEnded = computed(() => isExpired.value || pending.value?.isRefused === true);

/** Asks for a code: the first, or on the code step the same or a new one. */
export async function send(): Promise<void> {
  if (busy.value !== null) return;
  busy.value = 'send';
  const to = pending.value?.to;
  const answer = await start(to === undefined ? { to: number.value.trim(), country: country.value } : { to });
  batch(() => {
    busy.value = null;
    now.value = Date.now();
    startCall.value = answer.call;
    if (!answer.ok) return refuse(answer);
    const { body, serverTime } = answer;
    // The server's times are by the server's clock, which its Date header shows: ours may be wrong. The header is to the second and may lag.
    const serverNow = Math.max(serverTime, Date.parse(body.created_at));
    const localTime = (time: string) => Date.now() + Date.parse(time) - serverNow;
    const isNew = body.id !== pending.value?.id;
    if (to !== undefined) announce(saidOfRepeat(body, isNew), { inView: true });
    if (isNew) {
      checkCall.value = null;
      code.value = '';
    }
    pending.value = {
      id: body.id,
      to: body.to,
      isTest: body.test === true,
      notice: body.notice,
      expiresAt: localTime(body.expires_at),
      resendAt: localTime(body.resend_at),
      sendsLeft: body.sends_left,
      checksLeft: body.checks_left,
      isRefused: false,
    };
    refusal.value = null;
    step.value = 'code';
  });
}

function saidOfRepeat({ test }: StartAnswer, isNew: boolean): string {
  if (test) return 'Asked again: no text is sent to a test number.';
  return isNew ? 'A new code is sent.' : 'Sent again.';
}

/** Submits the code that was typed. */
export async function submitCode(): Promise<void> {
  if (busy.value !== null || pending.value === null) return;
  busy.value = 'check';
  const answer = await check({ id: pending.value.id, code: code.value });
  batch(() => {
    busy.value = null;
    now.value = Date.now();
    checkCall.value = answer.call;
    if (!answer.ok) return refuse(answer);
    approvedAt.value = answer.body.approved_at;
    refusal.value = null;
    step.value = 'done';
  });
}

/** Back to the first step, to correct the number or (`startOver`) for another one. */
export function changeNumber(): void {
  batch(() => {
    step.value = 'number';
    pending.value = null;
    approvedAt.value = null;
    refusal.value = null;
    startCall.value = null;
    checkCall.value = null;
    code.value = '';
  });
}

export function startOver(): void {
  number.value = '';
  changeNumber();
}

function refuse({ problem, retryAfterSeconds }: Answer<unknown> & { ok: false }): void {
  refusal.value = { problem, retryAt: retryAfterSeconds === null ? null : Date.now() + retryAfterSeconds * 1_000 };
  if (pending.value === null) return;
  const { checksLeft, sendsLeft, isRefused } = pending.value;
  pending.value = {
    ...pending.value,
    checksLeft: problem.checks_left ?? checksLeft,
    sendsLeft: problem.code === 'rate_limited' ? 0 : sendsLeft,
    isRefused: isRefused || endsVerification(problem),
  };
}

function endsVerification(problem: Problem): boolean {
  if (problem.code === 'incorrect_code') return problem.checks_left === 0;
  return problem.code === 'too_many_checks' || problem.code.startsWith('verification_');
}
