import { BlockList, isIPv6 } from 'node:net';
import { parseIpAddress, unspecifiedAddress } from '../ip-address.ts';

/** How many proxies stand in front, or which addresses and CIDR blocks are theirs. */
export type TrustedProxies = number | readonly string[];

/** What `@hono/node-server`, and so `toNodeListener` and `mount` of `hono/mount`, passes beside a request. */
interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

const ipv4Bits = 32;
const ipv6Bits = 128;

interface Block {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** No network of one operator is larger than these. */
const leastBits = { ipv4: 8, ipv6: 16 };

/** Null for what is no address and no CIDR block, and for a block of nearly all addresses: whoever trusts everybody lets them say who they are. */
function parseBlock(text: string): Block | null {
  const [given = '', bitsGiven, ...rest] = text.split('/');
  const ip = parseIpAddress(given);
  if (!ip || rest.length > 0 || (bitsGiven !== undefined && !/^[1-9]\d{0,2}$/.test(bitsGiven))) return null;
  const family = isIPv6(ip.address) ? 'ipv6' : 'ipv4';
  const length = family === 'ipv6' ? ipv6Bits : ipv4Bits;
  // Of an IPv4 address that is written as IPv6 the first bits are the same for all.
  const before = isIPv6(given) && family === 'ipv4' ? ipv6Bits - ipv4Bits : 0;
  const bits = bitsGiven === undefined ? length : Number(bitsGiven) - before;
  return bits >= leastBits[family] && bits <= length ? { address: ip.address, bits, family } : null;
}

/** What is wrong with a setting, so that it completes "trustedProxies ..."; null: nothing. */
export function proxiesFault(proxies: TrustedProxies): string | null {
  const ok =
    typeof proxies === 'number'
      ? Number.isInteger(proxies) && proxies >= 0 && proxies <= maxHops
      : Array.isArray(proxies) &&
        proxies.length > 0 &&
        proxies.every((one) => typeof one === 'string' && parseBlock(one) !== null);
  return ok ? null : 'must be a hop count, or addresses and CIDR blocks like 10.0.0.0/8 that do not hold everybody';
}

const maxHops = 99;

/** The address of the other end of the connection, where whoever calls the handler tells it. */
export function peerOf(env: unknown): string | undefined {
  return (env as NodeBindings | null | undefined)?.incoming?.socket?.remoteAddress;
}

/**
 * Makes a reader of the person's address: from the connection, and from `X-Forwarded-For` as far as trusted proxies wrote it. What a caller writes there itself is
 * never taken. Where the header is shorter than it must be, or holds what is no address, the answer is what is surely known, which others may share:
 * nobody gets out of a limit that way. That is the proxy; without a known connection, the unspecified address.
 *
 * A hop count: so many proxies each add who called them; 0 takes the connection's own. Blocks: the nearest that is not one of these.
 */
export function addressReader(
  proxies: TrustedProxies,
): (forwardedFor: string | null, peer: string | undefined) => string {
  return typeof proxies === 'number' ? byHops(proxies) : byBlocks(proxies);
}

function byHops(hops: number): ReturnType<typeof addressReader> {
  return (forwardedFor, peer) => {
    const known = peerAddress(peer);
    if (hops === 0) return known;
    const added = entriesOf(forwardedFor).at(-hops);
    return (added !== undefined && entryAddress(added)) || known;
  };
}

function byBlocks(texts: readonly string[]): ReturnType<typeof addressReader> {
  const trusted = new BlockList();
  for (const block of texts.map(parseBlock)) if (block) trusted.addSubnet(block.address, block.bits, block.family);
  const isTrusted = (address: string): boolean => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

  return (forwardedFor, peer) => {
    let known = peerAddress(peer);
    if (!isTrusted(known)) return known;
    for (const entry of entriesOf(forwardedFor).toReversed()) {
      const address = entryAddress(entry);
      if (address === null) break;
      known = address;
      if (!isTrusted(known)) break;
    }
    return known;
  };
}

/** From the farthest to the nearest. Several headers have been joined by commas before. */
function entriesOf(forwardedFor: string | null): string[] {
  return forwardedFor === null ? [] : forwardedFor.split(',').map((entry) => entry.trim());
}

/** An address as proxies write it, some with the port: `203.0.113.9:4711`, `[2001:db8::7]`, `[2001:db8::7]:4711`. */
const withPort = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/;

function entryAddress(entry: string): string | null {
  const [, inBrackets, inDots] = withPort.exec(entry) ?? [];
  if (inBrackets !== undefined && !isIPv6(inBrackets)) return null;
  return parseIpAddress(inBrackets ?? inDots ?? entry)?.address ?? null;
}

/** Of a link-local peer Node tells the zone too. */
function peerAddress(peer: string | undefined): string {
  return parseIpAddress((peer ?? '').replace(/%.*$/, ''))?.address ?? unspecifiedAddress;
}
