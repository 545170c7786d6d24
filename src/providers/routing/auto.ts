import { randomInt } from 'node:crypto';
import { createHealth } from './health.ts';
import type { Provider } from '../provider.ts';
import { createRoute, type ChanceOptions, type Route } from './route.ts';
import type { Candidate } from './try-in-order.ts';

export interface AutoOptions extends ChanceOptions {
  /** What happened so long ago counts half as much as what happens now; 600 when unset. */
  readonly halfLifeSeconds?: number;
  /** The share of the texts that go first to another provider than the best, so that one that does well again is found; 0.05 when unset, 0: none. */
  readonly explore?: number;
}

/** Scores that differ by less than about this are as good as equal: the order that was given decides, which may be that of prices. */
const steps = 20;
const parts = 10_000;

/**
 * Makes the provider that asks first the one that does best in the number's country: by the share of texts that it took, that arrived, and whose code was typed, and by how long
 * it takes to answer. It learns from the verifier's events: pass them to its `onEvent`, or it knows nothing and asks in the order given. Throws a `ConfigurationError` for what cannot work.
 */
export function auto(providers: readonly Provider[], options: AutoOptions = {}): Route {
  const { halfLifeSeconds = 600, explore = 0.05, chance = randomInt, now = () => performance.now() } = options;
  const faults: string[] = [];
  if (!(halfLifeSeconds > 0)) faults.push('halfLifeSeconds must be more than 0');
  if (!(explore >= 0 && explore <= 1)) faults.push('explore must be from 0 to 1');
  const health = createHealth({ names: new Set(providers.flatMap(namesOf)), halfLifeMs: halfLifeSeconds * 1_000, now });

  /** Brings one of the others to the front, now and then. */
  function withExploring(order: readonly Candidate[]): readonly Candidate[] {
    if (order.length < 2 || chance(parts) >= explore * parts) return order;
    const [found] = order.slice(1 + chance(order.length - 1));
    return found ? [found, ...order.filter((one) => one !== found)] : order;
  }

  return createRoute({
    name: 'auto',
    parts: providers,
    options,
    faults,
    health,
    arrange(each, of, { country, earlier }) {
      const rated = each
        .flatMap(of)
        .map((candidate) => ({ candidate, rate: Math.round(steps * health.score(candidate.provider.name, country)) }));
      const order = rated.toSorted((a, b) => b.rate - a.rate).map(({ candidate }) => candidate);
      // Nobody who waits for a second text is part of an experiment.
      return earlier.length > 0 ? order : withExploring(order);
    },
  });
}

function namesOf({ name, providers }: Provider): readonly string[] {
  return providers ? providers.flatMap(namesOf) : [name];
}
