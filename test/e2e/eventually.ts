import { expect } from 'vitest';

/** Like `expect.poll`, with the patience that a page on a busy machine needs. */
export function eventually<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 15_000 });
}
