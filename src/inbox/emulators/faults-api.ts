import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { problemResponse } from '../problem.ts';
import { faultsOf, queries, withQuery } from '../query.ts';
import type { FaultEntry, FaultScript, ScriptedFault } from './faults.ts';

const maxBodyBytes = 4_096;
const maxEntries = 1_000;

const milliseconds = (max: number) => z.int(`must be a whole number of milliseconds up to ${max}`).min(0).max(max);
const code = z
  .string()
  .regex(/^[\w.:-]{1,100}$/, "must be one of the vendor's own codes, as a string")
  .optional();

/** Every kind of fault as it is written on the wire. */
const fault = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('delay'), delay_ms: milliseconds(60_000) }),
    z.strictObject({ kind: z.literal('rate_limited'), retry_after_seconds: z.int().min(0).max(86_400).default(1) }),
    z.strictObject({ kind: z.literal('server_error'), status: z.int().min(500).max(599).default(503) }),
    z.strictObject({ kind: z.literal('cut_before') }),
    z.strictObject({ kind: z.literal('cut_after') }),
    z.strictObject({ kind: z.literal('dropped') }),
    z.strictObject({ kind: z.literal('undelivered'), code }),
    z.strictObject({ kind: z.literal('refused'), code }),
    z.strictObject({ kind: z.literal('duplicate') }),
    z.strictObject({ kind: z.literal('late_receipts'), delay_ms: milliseconds(3_600_000) }),
    z.strictObject({ kind: z.literal('early_receipts') }),
    z.strictObject({ kind: z.literal('hold') }),
    z.strictObject({ kind: z.literal('reorder') }),
  ],
  {
    error:
      'kind must be one of delay, rate_limited, server_error, cut_before, cut_after, dropped, undelivered, refused, duplicate, late_receipts, early_receipts, hold, reorder',
  },
);

type WireFault = z.output<typeof fault>;

function entrySchema(vendors: readonly string[]) {
  return z
    .strictObject({
      vendor: z.enum(vendors, `must be one of ${vendors.join(', ')}`).optional(),
      to: z
        .string()
        .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164, like +12025550143')
        .optional(),
      fault,
      next: z.int().min(1).max(1_000_000).optional(),
      probability: z.number().gt(0).max(1).optional(),
    })
    .refine(({ next, probability }) => (next === undefined) !== (probability === undefined), {
      path: ['next'],
      error: 'give either next, for how many messages, or probability, above 0 and up to 1',
    });
}

/** `POST`, `GET` and `DELETE api/faults`, and `DELETE api/faults/{id}`: what is to go wrong with messages that are given to the emulators. */
export function scriptFaults(app: Hono, script: FaultScript, vendors: readonly string[]): void {
  const schema = entrySchema(vendors);
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => problemResponse(c, { code: 'invalid_request', detail: `Send at most ${maxBodyBytes} bytes.` }),
  });

  app.post('/api/faults', tooLarge, async (c) => {
    const parsed = schema.safeParse(await c.req.json().catch(() => null));
    if (!parsed.success) {
      return problemResponse(c, {
        code: 'invalid_request',
        detail:
          'Send { "fault": { "kind": "server_error" }, "next": 1 }, and "vendor" and "to" if it is not for all. See errors.',
        errors: faultsOf(parsed.error),
      });
    }
    if (script.list().length >= maxEntries) {
      const detail = `${maxEntries} faults are scripted already: forget them with DELETE first.`;
      return problemResponse(c, { code: 'invalid_request', detail });
    }
    const { vendor, to, next, probability = 1 } = parsed.data;
    const about = { vendor, to, fault: readFault(parsed.data.fault) };
    const entry = script.add(next === undefined ? { ...about, probability } : { ...about, next });
    return c.json(wireEntry(entry), 201);
  });

  app.get('/api/faults', (c) => c.json({ data: script.list().map(wireEntry) }));

  app.delete('/api/faults', (c) =>
    withQuery(c, queries.faults, ({ vendor }) => {
      script.clear(vendor);
      return c.body(null, 204);
    }),
  );

  app.delete('/api/faults/:id', (c) => {
    script.remove(c.req.param('id'));
    return c.body(null, 204);
  });
}

function readFault(wire: WireFault): ScriptedFault {
  switch (wire.kind) {
    case 'delay':
    case 'late_receipts':
      return { kind: wire.kind, delayMs: wire.delay_ms };
    case 'rate_limited':
      return { kind: wire.kind, retryAfterSeconds: wire.retry_after_seconds };
    case 'undelivered':
    case 'refused':
      return { kind: wire.kind, code: wire.code };
    default:
      return wire;
  }
}

function wireFault(fault: ScriptedFault): WireFault {
  switch (fault.kind) {
    case 'delay':
    case 'late_receipts':
      return { kind: fault.kind, delay_ms: fault.delayMs };
    case 'rate_limited':
      return { kind: fault.kind, retry_after_seconds: fault.retryAfterSeconds };
    default:
      return fault;
  }
}

function wireEntry(entry: FaultEntry) {
  return { ...entry, vendor: entry.vendor ?? null, to: entry.to ?? null, fault: wireFault(entry.fault) };
}
