import { BlockList, isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { problemResponse, type InboxProblem } from './problem.ts';

export interface LocalOnlyOptions {
  /**
   * Host names, without a port, by which this machine may be called besides `localhost` and loopback addresses. `*`: any, and through proxies too, for what asks for a password, or
   * is open to all who reach it: then only pages of other origins are kept out.
   */
  allowedHosts?: readonly string[];
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** By which proxies say that they are one (RFC 7239, RFC 9110 section 7.6.3, and what was usual before). */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'];

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Keeps websites out of what needs no key because it listens on loopback only: a page that someone on this machine visits can send requests
 * there too, and through DNS rebinding also read the answers. Refuses (403, 415) a Host that is not this machine, an Origin that is not the
 * Host, what browsers mark as sent by another site (but for following a link), and a body that is not JSON, since a form can send any other
 * without asking. Programs that are not browsers notice nothing. Also refuses (403) what came through a proxy, which may have put this machine's
 * name in place of the Host that the world called: known by `Forwarded`, `Via`, `X-Forwarded-For`, `X-Forwarded-Host` or `X-Forwarded-Proto`. A
 * proxy that adds none of them cannot be told from a program of this machine: put none in front.
 */
export function localOnly({ allowedHosts = [] }: LocalOnlyOptions = {}): MiddlewareHandler {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  return async (c, next) => {
    const refusal = refusalOf(c.req.raw, allowed);
    return refusal ? problemResponse(c, refusal) : next();
  };
}

function refusalOf({ method, headers, url }: Request, allowed: ReadonlySet<string>): InboxProblem | null {
  const host = headers.get('host') ?? new URL(url).host;
  const isOpen = allowed.has('*');
  if (!isOpen && !isLocal(host, allowed)) {
    return { code: 'host_not_allowed', detail: 'Call this server localhost or 127.0.0.1, or allow this host name.' };
  }
  const proxied = proxyHeaders.find((name) => headers.has(name));
  if (!isOpen && proxied !== undefined) {
    return {
      code: 'proxy_not_allowed',
      detail: `This came through a proxy (${proxied}), behind which anyone could be. Call this server directly.`,
    };
  }
  const origin = headers.get('origin');
  if ((origin !== null && !isOriginOf(origin, host)) || isSentByAnotherSite(method, headers)) {
    return {
      code: 'origin_not_allowed',
      detail: 'Pages of other origins may not call this server. Call it from your backend.',
    };
  }
  if (!['GET', 'HEAD', 'OPTIONS'].includes(method) && !isJsonOrEmpty(headers)) {
    return { code: 'unsupported_media_type', detail: 'Send JSON, as Content-Type: application/json.' };
  }
  return null;
}

function isLocal(host: string, allowed: ReadonlySet<string>): boolean {
  // The parser below would take more for a host than may stand in this header (RFC 9110 section 7.2).
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)) return false;
  const hostname = URL.parse(`http://${host}`)?.hostname;
  if (hostname === undefined) return false;
  // RFC 6761 section 6.3: these names are loopback, whatever a name server says.
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || allowed.has(hostname)) return true;
  return isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''));
}

/** Of a connection, or named in a Host. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function isOriginOf(origin: string, host: string): boolean {
  const url = URL.parse(origin);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return false;
  // Parsed alike, so that a port that goes without saying may be said.
  return url.host === URL.parse(`${url.protocol}//${host}`)?.host;
}

/** By the Fetch Metadata of the request, which pages cannot change (https://www.w3.org/TR/fetch-metadata/). */
function isSentByAnotherSite(method: string, headers: Headers): boolean {
  const site = headers.get('sec-fetch-site');
  if (site === null || site === 'same-origin' || site === 'none') return false;
  const followsLink =
    method === 'GET' && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
  return !followsLink;
}

function isJsonOrEmpty(headers: Headers): boolean {
  const type = headers.get('content-type');
  if (type !== null) return jsonType.test(type);
  return !headers.has('transfer-encoding') && Number(headers.get('content-length') ?? 0) === 0;
}
