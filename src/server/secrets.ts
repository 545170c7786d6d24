import { ConfigurationError } from '../errors.ts';
import { createKeyring } from '../keyring.ts';
import { separate, type OptionType, type Reading } from './option-types.ts';

/** A key that callers send as `Authorization: Bearer <key>`, and the tenant that it names. */
export interface ApiKey {
  readonly tenant: string;
  readonly key: string;
}

const leastKeyLength = 32;
const leastDistinct = 10;

/** `key` (of the tenant `default`) or `tenant:key`. */
export const apiKey: OptionType<ApiKey> = {
  placeholder: '<key>',
  read(text): Reading<ApiKey> {
    const colon = text.indexOf(':');
    const tenant = colon < 0 ? 'default' : text.slice(0, colon);
    const key = text.slice(colon + 1);
    const faults: string[] = [];
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tenant)) {
      faults.push('names a tenant that is not 1 to 64 letters, digits, dots, dashes or underscores');
    }
    // What a header can carry as a bearer token (RFC 6750 section 2.1).
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(key)) faults.push('may hold only letters, digits and . _ ~ + / - =');
    else if (key.length < leastKeyLength) {
      faults.push(`is shorter than ${leastKeyLength} characters: make one with \`openssl rand -hex 32\``);
    } else if (new Set(key).size < leastDistinct) {
      faults.push('repeats the same few characters: make one with `openssl rand -hex 32`');
    }
    return faults.length > 0 ? { faults } : { value: { tenant, key } };
  },
  show: ({ tenant, key }) => `${tenant}:${key}`,
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

function readSecrets<Value>(input: string | readonly string[], value: Value): Reading<Value> {
  try {
    createKeyring({ secret: input });
    return { value };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { faults: error.faults.map((fault) => fault.replace(/^secret (\d+) /, '(entry $1) ').replace(/^secret /, '')) };
  }
}
