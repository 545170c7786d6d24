import { ConfigurationError, ProviderError } from '../../errors.ts';
import type { VerifierEvent } from '../../events.ts';
import { createBreaker, type BreakerOptions, type BreakerState } from './breaker.ts';
import type { Health, ProviderScore } from './health.ts';
import type { EarlierDelivery, Message, Provider } from '../provider.ts';
import { tryInOrder, type Candidate } from './try-in-order.ts';

/** Settings that every composition takes. Each holds for the providers that are its own parts; within a part that is a composition, the part's own hold. */
export interface RouteOptions {
  /** Stands in errors, and in deliveries where no provider could be asked. */
  readonly name?: string;
  /** How long a provider may take that does not say so itself, in milliseconds; 4,000 when unset. One that takes longer counts as ambiguous. */
  readonly timeoutMs?: number;
  /** When a person asks again: how old a text may be, in seconds, of which no receipt says that it arrived, before another provider goes first; 20 when unset. */
  readonly receiptSeconds?: number;
  readonly breaker?: BreakerOptions;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Settings of compositions into which chance enters. */
export interface ChanceOptions extends RouteOptions {
  /** A whole number from 0 to `sides` - 1; of `node:crypto` when unset. */
  readonly chance?: (sides: number) => number;
}

/** Is told what a verifier tells: `onEvent: (event) => route.onEvent(event)`. */
export interface Observed {
  onEvent(event: VerifierEvent): void;
}

/** How a provider does, as this process sees it. */
export interface ProviderHealth {
  readonly provider: string;
  readonly breaker: BreakerState;
  /** Until it may be asked again, in milliseconds; 0: now. */
  readonly waitMs: number;
}

export interface RouteHealth {
  readonly providers: readonly ProviderHealth[];
  /** Of those that `auto` has asked lately; empty where nothing is ordered by health. */
  readonly scores: readonly ProviderScore[];
}

/** A provider that chooses among others. What it knows of them it knows of this process alone, and forgets with it. */
export interface Route extends Provider, Observed {
  readonly providers: readonly Provider[];
  health(): RouteHealth;
}

/** Puts those that may be asked into an order. `parts`: each once. `of`: those of one part, in its own order. */
export type Arrange = (
  parts: readonly Provider[],
  of: (part: Provider) => readonly Candidate[],
  message: Message,
) => readonly Candidate[];

interface Composed {
  /** All that could be asked for any message. */
  readonly candidates: readonly Candidate[];
  readonly learning: ReadonlySet<Health>;
  order(message: Message): readonly Candidate[];
}

/** How compositions within compositions become one order, with one loop over it. */
const composed = new WeakMap<Provider, Composed>();

/** No send takes longer, whatever it has to choose among, unless one provider alone may. */
const longestMs = 20_000;
/** After the last try has ended, for telling what came of them all. */
const tellingMs = 500;

/** Makes a composition. Throws a `ConfigurationError` that names every fault, those that the caller found too. */
export function createRoute({
  name: kind,
  parts: given,
  arrange,
  options,
  faults = [],
  health,
}: {
  name: string;
  parts: readonly Provider[];
  arrange: Arrange;
  options: RouteOptions;
  faults?: readonly string[];
  /** What it learns from events. */
  health?: Health;
}): Route {
  const { name = kind, timeoutMs = 4_000, receiptSeconds = 20, breaker = {}, now = () => performance.now() } = options;
  const parts = [...new Set(given)];
  const [first, ...others] = parts;
  const channels = first ? first.channels.filter((one) => others.every((other) => other.channels.includes(one))) : [];
  const wrong = [...faults, ...wrongOptions(options)];
  if (parts.length === 0) wrong.push('needs at least one provider');
  else if (channels.length === 0) wrong.push('needs providers that have a channel in common');
  if (wrong.length > 0) throw new ConfigurationError(wrong.map((fault) => `${name}: ${fault}`));

  const own = new Map(
    parts.map((provider): [Provider, Candidate] => [
      provider,
      {
        provider,
        timeoutMs: provider.timeoutMs ?? timeoutMs,
        receiptMs: receiptSeconds * 1_000,
        breaker: createBreaker(breaker, now),
      },
    ]),
  );
  const candidatesOf = (part: Provider): readonly Candidate[] => {
    const candidate = own.get(part);
    return composed.get(part)?.candidates ?? (candidate ? [candidate] : []);
  };
  // Whatever way leads to a provider: what is known of it is known once.
  const candidates = onceEach(parts.flatMap(candidatesOf));
  const breakers = new Map(candidates.map((one) => [one.provider, one.breaker]));
  const order = (message: Message): readonly Candidate[] => {
    const arranged = arrange(parts, (part) => composed.get(part)?.order(message) ?? candidatesOf(part), message);
    return onceEach(arranged).map((one) => ({ ...one, breaker: breakers.get(one.provider) ?? one.breaker }));
  };
  const timeouts = candidates.map((one) => one.timeoutMs);
  const inAllMs = timeouts.reduce((sum, ms) => sum + ms, 0);
  const withinMs = Math.min(inAllMs, Math.max(longestMs, ...timeouts));
  // Whatever way leads to it, each is told once.
  const learning = new Set([
    ...(health ? [health] : []),
    ...parts.flatMap((part) => [...(composed.get(part)?.learning ?? [])]),
  ]);

  const route: Route = {
    name,
    channels,
    providers: parts,
    timeoutMs: withinMs + tellingMs,
    async send(message, { signal }) {
      const ordered = setBack(order(message), message.earlier);
      if (ordered.length === 0) {
        throw new ProviderError(
          'config',
          `${name} has no provider for numbers of this country: name one, or a default`,
        );
      }
      return tryInOrder(name, ordered, message, { signal, withinMs, now });
    },
    onEvent(event) {
      for (const one of learning) one.onEvent(event);
    },
    health: () => ({
      providers: candidates.map(({ provider, breaker: { state, waitMs } }) => ({
        provider: provider.name,
        breaker: state(),
        waitMs: waitMs(),
      })),
      scores: [...learning].flatMap((one) => one.scores()),
    }),
  };
  composed.set(route, { candidates, learning, order });
  return route;
}

function onceEach(candidates: readonly Candidate[]): readonly Candidate[] {
  const providers = candidates.map(({ provider }) => provider);
  return candidates.filter(({ provider }, index) => providers.indexOf(provider) === index);
}

/** Those whose latest text of this verification did not arrive, as far as is known, go last. */
function setBack(ordered: readonly Candidate[], earlier: readonly EarlierDelivery[]): readonly Candidate[] {
  const last = new Set(
    ordered.filter(({ provider, receiptMs }) => {
      const latest = earlier.findLast((one) => one.provider === provider.name);
      switch (latest?.status) {
        case undefined:
        case 'delivered':
          return false;
        case 'rejected':
        case 'unknown':
        case 'failed':
          return true;
        case 'sending':
        case 'accepted':
        case 'sent':
          return latest.ageMs >= receiptMs;
      }
    }),
  );
  return [...ordered.filter((one) => !last.has(one)), ...last];
}

function wrongOptions({ name, timeoutMs = 1, receiptSeconds = 0, breaker = {} }: RouteOptions): string[] {
  const { failures = 1, openSeconds = 1 } = breaker;
  const wrong: string[] = [];
  if (name !== undefined && !/^[a-z0-9-]{1,32}$/.test(name)) wrong.push('name must be 1 to 32 of a-z, 0-9 and -');
  if (!(timeoutMs > 0 && timeoutMs <= 60_000)) wrong.push('timeoutMs must be more than 0 and at most 60000');
  if (!(receiptSeconds >= 0)) wrong.push('receiptSeconds must be 0 or more');
  if (!(Number.isInteger(failures) && failures > 0)) wrong.push('breaker.failures must be a whole number from 1');
  if (!(openSeconds > 0)) wrong.push('breaker.openSeconds must be more than 0');
  return wrong;
}
