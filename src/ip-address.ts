import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An IP address in the one form under which it is counted: all spellings of one address come to the same. */
export interface IpAddress {
  /** IPv4 in dots, also where it was written as IPv6 (`::ffff:203.0.113.9`, RFC 4291 section 2.5.5.2; `64:ff9b::203.0.113.9`, RFC 6052); IPv6 as RFC 5952 writes it. */
  readonly address: string;
  /** The first 64 bits of an IPv6 address, which one customer has at least: `2001:db8:0:7::/64`; of 6to4 the first 48. Null for IPv4. */
  readonly network: string | null;
}

/** What stands for an address that is not known (RFC 4291 section 2.5.2): all whose address is not known are counted as one. */
export const unspecifiedAddress = '::';

/** Reads an address; null for what is none, and for one with a zone (`fe80::1%eth0`), which means something on one machine only. */
export function parseIpAddress(text: string): IpAddress | null {
  if (isIPv4(text)) return { address: text, network: null };
  if (!isIPv6(text) || text.includes('%')) return null;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const embedded = /^::ffff:([\d.]+)$/.exec(address)?.[1] ?? translated(groupsOf(address));
  return embedded === undefined ? { address, network: networkOf(address) } : { address: embedded, network: null };
}

const groupsPerAddress = 8;
const groupsPerNetwork = 4;
/** 6to4 (RFC 3056): whoever has one IPv4 address has 65,536 networks. */
const sixToFour = { group: '2002', groupsPerNetwork: 3 };

/** The IPv4 address of one who came through a translator, `64:ff9b::/96` (RFC 6052): all of them would be one network. */
function translated(groups: readonly string[]): string | undefined {
  if (!groups.join(':').startsWith('64:ff9b:0:0:0:0:')) return undefined;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 0xff])
    .join('.');
}

/** Of an address as RFC 5952 writes it: `::` stands for all zeros that are missing. */
function groupsOf(address: string): string[] {
  const [front = [], back = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: groupsPerAddress - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back];
}

function networkOf(address: string): string {
  const groups = groupsOf(address);
  const length = groups[0] === sixToFour.group ? sixToFour.groupsPerNetwork : groupsPerNetwork;
  return `${groups.slice(0, length).join(':')}::/${length * 16}`;
}
