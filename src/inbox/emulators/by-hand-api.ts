import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { problemResponse } from '../problem.ts';
import { faultsOf } from '../query.ts';
import type { ScriptedCarrier } from './carrier.ts';
import type { HeldText } from './held-texts.ts';

const maxBodyBytes = 16_384;

const code = z
  .string()
  .regex(/^[\w.:-]{1,100}$/, "must be one of the vendor's own codes, as a string")
  .optional();
const letGo = z.strictObject({ outcome: z.enum(['deliver', 'fail'], 'must be deliver or fail'), code });
const receipt = z.strictObject({
  status: z.enum(['delivered', 'failed'], 'must be delivered or failed'),
  code,
  delay_ms: z.int('must be a whole number of milliseconds up to 3600000').min(0).max(3_600_000).default(0),
});
const reply = z.strictObject({ body: z.string('must be the text of the reply').min(1).max(1_600) });

/**
 * What someone at the inbox can do by hand: `GET api/held` and `POST api/held/{id}` let held texts go, `POST api/messages/{id}/receipt` and `POST api/messages/{id}/reply` have the
 * sender of a message told something.
 */
export function actByHand(app: Hono, { held, byHand, inbox }: ScriptedCarrier): void {
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => problemResponse(c, { code: 'invalid_request', detail: `Send at most ${maxBodyBytes} bytes.` }),
  });
  const isThere = (c: Context): boolean => inbox.find(c.req.param('id') ?? '') !== undefined;

  app.get('/api/held', (c) => c.json({ data: held.list().map(wireHeld) }));

  app.post('/api/held/:id', tooLarge, (c) =>
    withBody(c, letGo, '{ "outcome": "deliver" }', (how) =>
      held.letGo(c.req.param('id'), how)
        ? c.body(null, 202)
        : problemResponse(c, { code: 'held_not_found', detail: 'No such text is held: it was let go already.' }),
    ),
  );

  app.post('/api/messages/:id/receipt', tooLarge, (c) =>
    withBody(c, receipt, '{ "status": "delivered" }', ({ status, code: reason, delay_ms: delayMs }) =>
      isThere(c) ? answer(c, byHand.receipt(c.req.param('id'), { status, code: reason, delayMs })) : notFound(c),
    ),
  );

  app.post('/api/messages/:id/reply', tooLarge, (c) =>
    withBody(c, reply, '{ "body": "STOP" }', ({ body }) =>
      isThere(c) ? answer(c, byHand.reply(c.req.param('id'), body)) : notFound(c),
    ),
  );
}

async function withBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  example: string,
  act: (body: z.output<Schema>) => Response,
): Promise<Response> {
  const parsed = schema.safeParse(await c.req.json().catch(() => null));
  if (parsed.success) return act(parsed.data);
  return problemResponse(c, {
    code: 'invalid_request',
    detail: `Send JSON like ${example}. See errors.`,
    errors: faultsOf(parsed.error),
  });
}

function answer(c: Context, whyNot: string | null): Response {
  return whyNot === null ? c.body(null, 202) : problemResponse(c, { code: 'nobody_to_tell', detail: whyNot });
}

function notFound(c: Context): Response {
  return problemResponse(c, { code: 'message_not_found', detail: 'The inbox holds no such message (any more).' });
}

function wireHeld({ heldAt, ...text }: HeldText) {
  return { ...text, held_at: heldAt.toISOString() };
}
