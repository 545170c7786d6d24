import { STATUS_CODES } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { breakOff, type Fault } from './emulator.ts';

/**
 * Goes around the calls of vendors that rent numbers. Whoever follows a link of another site there is refused: these calls change something, and they are GETs. No answer is kept,
 * and none is taken for a page: a text may hold anything, and the page of the inbox is of the same origin.
 */
export const aroundRents: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site') ?? 'none';
  if (site === 'cross-site' || site === 'same-site') return c.text('Links of other sites lead nowhere here.', 403);
  await next();
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
};

/** What a vendor's API says in plain text: its sites say `text/html`, as which a browser would run what a text holds. */
export function plain(c: Context, text: string | number, status = 200): Response {
  return c.text(String(text), status as ContentfulStatusCode);
}

/** One vendor of this kind is known to say so; of the others it is not known what they say. */
export function tooMany(c: Context): Response {
  return plain(c, 'Too many requests', 429);
}

/** How a fault that keeps a number from being rented looks: `refuse` answers in the vendor's own words; where something in front of the vendor fails, it is a proxy's page. */
export function refused(c: Context, fault: Fault, refuse: (code: string | undefined) => Response): Response {
  switch (fault.kind) {
    case 'cut_before':
      return breakOff(c);
    case 'rate_limited':
      c.header('retry-after', String(fault.retryAfterSeconds));
      return tooMany(c);
    case 'server_error': {
      const title = `${fault.status} ${STATUS_CODES[fault.status] ?? 'Error'}`;
      const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
      return c.html(page, fault.status as ContentfulStatusCode);
    }
    default:
      return refuse(fault.kind === 'refused' ? fault.code : undefined);
  }
}
