import type { Provider } from '../provider.ts';
import { createRoute, type Route, type RouteOptions } from './route.ts';

/** Makes the provider that asks these in this order until one takes the message. Throws a `ConfigurationError` for what cannot work. */
export function fallback(providers: readonly Provider[], options: RouteOptions = {}): Route {
  return createRoute({ name: 'fallback', parts: providers, options, arrange: (parts, of) => parts.flatMap(of) });
}
