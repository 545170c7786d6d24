import { ProviderError, type ProviderErrorKind } from '../../errors.ts';
import { isSurelyNotTaken } from '../../hand-over.ts';
import type { Breaker } from './breaker.ts';
import type { Accepted, HandOver, Message, Provider } from '../provider.ts';

/** A provider that may be asked. */
export interface Candidate {
  readonly provider: Provider;
  readonly timeoutMs: number;
  /** A text that was taken longer ago, and of which no receipt says that it arrived, speaks against the provider. */
  readonly receiptMs: number;
  readonly breaker: Breaker;
}

/** What came of one try. A composition that was asked tells of several hand-overs. */
type Tried = { readonly handOvers: readonly HandOver[] } & (
  { readonly accepted: Accepted; readonly error: null } | { readonly accepted: null; readonly error: ProviderError }
);

/** Nothing that another provider could mend. */
const final: ReadonlySet<ProviderErrorKind> = new Set<ProviderErrorKind>([
  'invalid_number',
  'not_sms_capable',
  'opted_out',
  'blocked_destination',
]);

/** What somebody has to see to, the most alarming first. */
const alarming: readonly ProviderErrorKind[] = ['auth', 'config', 'funds'];

/** With less time than this no try is begun that it could cut off. */
const leastMs = 1_000;

/**
 * Asks one provider after the other until one takes the message, never two at a time and each with the same message. After a failure that another could mend it moves on; past
 * a try that may have been taken once only, whatever comes of it. Providers whose breaker is open come last. Ends within `withinMs`, and at once with `signal`.
 * Rejects with one `ProviderError` for all: `ambiguous` if the message may have been taken by any.
 */
export async function tryInOrder(
  name: string,
  candidates: readonly Candidate[],
  message: Message,
  { signal, withinMs, now }: { signal: AbortSignal; withinMs: number; now: () => number },
): Promise<Accepted> {
  const endsAtMs = now() + withinMs;
  const handOvers: HandOver[] = [];
  const errors: ProviderError[] = [];
  let inDoubt = false;
  for (const { provider, timeoutMs, run } of turns(candidates)) {
    if (signal.aborted) break;
    const leftMs = endsAtMs - now();
    if (leftMs < Math.min(timeoutMs, leastMs)) break;
    const tried = await run(() => ask(provider, message, Math.min(timeoutMs, leftMs), signal, now));
    handOvers.push(...tried.handOvers);
    if (tried.error === null) return { ...tried.accepted, before: handOvers };
    errors.push(tried.error);
    // A composition that is not of this kind may have moved on by itself.
    const movedOnInDoubt = inDoubt || tried.handOvers.slice(0, -1).some(mayBeTaken);
    inDoubt ||= !isSurelyNotTaken(tried.error.kind) || tried.handOvers.some(mayBeTaken);
    if (movedOnInDoubt || final.has(tried.error.kind)) break;
  }
  if (errors.length === 0) throw nobodyAsked(name, candidates, signal);
  const kind = inDoubt ? 'ambiguous' : kindOf(errors.map((error) => error.kind));
  const told = handOvers.map(({ provider, errorKind }) => `${provider} ${errorKind}`).join(', ');
  const pauses = errors.flatMap((error) => (error.kind === kind ? (error.retryAfterSeconds ?? []) : []));
  throw new ProviderError(kind, `${name}: no provider took the message (${told})`, {
    cause: errors.at(-1),
    handOvers,
    retryAfterSeconds: pauses.length > 0 ? Math.min(...pauses) : undefined,
  });
}

type Turn = Pick<Candidate, 'provider' | 'timeoutMs'> & Pick<Breaker, 'run'>;

/** Those that may be asked, each as it is when its turn has come: what is left alone otherwise, when nobody else is left. */
function* turns(candidates: readonly Candidate[]): Generator<Turn> {
  const open: Candidate[] = [];
  for (const candidate of candidates) {
    if (candidate.breaker.waitMs() > 0) open.push(candidate);
    else yield { ...candidate, run: candidate.breaker.run };
  }
  for (const candidate of open) {
    if (candidate.breaker.mayBeAskedAtLast()) yield { ...candidate, run: candidate.breaker.runAtLast };
  }
}

/** Never rejects. Waits at most `timeoutMs`, whether or not the provider heeds its signal. */
async function ask(
  provider: Provider,
  message: Message,
  timeoutMs: number,
  outer: AbortSignal,
  now: () => number,
): Promise<Tried> {
  const { name } = provider;
  const startedAtMs = now();
  const controller = new AbortController();
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = (why: string): void => {
    // First, so that what the provider says when it is told to stop comes too late.
    reject(new ProviderError('ambiguous', `${name} ${why}`));
    controller.abort();
  };
  const onAbort = (): void => giveUp('was given up');
  outer.addEventListener('abort', onAbort);
  const timer = setTimeout(giveUp, timeoutMs, `did not answer within ${timeoutMs} ms`);
  try {
    const accepting = (async () => provider.send(message, { signal: controller.signal }))();
    const { messageId, provider: by = name, before = [] } = await Promise.race([accepting, givenUp]);
    return { accepted: { messageId, provider: by }, error: null, handOvers: before };
  } catch (thrown) {
    const error =
      thrown instanceof ProviderError
        ? thrown
        : new ProviderError('ambiguous', `${name} failed without saying whether it took the message`, {
            cause: thrown,
          });
    const status = isSurelyNotTaken(error.kind) ? 'rejected' : 'unknown';
    const one: HandOver = { provider: name, status, errorKind: error.kind, durationMs: now() - startedAtMs };
    return { accepted: null, error, handOvers: error.handOvers.length > 0 ? error.handOvers : [one] };
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', onAbort);
  }
}

function mayBeTaken({ status }: HandOver): boolean {
  return status === 'unknown';
}

/** The kind that helps most, of those of all that were asked. */
function kindOf(kinds: readonly ProviderErrorKind[]): ProviderErrorKind {
  const last = kinds.at(-1) ?? 'temporary';
  if (final.has(last) || kinds.every((kind) => kind === last)) return last;
  if (!kinds.every((kind) => alarming.includes(kind))) return 'temporary';
  return alarming.find((kind) => kinds.includes(kind)) ?? last;
}

function nobodyAsked(name: string, candidates: readonly Candidate[], signal: AbortSignal): ProviderError {
  if (signal.aborted) return new ProviderError('temporary', `${name} was given up before it asked a provider`);
  const waitMs = Math.min(...candidates.map(({ breaker }) => breaker.waitMs()));
  return new ProviderError(
    'temporary',
    `${name}: every provider has failed lately or asked for a pause, and enough sends try them as it is`,
    {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    },
  );
}
