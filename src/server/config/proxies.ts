import { isIP } from 'node:net';
import { separate, type OptionType, type Reading } from './option-types.ts';

/** How many proxies stand in front, or which addresses they have. */
export type TrustedProxies = number | readonly string[];

/** A hop count, or addresses and CIDR blocks. */
export const trustedProxies: OptionType<TrustedProxies> = {
  placeholder: '<hops|blocks>',
  read(text): Reading<TrustedProxies> {
    if (/^\d{1,2}$/.test(text)) return { value: Number(text) };
    const blocks = separate(text);
    if (blocks.length > 0 && blocks.every(isBlock)) return { value: blocks };
    return { faults: ['must be a hop count, or addresses and CIDR blocks like 10.0.0.0/8'] };
  },
  show: (value) => (typeof value === 'number' ? String(value) : value.join(',')),
};

function isBlock(block: string): boolean {
  const [address = '', bits, ...rest] = block.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
