import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpAddress } from '../../src/ip-address.ts';

const ipv4 = fc.ipV4();
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });

/** One way to write eight groups: in capitals or not, with leading zeros or not, one run of zeros left out or not, the end in dots or not. */
const spelling = fc.record({ capitals: fc.boolean(), padded: fc.boolean(), gap: fc.nat(8), inDots: fc.boolean() });

function spell(
  address: readonly number[],
  { capitals, padded, gap, inDots }: { [F in keyof typeof style]: (typeof style)[F] },
) {
  const hex = (group: number): string => group.toString(16).padStart(padded ? 4 : 1, '0');
  const [high = 0, low = 0] = address.slice(6);
  const words = inDots
    ? [...address.slice(0, 6).map(hex), [high >> 8, high & 255, low >> 8, low & 255].join('.')]
    : address.map(hex);
  let end = gap;
  while (end < 8 && address[end] === 0 && !(inDots && end >= 6)) end += 1;
  const text = end > gap ? `${words.slice(0, gap).join(':')}::${words.slice(end).join(':')}` : words.join(':');
  return capitals ? text.toUpperCase() : text;
}
const style = { capitals: false, padded: false, gap: 0, inDots: false };

test('all spellings of one IPv6 address are one address, and another address never is', () => {
  fc.assert(
    fc.property(groups, groups, spelling, spelling, (one, other, first, second) => {
      const parsed = parseIpAddress(spell(one, first));
      expect(parsed).not.toBeNull();
      expect(parseIpAddress(spell(one, second))).toEqual(parsed);
      const same = one.join() === other.join();
      expect(parseIpAddress(spell(other, first))?.address === parsed?.address).toBe(same);
    }),
    { numRuns: 500 },
  );
});

test('what an address is counted under reads as the same address', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, fc.ipV6()), (text) => {
      const parsed = parseIpAddress(text);
      expect(isIP(parsed?.address ?? '')).not.toBe(0);
      expect(parseIpAddress(parsed?.address ?? '')).toEqual(parsed);
    }),
  );
});

test.each([
  ['64:ff9b::203.0.113.9', '203.0.113.9', null],
  ['64:ff9b:0:0:0:0:cb00:7109', '203.0.113.9', null],
  ['64:ff9b:1::cb00:7109', '64:ff9b:1::cb00:7109', '64:ff9b:1:0::/64'],
  ['2002:cb00:7109:1::1', '2002:cb00:7109:1::1', '2002:cb00:7109::/48'],
  ['2002:cb00:7109:ffff::1', '2002:cb00:7109:ffff::1', '2002:cb00:7109::/48'],
])('%s is counted as %s of %s', (text, address, network) => {
  expect(parseIpAddress(text)).toEqual({ address, network });
});

test('two IPv6 addresses are of one network exactly when their first 64 bits are the same', () => {
  const end = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
  const near = groups.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.oneof(
        groups,
        end.map((last) => [...one.slice(0, 4), ...last]),
      ),
    ),
  );
  fc.assert(
    fc.property(near, spelling, ([one, other], how) => {
      const [first, second] = [parseIpAddress(spell(one, how)), parseIpAddress(spell(other, how))];
      if (!first?.network || !second?.network) return;
      const block = new BlockList();
      block.addSubnet(first.address, 64, 'ipv6');
      expect(first.network === second.network).toBe(block.check(second.address, 'ipv6'));
    }),
    { numRuns: 500 },
  );
});

test('an IPv4 address that is written as IPv6 is the IPv4 address, and of no IPv6 network', () => {
  fc.assert(
    fc.property(ipv4, (text) => {
      const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
      const inHex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      for (const mapped of [`::ffff:${text}`, `::FFFF:${inHex}`, `0:0:0:0:0:ffff:${text}`, `0000::ffff:${inHex}`]) {
        expect(parseIpAddress(mapped)).toEqual({ address: text, network: null });
      }
    }),
  );
});

test.each([
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::2:3:4:5:6:7', '0:0:2:3::/64'],
  ['1::', '1:0:0:0::/64'],
  ['::203.0.113.9', '0:0:0:0::/64'],
])('%s is of the network %s', (address, network) => {
  expect(parseIpAddress(address)?.network).toBe(network);
});

test.each([
  '',
  ' 203.0.113.9',
  '203.0.113.9 ',
  '203.0.113',
  '203.0.113.9.1',
  '203.0.113.256',
  '203.0.113.09',
  '0xcb.0.113.9',
  '3405803785',
  '203.0.113.9/32',
  '203.0.113.9:80',
  '[2001:db8::1]',
  'fe80::1%eth0',
  '::ffff:203.0.113.9%1',
  '1:2:3:4:5:6:7',
  '::1::',
  'localhost',
  '٢٠٣.٠.١١٣.٩',
])('%j is no address', (text) => {
  expect(parseIpAddress(text)).toBeNull();
});
