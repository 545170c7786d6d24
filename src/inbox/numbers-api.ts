import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { LeasedNumber, NumberPool } from './numbers.ts';
import { problemResponse } from './problem.ts';
import { faultsOf, queries, withQuery } from './query.ts';

const maxBodyBytes = 4_096;
const maxLeaseSeconds = 86_400;

const wish = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a country as two capital letters (ISO 3166-1 alpha-2), like US')
    .optional(),
  run: z.string().min(1).max(100).optional(),
  seconds: z.int(`must be a whole number from 1 to ${maxLeaseSeconds}`).min(1).max(maxLeaseSeconds).optional(),
  number: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164, like +12025550143')
    .optional(),
});

/**
 * `POST`, `GET` and `DELETE api/numbers`: numbers for tests, each lent to one at a time. So tests that run side by side, also in several processes, never read each other's
 * texts.
 */
export function lendNumbers(app: Hono, numbers: NumberPool): void {
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => problemResponse(c, { code: 'invalid_request', detail: `Send at most ${maxBodyBytes} bytes.` }),
  });

  app.post('/api/numbers', tooLarge, async (c) => {
    const body = await c.req.text();
    const parsed = wish.safeParse(body === '' ? {} : readJson(body));
    if (!parsed.success) {
      return problemResponse(c, {
        code: 'invalid_request',
        detail: 'Send {}, and "country", "run", "seconds" or "number" if they matter. See errors.',
        errors: faultsOf(parsed.error),
      });
    }
    const lease = numbers.lease(parsed.data);
    if (lease) return c.json(wireLease(lease), 201);
    const { country = 'US', number } = parsed.data;
    return problemResponse(c, {
      code: 'no_number',
      detail:
        number === undefined
          ? `There is no free number of ${country}: give some back (DELETE), or name one with "number".`
          : 'Someone has this number: give it back (DELETE), or take another.',
    });
  });

  app.get('/api/numbers', (c) => c.json({ data: numbers.list().map(wireLease) }));

  // Who names the cursor of a lease gives back that one, and not the number that someone else has by now.
  app.delete('/api/numbers/:number', (c) =>
    withQuery(c, queries.giveBack, ({ cursor }) => {
      const number = `+${c.req.param('number').replace(/^\+/, '')}`;
      if (cursor === undefined || numbers.find(number)?.cursor === cursor) numbers.release(number);
      return c.body(null, 204);
    }),
  );
}

function wireLease({ number, country, run, leasedAt, expiresAt, cursor }: LeasedNumber) {
  return {
    number,
    country,
    run,
    leased_at: leasedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    cursor,
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
