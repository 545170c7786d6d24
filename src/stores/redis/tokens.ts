import { randomFillSync } from 'node:crypto';
import { fromBase64url } from './arguments.ts';

/** Names a call, so that what is sent again is not done again: see record-format.lua. */
export const tokenBytes = 6;

const tokensAtOnce = 512;

/** Makes a source of random tokens. Chance is had cheaper in bulk. */
export function createTokens(): () => Buffer {
  let pool = Buffer.alloc(0);
  let from = 0;
  return () => {
    if (from === pool.length) {
      pool = randomFillSync(Buffer.alloc(tokensAtOnce * tokenBytes));
      from = 0;
    }
    from += tokenBytes;
    return pool.subarray(from - tokenBytes, from);
  };
}

/** The token of a begin, which has a random nonce already: its beginning, as begin.lua takes it. */
export function tokenOf(nonce: string): Buffer {
  return fromBase64url(nonce).subarray(0, tokenBytes);
}
