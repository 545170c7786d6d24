import type { Provider } from '../provider.ts';
import { createRoute, type Route, type RouteOptions } from './route.ts';

/** Who delivers to the numbers of a country (ISO 3166-1 alpha-2); `default`: to all others, and to numbers of no country. */
export interface ByCountry {
  readonly [country: string]: Provider;
}

/**
 * Makes the provider that asks the one of the number's country. Without one, and without a default, a send is a `ProviderError` of kind `config`, and nobody is asked.
 * Throws a `ConfigurationError` that names every key that is no country.
 */
export function byCountry(providers: ByCountry, options: RouteOptions = {}): Route {
  const chosen = new Map(Object.entries(providers));
  const faults = [...chosen.keys()]
    .filter((key) => key !== 'default' && !isCountry(key))
    .map((key) => `${JSON.stringify(key)} is no country: ISO 3166-1 alpha-2 in capitals is (GB, not UK), or default`);
  return createRoute({
    name: 'by-country',
    parts: [...chosen.values()],
    options,
    faults,
    arrange(_, of, { country }) {
      const provider = chosen.get(country ?? 'default') ?? chosen.get('default');
      return provider ? of(provider) : [];
    },
  });
}

/** What ISO 3166-1 leaves to its users, or reserves for what is no country. */
const reserved = /^(?:AA|Q[M-Z]|X[A-JL-Z]|ZZ|EU|EZ|UN)$/;

/** Assigned, and not the former or the other code of a country that has another. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || reserved.test(code) || new Intl.Locale(`und-${code}`).region !== code) return false;
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;
}
