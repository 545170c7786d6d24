/** What the reference keeps numbers in. Both verbs are one atomic act. */
export interface Engine {
  /** False: too many sends. */
  start(to: string, digest: Buffer, nowMs: number): boolean | Promise<boolean>;
  /** True: right, in time, and not used before. */
  check(to: string, digest: Buffer, nowMs: number): boolean | Promise<boolean>;
  close(): void | Promise<void>;
}

export const maxSends = 3;
export const sendWindowMs = 600_000;
export const maxChecks = 5;
export const lifetimeMs = 300_000;
