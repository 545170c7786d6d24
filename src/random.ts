import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4_096);
let used = pool.length;

/**
 * So many random bytes, from a cryptographically secure generator, which is asked for many at once: to ask takes as long for 4,096 as for 12. No byte is given
 * twice, and none that was given stays here.
 */
export function randomBytes(count: number): Buffer {
  if (count > pool.length) throw new RangeError(`at most ${pool.length} bytes at once`);
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}
