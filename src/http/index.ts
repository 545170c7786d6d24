export { createHttpHandler, type Answered, type HttpHandler, type HttpHandlerOptions } from './app.ts';
export type { Authenticate, Caller } from './api-keys.ts';
export type { TrustedProxies } from './client-address.ts';
export type { ProblemCode } from './problem.ts';
export type { Ready } from './routes/health.ts';
export { toNodeListener, type NodeListener } from './node-listener.ts';
