import type { MiddlewareHandler } from 'hono';
import { localOnly, type LocalOnlyOptions } from '../local-only.ts';

const bodyHeaders = ['content-length', 'content-type', 'transfer-encoding'];

/**
 * Keeps websites out as `localOnly` does, but lets programs send any kind of body: vendors take forms, and send them as receipts. A form of a website comes with an `Origin` that is
 * another, and so is refused as well.
 */
export function programsOnly(options: LocalOnlyOptions = {}): MiddlewareHandler {
  const guard = localOnly(options);
  return async (c, next) => {
    const { raw } = c.req;
    const headers = new Headers(raw.headers);
    for (const name of bodyHeaders) headers.delete(name);
    // The guard reads no more of a request than this.
    c.req.raw = { method: raw.method, url: raw.url, headers } as Request;
    let passed = false;
    const refusal = await guard(c, async () => {
      passed = true;
    });
    c.req.raw = raw;
    return passed ? next() : refusal;
  };
}
