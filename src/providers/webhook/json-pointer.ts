/** Reads a JSON pointer (RFC 6901); null for what is none. */
export function readPointer(pointer: string): readonly string[] | null {
  if (pointer !== '' && !/^(?:\/(?:[^~/]|~[01])*)+$/.test(pointer)) return null;
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands there; undefined where nothing does. */
export function valueAt(value: unknown, [token, ...rest]: readonly string[]): unknown {
  if (token === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
  if (Array.isArray(value) && !/^\d+$/.test(token)) return undefined;
  return valueAt((value as Readonly<Record<string, unknown>>)[token], rest);
}
