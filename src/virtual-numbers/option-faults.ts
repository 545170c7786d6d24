/** What is wrong with options that every adapter has. */
export function commonFaults({
  baseUrl,
  timeoutMs,
  name,
}: {
  baseUrl: unknown;
  timeoutMs?: unknown;
  name?: unknown;
}): string[] {
  const faults: string[] = [];
  if (!isAddress(baseUrl)) {
    faults.push('baseUrl must be an http or https address without user, password, query and fragment');
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0 && Number.isFinite(timeoutMs))) {
    faults.push('timeoutMs must be a number of milliseconds above 0');
  }
  if (name !== undefined && !(typeof name === 'string' && /^[a-z0-9-]{1,32}$/.test(name))) {
    faults.push('name must be 1 to 32 lower-case letters, digits and dashes');
  }
  return faults;
}

/** Whether a value is an http or https address without user, password, query and fragment. */
export function isAddress(url: unknown): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, username, password, search, hash } = new URL(url);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

/** Whether a value is a number in E.164: `+12025550143`. */
export function isE164(number: unknown): number is string {
  return typeof number === 'string' && /^\+[1-9]\d{6,14}$/.test(number);
}
