/** A code that a text binds to a website. */
export interface DomainBoundCode {
  readonly host: string;
  readonly code: string;
  /** Of a frame in which the code is typed; null: of none. */
  readonly embeddedHost: string | null;
}

/** As https://wicg.github.io/sms-one-time-codes/#parsing says: the last line alone, from its first character on; what follows is let go. Null: the draft finds no code. */
export function readAsDrafted(text: string): DomainBoundCode | null {
  const line = text.replaceAll(/\r\n?/g, '\n').split('\n').at(-1) ?? '';
  const found = /^@([^\t\f ]+) #([^\t\f ]+)(?: @([^\t\f ]+))?/.exec(line);
  if (!found) return null;
  const [, host = '', code = '', embeddedHost = null] = found;
  return { host, code, embeddedHost };
}

/** As Chromium does (content/browser/sms/sms_parser.cc): anywhere in the text, with a host that is letters, digits, dots and dashes. */
export function readAsChrome(text: string): DomainBoundCode | null {
  const found = /(?:^|[\t\n\f\r ])@([a-zA-Z0-9.-]+) #([^#\t\n\f\r ]+)(?: @([a-zA-Z0-9.-]+))?/.exec(text);
  if (!found) return null;
  const [, host = '', code = '', embeddedHost = null] = found;
  const hosts = embeddedHost === null ? [host] : [host, embeddedHost];
  return hosts.every((one) => URL.canParse(`https://${one}`)) ? { host, code, embeddedHost } : null;
}

/** What browsers make of a text: null unless the draft and Chromium find the same. */
export function readDomainBound(text: string): DomainBoundCode | null {
  const drafted = readAsDrafted(text);
  const chrome = readAsChrome(text);
  if (!drafted || !chrome) return null;
  const same =
    drafted.host === chrome.host && drafted.code === chrome.code && drafted.embeddedHost === chrome.embeddedHost;
  return same ? drafted : null;
}

/** What Android's SMS Retriever takes at most, in bytes (UTF-8). */
export const retrieverBytes = 140;

/** How long a text is for Android's SMS Retriever, in bytes. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * The hash of the Android app that a text is for, in the strict form of https://developers.google.com/identity/sms-retriever/verify, which old versions of Play services
 * want too: `<#> ` first, the hash last, at most 140 bytes. Null: it is for none.
 */
export function readAppHash(text: string): string | null {
  if (!text.startsWith('<#> ') || bytesOf(text) > retrieverBytes) return null;
  return /[\n ]([0-9A-Za-z+/]{11})$/.exec(text)?.[1] ?? null;
}
