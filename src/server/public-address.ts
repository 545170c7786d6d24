import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Of IPv4, what is not the public Internet (IANA special-purpose registry, RFC 6890). */
const notPublic = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(address, bits, 'ipv4');
}

/** Of IPv6, what has been given out (RFC 4291 section 2.4), without what holds an IPv4 address or is for documents. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');
const reserved = new BlockList();
for (const [address, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const) {
  reserved.addSubnet(address, bits, 'ipv6');
}

/** Whether an address is of the public Internet: not private, not loopback, not link-local, and none of the other special ones. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  return family === 6 && global.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

/** What there is in place of a connection. Holds neither name nor address. */
export function notPublicError(): Error {
  return Object.assign(new Error('The name leads to an address that is not public.'), { code: 'EADDRNOTPUBLIC' });
}

/** False for an address that stands in a URL itself and is not public: it is never looked up. */
export function isPublicHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || isPublicAddress(host);
}

/** A `lookup` for `node:http` and `node:net` by which names lead to public addresses alone: what was looked up and judged is what is connected to. */
export function publicLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? notPublicError(), '', 0);
      // One that is not is reason enough: whoever names it may not choose which is tried.
      if (!addresses.every(({ address }) => isPublicAddress(address))) return callback(notPublicError(), '', 0);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
