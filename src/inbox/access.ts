import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { parseIpAddress, unspecifiedAddress } from '../ip-address.ts';
import { isLoopbackAddress, localOnly } from './local-only.ts';
import { problemResponse } from './problem.ts';

export interface PasswordOptions {
  password: string;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

const cookieName = 'phoneproof_inbox';
const cookieSeconds = 30 * 86_400;

/** How many wrong passwords an address may try, and in which time. */
const maxWrong = 10;
const windowMs = 60_000;
/** So many addresses are remembered: those that tried first are forgotten first. */
const maxAddresses = 10_000;

/**
 * Asks who calls for a password: as `Authorization: Bearer`, or as the password of any user (`Basic`, RFC 7617). A page is opened with `?key=` too, which is taken out of the address and
 * kept in a cookie that no script reads and no other site's request brings. Answers others with 401, and an address that tried many wrong ones with 429 for a while, whatever it
 * brings then. Pages of other origins are refused as `localOnly` does it, but any Host may be called: a rebound one (DNS) brings no password.
 */
export function passwordOnly({ password, clock = Date.now }: PasswordOptions): MiddlewareHandler {
  const notFromOtherSites = localOnly({ allowedHosts: ['*'] });
  const cookie = createHmac('sha256', password).update('phoneproof inbox cookie').digest('base64url');
  const wrong = createWrongTries(clock);

  return async (c, next) => {
    let passed = false;
    const refusal = await notFromOtherSites(c, async () => {
      passed = true;
    });
    return passed ? answer(c, next) : refusal;
  };

  async function answer(c: Context, next: () => Promise<void>): Promise<Response | undefined> {
    const given = credentialOf(c);
    if (given === null) return refuse(c, 'This inbox asks for its password: send it as a bearer token, or log in.');
    const address = addressOf(c);
    const waitMs = wrong.blockedForMs(address);
    if (waitMs > 0) {
      c.header('retry-after', String(Math.ceil(waitMs / 1_000)));
      const detail = 'Too many wrong passwords came from this address. Wait as long as Retry-After says.';
      return problemResponse(c, { code: 'rate_limited', detail });
    }
    if (!isSame(given.text, given.by === 'cookie' ? cookie : password)) {
      wrong.count(address);
      // So that a page which goes on asking with it is no one who guesses.
      if (given.by === 'cookie') keepCookie(c, '', 0);
      return refuse(c, 'This is not the password of this inbox.');
    }
    if (given.by !== 'key') {
      await next();
      return undefined;
    }
    keepCookie(c, cookie, cookieSeconds);
    return openWithoutKey(c);
  }
}

/** Lets only programs of this machine through, by where the connection comes from: for what asks for no password on a port that others reach. */
export function thisMachineOnly(detail: string): MiddlewareHandler {
  return async (c, next) => {
    const address = remoteAddressOf(c);
    if (address === undefined || isLoopbackAddress(address)) return next();
    return problemResponse(c, { code: 'host_not_allowed', detail });
  };
}

interface Credential {
  readonly by: 'header' | 'key' | 'cookie';
  readonly text: string;
}

/** What comes first counts: a header, the address, a cookie. */
function credentialOf(c: Context): Credential | null {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { by: 'header', text: value };
  if (scheme.toLowerCase() === 'basic') {
    const [, text = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
    return { by: 'header', text };
  }
  const key = isPage(c) ? c.req.query('key') : undefined;
  if (key !== undefined) return { by: 'key', text: key };
  const text = getCookie(c, cookieName);
  return text === undefined ? null : { by: 'cookie', text };
}

/** Elsewhere a key does not belong in an address, which logs and histories keep. */
function isPage(c: Context): boolean {
  return c.req.method === 'GET' && /^(?:\/[^/]+)*\/inbox\/?$/.test(c.req.path);
}

function keepCookie(c: Context, value: string, maxAge: number): void {
  setCookie(c, cookieName, value, { httpOnly: true, sameSite: 'Strict', path: '/inbox', maxAge });
}

function openWithoutKey(c: Context): Response {
  const url = new URL(c.req.url);
  url.searchParams.delete('key');
  const address = url.pathname + url.search;
  const site = c.req.header('sec-fetch-site');
  if (site === undefined || site === 'none' || site === 'same-origin') return c.redirect(address, 303);
  // Someone followed a link: after a redirect the browser would still count it as that site's, and keep the cookie back.
  const escaped = address.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return c.html(`<!doctype html><meta http-equiv="refresh" content="0;url=${escaped}">`, 200, {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
}

function refuse(c: Context, detail: string): Response {
  // What a page asks for in the background must not open a window of the browser's own.
  const mode = c.req.header('sec-fetch-mode');
  const scheme = mode === undefined || mode === 'navigate' ? 'Basic' : 'Bearer';
  c.header('www-authenticate', `${scheme} realm="phoneproof inbox"${scheme === 'Basic' ? ', charset="UTF-8"' : ''}`);
  return problemResponse(c, { code: 'unauthorized', detail });
}

/** In a time that does not tell how much of them is the same. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a!, b!);
}

function remoteAddressOf(c: Context): string | undefined {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress;
}

/** Whoever has one IPv6 address has all of its network. */
function addressOf(c: Context): string {
  const parsed = parseIpAddress(remoteAddressOf(c)?.replace(/%.*/, '') ?? unspecifiedAddress);
  return parsed?.network ?? parsed?.address ?? unspecifiedAddress;
}

function createWrongTries(clock: () => number) {
  const tries = new Map<string, { endsAtMs: number; count: number }>();
  return {
    /** 0: it may try. */
    blockedForMs(address: string): number {
      const { endsAtMs = 0, count = 0 } = tries.get(address) ?? {};
      return count < maxWrong ? 0 : Math.max(0, endsAtMs - clock());
    },
    count(address: string): void {
      const nowMs = clock();
      const before = tries.get(address);
      const goesOn = before !== undefined && before.endsAtMs > nowMs;
      tries.delete(address);
      tries.set(address, goesOn ? { ...before, count: before.count + 1 } : { endsAtMs: nowMs + windowMs, count: 1 });
      const [oldest] = tries.keys();
      if (tries.size > maxAddresses && oldest !== undefined) tries.delete(oldest);
    },
  };
}
