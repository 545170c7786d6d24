export { fallback } from './fallback.ts';
export { byCountry, type ByCountry } from './by-country.ts';
export { weighted, type Weighted } from './weighted.ts';
export { auto, type AutoOptions } from './auto.ts';
export type { ChanceOptions, Observed, ProviderHealth, Route, RouteHealth, RouteOptions } from './route.ts';
export type { ProviderScore } from './health.ts';
export type { BreakerOptions, BreakerState } from './breaker.ts';
