import { domainToASCII } from 'node:url';
import { ConfigurationError } from './errors.ts';
import { maxCodeLength, resolvePolicy, type Policy, type PolicyContext } from './policy.ts';
import { createTexts, type TextOptions, type Texts } from './texts/texts.ts';

/** What decides over texts, as a verifier is given it. */
export interface MessageOptions extends TextOptions {
  readonly brand?: string | undefined;
  readonly origin?: string | undefined;
  readonly policy?: Partial<Policy> | ((context: PolicyContext) => Partial<Policy>) | undefined;
}

/** The texts of a verifier. Throws a `ConfigurationError` that names everything that is wrong at once. */
export function openTexts(options: MessageOptions): Texts {
  const { brand, origin, policy } = options;
  return createTexts({
    ...options,
    brand: brand === undefined ? null : brandName(brand),
    origin: origin === undefined ? null : webOtpHost(origin),
    codeLength: longestCode(policy),
    judgeBrand: brandName,
  });
}

/** How many digits a code can have. */
function longestCode(policy: MessageOptions['policy']): number {
  if (typeof policy === 'function') return maxCodeLength;
  const { codeLength, allowOwnCode } = resolvePolicy(policy);
  return allowOwnCode ? maxCodeLength : codeLength;
}

/** The host of the WebOTP line from what was configured: a host name or an https origin. Throws a `ConfigurationError` for anything else. */
export function webOtpHost(origin: string): string {
  const name = origin.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const host = /[\s/?#@:\\]/.test(name) ? '' : domainToASCII(name);
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host)) {
    throw new ConfigurationError([
      `origin must be the host name of the page where codes are typed, such as example.com`,
    ]);
  }
  return host;
}

/** The brand as it stands in texts. Throws a `ConfigurationError` for what no text should hold. */
export function brandName(brand: string): string {
  if (!/^[^\p{C}@#]{1,40}$/u.test(brand) || brand.trim() !== brand) {
    throw new ConfigurationError(['brand must be 1 to 40 characters on one line, without @ and #']);
  }
  return brand;
}
