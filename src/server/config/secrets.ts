import { ConfigurationError } from '../../errors.ts';
import { createKeyring } from '../../keyring.ts';
import { argumentPatterns } from '../../requests.ts';
import { separate, type OptionType, type Reading } from './option-types.ts';

const leastKeyLength = 32;
const leastDistinct = 10;

/** A key that callers send as `Authorization: Bearer <key>`: `key` (of the tenant `default`) or `tenant:key`. */
export const apiKey: OptionType<string> = {
  placeholder: '<key>',
  read(text): Reading<string> {
    const colon = text.indexOf(':');
    const key = text.slice(colon + 1);
    const faults: string[] = [];
    if (colon >= 0 && !argumentPatterns.tenant.test(text.slice(0, colon))) {
      faults.push('names a tenant that is not 1 to 64 letters, digits, dots, dashes or underscores');
    }
    // What a header can carry as a bearer token (RFC 6750 section 2.1).
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(key)) faults.push('may hold only letters, digits and . _ ~ + / - =');
    else if (key.length < leastKeyLength) {
      faults.push(`is shorter than ${leastKeyLength} characters: make one with \`openssl rand -hex 32\``);
    } else if (new Set(key).size < leastDistinct) {
      faults.push('repeats the same few characters: make one with `openssl rand -hex 32`');
    }
    return faults.length > 0 ? { faults } : { value: text };
  },
  show: (entry) => entry,
};

/** 32 random bytes or more, as base64 or hex; what the keyring does not take is a fault. */
export const secret: OptionType<string> = {
  placeholder: '<secret>',
  read: (text) => readSecrets(text, text),
  show: (value) => value,
};

/** Several secrets; the keyring judges them together, so that one given twice is a fault. */
export const secrets: OptionType<readonly string[]> = {
  placeholder: '<secrets>',
  read: (text) => readSecrets(separate(text), separate(text)),
  show: (values) => values.join(','),
};

/** A secret of Standard Webhooks: base64 of 24 to 64 bytes, with or without `whsec_` before it. */
export const webhookSecret: OptionType<string> = {
  placeholder: '<secret>',
  read(given): Reading<string> {
    const base64 = given.replace(/^whsec_/, '');
    const length = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64').length : 0;
    if (length >= 24 && length <= 64) return { value: given };
    return {
      faults: ['must be base64 of 24 to 64 random bytes: make one with `echo whsec_$(openssl rand -base64 32)`'],
    };
  },
  show: (value) => value,
};

function readSecrets<Value>(input: string | readonly string[], value: Value): Reading<Value> {
  try {
    createKeyring({ secret: input });
    return { value };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return {
      faults: error.faults.map((fault) => fault.replace(/^secret (\d+) /, '(entry $1) ').replace(/^secret /, '')),
    };
  }
}
