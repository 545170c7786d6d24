import { domainToASCII } from 'node:url';
import { ConfigurationError } from './errors.ts';

export interface TextOptions {
  code: string;
  /** Whose code it is. */
  brand: string;
  /** Host of the page where the code is typed: adds the WebOTP line. */
  origin: string | null;
  /** BCP 47 tag of what the person reads. */
  locale: string | undefined;
}

interface Wording {
  locale: string;
  text(code: string, brand: string): string;
  notice(number: string): string;
  testNotice: string;
}

const english: Wording = {
  locale: 'en',
  // The code comes first: it shows in a notification's preview.
  text: (code, brand) => `${code} is your ${brand} code. Never share it.`,
  notice: (number) =>
    `We sent a code to ${number}. If you don't see it after a minute, check that the number is correct and try again.`,
  testNotice: 'This is a test number: no text is sent. Use its configured code.',
};

const wordings = new Map([english].map((wording) => [wording.locale, wording]));

/** The nearest wording to a language tag; at last English. */
function wordingFor(locale: string | undefined): Wording {
  const language = locale?.toLowerCase().split(/[-_]/)[0] ?? '';
  return wordings.get(language) ?? english;
}

/**
 * The whole text for a person. With an origin its last line is `@host #code` and nothing follows it, as both the WebOTP draft
 * (https://wicg.github.io/sms-one-time-codes/) and Chrome's parser read it.
 */
export function messageText({ code, brand, origin, locale }: TextOptions): { text: string; locale: string } {
  const wording = wordingFor(locale);
  const text = wording.text(code, brand);
  return { text: origin === null ? text : `${text}\n\n@${origin} #${code}`, locale: wording.locale };
}

/** What to tell the person after a send. `number` as people write it. */
export function sentNotice(number: string, locale: string | undefined): string {
  return wordingFor(locale).notice(number);
}

/** What to tell the person who asked for a code to a test number. */
export function testNotice(locale: string | undefined): string {
  return wordingFor(locale).testNotice;
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

/** The brand as it stands in texts. Unset: `verification`, as in "your verification code". Throws a `ConfigurationError` for what no text should hold. */
export function brandName(brand = 'verification'): string {
  if (!/^[^\p{C}@#]{1,40}$/u.test(brand) || brand.trim() !== brand) {
    throw new ConfigurationError(['brand must be 1 to 40 characters on one line, without @ and #']);
  }
  return brand;
}
