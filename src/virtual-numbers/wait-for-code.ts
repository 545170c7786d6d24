import { CodeNotReceivedError, VirtualNumberError } from '../errors.ts';
import { extractCode } from '../extract-code.ts';
import { maskPhoneNumber } from '../phone-number.ts';
import { pauseAskedFor, pausesOf, type PauseOptions } from './pauses.ts';
import { timeoutSignal } from './timeout-signal.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { Lease, Poll, ReceivedText, VirtualNumberProvider } from './virtual-number.ts';

/** One poll, as it is told to who watches. Without number, text and code. */
export interface PollEvent {
  /** This one counted in. */
  readonly polls: number;
  readonly waitedMs: number;
  /** What the provider answered, in a few words. */
  readonly answer: string;
}

export interface WaitForCodeOptions extends PauseOptions {
  /** How long the code may take; 180,000 when unset. A last poll is made when the time is up, which may take 5 s more. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait before the first poll, before the second, and so on; the last holds for all that follow. 3, 3, 5 and 8 s when unset, all but the first give or take a fifth. */
  readonly sleepsMs?: readonly number[] | undefined;
  /** Ends the wait at once, with its reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onPoll?: ((event: PollEvent) => void) | undefined;
}

/** The code, and how it came. */
export interface CodeReceived {
  readonly code: string;
  /** The whole text; null where the provider told the code alone. */
  readonly text: string | null;
  readonly from: string | null;
  readonly polls: number;
  readonly waitedMs: number;
}

const usualTimeoutMs = 180_000;
const usualSleepsMs = [3_000, 3_000, 5_000, 8_000];
const lastPollMs = 5_000;

/**
 * Polls until a code arrives on the leased number, and resolves with it. Never polls faster than the provider's pace and its `Retry-After` allow. A provider that is
 * unavailable or wants fewer calls is asked again; `auth`, `config`, `funds` and `protocol` end the wait with that `VirtualNumberError`, and so does a lease that was lost, as
 * `no_numbers`. Rejects with a `CodeNotReceivedError` when the time is up, and with the signal's own reason as soon as that aborts.
 */
export async function waitForCode(
  provider: VirtualNumberProvider,
  lease: Lease,
  {
    timeoutMs = usualTimeoutMs,
    sleepsMs = usualSleepsMs,
    signal = new AbortController().signal,
    onPoll,
    ...time
  }: WaitForCodeOptions = {},
): Promise<CodeReceived> {
  const { now, pause, spread } = pausesOf(time);
  const beganAtMs = now();
  let polls = 0;
  let lastAnswer = 'none';
  /** What must pass before the next poll, whatever else. */
  let leastMs = 0;

  for (let isLast = false; !isLast;) {
    const leftMs = Math.max(0, beganAtMs + timeoutMs - now());
    if (leastMs > leftMs) break;
    const sleepMs = Math.max(leastMs, polls === 0 ? (sleepsMs[0] ?? 0) : spread(sleepsMs, polls));
    // Where none could follow before the end, this one is made at the end.
    isLast = leftMs - sleepMs <= provider.pace.pollMs;
    await pause(isLast ? leftMs : sleepMs, signal);
    const came = await pollOnce(provider, lease, isLast ? lastPollMs : leftMs - sleepMs, signal);
    const found = came && 'state' in came && came.state === 'received' ? codeIn(came.texts) : null;
    polls += 1;
    lastAnswer = found ? 'a text with a code' : answerOf(came);
    const waitedMs = now() - beganAtMs;
    onPoll?.({ polls, waitedMs, answer: lastAnswer });
    if (found) return { ...found, polls, waitedMs };
    if (!came) break;
    leastMs = provider.pace.pollMs;
    if (came instanceof VirtualNumberError) {
      if (came.kind !== 'unavailable' && came.kind !== 'rate_limited') throw came;
      leastMs = Math.max(leastMs, pauseAskedFor(came));
    } else if (came.state === 'lost') {
      throw lost(provider, lease, came.answer);
    }
  }
  throw notReceived(provider, lease, { waitedMs: now() - beganAtMs, polls, lastAnswer });
}

/** What one poll comes to, be it an error; null: it was cut off, after so long. */
async function pollOnce(
  provider: VirtualNumberProvider,
  lease: Lease,
  callMs: number,
  signal: AbortSignal,
): Promise<Poll | VirtualNumberError | null> {
  const cutOff = timeoutSignal(callMs);
  const ends = AbortSignal.any([signal, cutOff]);
  try {
    return await unlessAborted(ends, () => provider.poll(lease, { signal: ends }));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VirtualNumberError) return error;
    if (cutOff.aborted) return null;
    throw error;
  }
}

function answerOf(came: Poll | VirtualNumberError | null): string {
  if (!came) return 'none before the time was up';
  if (came instanceof VirtualNumberError) return came.message;
  return came.state === 'received' ? 'a text without a code' : came.answer;
}

/** Of the newest text that has one. */
function codeIn(texts: readonly ReceivedText[]): Pick<CodeReceived, 'code' | 'text' | 'from'> | null {
  for (const { code: told, text, from } of texts.toReversed()) {
    const code = (text === null ? null : extractCode(text)) ?? (told && (extractCode(told) ?? told));
    if (code) return { code, text, from };
  }
  return null;
}

function lost({ name }: VirtualNumberProvider, { number }: Lease, answer: string): VirtualNumberError {
  return new VirtualNumberError(
    'no_numbers',
    `${name} took ${maskPhoneNumber(number)} back before a code arrived (last answer: ${answer}). Take another number and start again.`,
  );
}

function notReceived(
  { name }: VirtualNumberProvider,
  { number }: Lease,
  { waitedMs, polls, lastAnswer }: { waitedMs: number; polls: number; lastAnswer: string },
): CodeNotReceivedError {
  const to = maskPhoneNumber(number);
  return new CodeNotReceivedError(
    `No code arrived on ${to} (${name}) within ${Math.round(waitedMs / 1_000)} s: ${polls} ${polls === 1 ? 'poll' : 'polls'}, last answer: ${lastAnswer.replace(/\.$/, '')}. ` +
      `If your app says that it sent one, check that it sent it to this number and that the country and service asked of ${name} are right, then try again with another number. ` +
      'What went to a local inbox is shown there.',
    { provider: name, to, waitedMs, polls, lastAnswer },
  );
}
