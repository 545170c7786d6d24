/** What is wrong with an address that is called with a key in it; null: nothing. In clear only on this machine. */
export function faultOfKeyInClear(baseUrl: string, option = 'baseUrl'): string | null {
  if (!URL.canParse(baseUrl)) return null;
  const { protocol, hostname } = new URL(baseUrl);
  const isHere = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  return protocol !== 'http:' || isHere
    ? null
    : `${option} must be an https address: the key is part of every call, and http is for this machine only`;
}
