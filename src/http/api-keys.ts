import { hash } from 'node:crypto';
import { ConfigurationError } from '../errors.ts';
import { argumentPatterns } from '../requests.ts';

/** Who calls. */
export interface Caller {
  tenant: string;
}

/** Says who sends a request; null: nobody that is known here. */
export type Authenticate = (request: Request) => Caller | null | Promise<Caller | null>;

/** What can be sent as `Authorization: Bearer <key>` (RFC 6750 section 2.1). */
const bearerKey = /^[A-Za-z0-9._~+/-]+=*$/;
const bearerHeader = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Says who sends an `Authorization` header, by API keys, each `key` (of the tenant `default`) or `tenant:key`. Keeps their SHA-256 digests and looks a caller's up
 * among these, so that how long it takes says nothing about a key. Throws a `ConfigurationError` that names entries by place, never by content.
 */
export function apiKeyAuthentication(entries: readonly string[]): (authorization: string | null) => Caller | null {
  const callers = new Map<string, Caller>();
  const faults: string[] = [];
  for (const [i, entry] of entries.entries()) {
    const colon = entry.indexOf(':');
    const tenant = colon < 0 ? 'default' : entry.slice(0, colon);
    const key = entry.slice(colon + 1);
    const digest = hash('sha256', key);
    if (!argumentPatterns.tenant.test(tenant)) faults.push(`apiKeys[${i}] names a tenant that is not one`);
    if (!bearerKey.test(key)) faults.push(`apiKeys[${i}] is empty or holds what a bearer key cannot`);
    else if (callers.has(digest)) faults.push(`apiKeys[${i}] is given twice`);
    callers.set(digest, { tenant });
  }
  if (entries.length === 0) faults.push('apiKeys must hold at least one key');
  if (faults.length > 0) throw new ConfigurationError(faults);

  return (authorization) => {
    const key = bearerHeader.exec(authorization ?? '')?.[1];
    return key === undefined ? null : (callers.get(hash('sha256', key)) ?? null);
  };
}
