import { proxiesFault, type TrustedProxies } from '../../http/client-address.ts';
import { separate, type OptionType, type Reading } from './option-types.ts';

/** A hop count, or addresses and CIDR blocks. */
export const trustedProxies: OptionType<TrustedProxies> = {
  placeholder: '<hops|blocks>',
  read(text): Reading<TrustedProxies> {
    const value = /^\d+$/.test(text) ? Number(text) : separate(text);
    const fault = proxiesFault(value);
    return fault === null ? { value } : { faults: [fault] };
  },
  show: (value) => (typeof value === 'number' ? String(value) : value.join(',')),
};
