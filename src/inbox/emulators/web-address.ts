import { ConfigurationError } from '../../errors.ts';

/** Whether receipts and replies can be told to it. */
export function isWebAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value);
}

/** Throws a `ConfigurationError` where replies could not be told to it. */
export function assertInboundUrl(inboundUrl: string | undefined): void {
  if (inboundUrl !== undefined && !isWebAddress(inboundUrl)) {
    throw new ConfigurationError(['inboundUrl must be an address that begins with http:// or https://']);
  }
}
