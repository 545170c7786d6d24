import { blocked, sendsRefused } from '../record.ts';
import type {
  BeginOutcome,
  BeginRequest,
  BroadLimit,
  CheckOutcome,
  EndOutcome,
  LimitRefusal,
  NumberLimits,
} from '../store.ts';
import { unpackSecret } from './arguments.ts';
import { readBytes, readNumber, unreadable, viewNamed, viewNamedEnded, type Reply } from './reply.ts';

/** `waits` of the broad limits: unset, those that the script tells. */
export function beginOutcome(
  reply: Reply,
  { limits, broadLimits }: BeginRequest,
  waits: readonly number[] = reply.outcome === 'refused' ? reply.detail.map(readNumber) : [],
): BeginOutcome {
  switch (reply.outcome) {
    case 'created':
      return { outcome: 'created', verification: viewNamed(reply, limits), delivery: readNumber(reply.detail[1]) };
    case 'repeated':
      return {
        outcome: 'repeated',
        verification: viewNamed(reply, limits),
        delivery: readNumber(reply.detail[1]),
        secret: unpackSecret(readBytes(reply.detail[2])),
      };
    case 'refused': {
      const { record, nowMs } = reply;
      const own = blocked(record, limits, nowMs) ?? sendsRefused(record, limits, nowMs);
      return { outcome: 'refused', ...(own ?? longestOf(broadLimits, waits) ?? unreadable()) };
    }
    default:
      return unreadable();
  }
}

export function checkOutcome(reply: Reply, limits: NumberLimits): CheckOutcome {
  switch (reply.outcome) {
    case 'approved':
      return { outcome: 'approved', verification: viewNamedEnded(reply, limits) };
    case 'incorrect':
      return { outcome: 'incorrect', verification: viewNamed(reply, limits) };
    case 'malformed':
      return { outcome: 'malformed', codeLength: readNumber(reply.detail[0]) };
    case 'blocked':
      return { outcome: 'blocked', ...(blocked(reply.record, limits, reply.nowMs) ?? unreadable()) };
    default:
      return whatEnded(reply, limits);
  }
}

export function endOutcome(reply: Reply, limits: NumberLimits): EndOutcome {
  return reply.outcome === 'done'
    ? { outcome: 'done', verification: viewNamedEnded(reply, limits) }
    : whatEnded(reply, limits);
}

function whatEnded(reply: Reply, limits: NumberLimits): Extract<EndOutcome, { outcome: 'ended' | 'not_found' }> {
  if (reply.outcome === 'not_found') return { outcome: 'not_found' };
  if (reply.outcome !== 'ended') return unreadable();
  const verification = viewNamedEnded(reply, limits);
  return { outcome: 'ended', status: verification.status, verification };
}

/** The limit with the longest wait, if any refuses. `waits` in the order of `limits`. */
function longestOf(limits: readonly BroadLimit[], waits: readonly number[]): LimitRefusal | null {
  let longest: LimitRefusal | null = null;
  for (const [index, { name, max, windowMs }] of limits.entries()) {
    const retryAfterMs = waits[index] ?? 0;
    if (retryAfterMs > (longest?.retryAfterMs ?? 0)) longest = { limit: name, max, windowMs, retryAfterMs };
  }
  return longest;
}
