import type { Context } from 'hono';
import { z } from 'zod';
import type { RequestFault } from '../errors.ts';
import { isCursor } from './cursors.ts';
import { problemResponse } from './problem.ts';
import { parseSearch } from './search.ts';

const to = z.string('must be given once').regex(/[0-9]/, 'must be a phone number with its country code').optional();
const after = z.string('must be given once').refine(isCursor, 'must be the id of a message, or a cursor').optional();
const query = z
  .string('must be given once')
  .min(1, 'must be a search, like from:Acme')
  .max(500, 'must be at most 500 characters')
  .check(({ value, issues }) => {
    for (const message of parseSearch(value).faults) issues.push({ code: 'custom', input: value, message });
  })
  .optional();

/** What each call of the inbox takes. `limit` counts messages, `timeout` seconds. */
export const queries = {
  list: z.strictObject({ to, after, query, limit: wholeNumber(1, 5_000).default(100) }),
  wait: z.strictObject({ to, after, timeout: wholeNumber(0, 60).default(30) }),
  events: z.strictObject({ after }),
  clear: z.strictObject({ to, query }),
  none: z.strictObject({}),
  giveBack: z.strictObject({ cursor: after }),
  faults: z.strictObject({ vendor: z.string('must be given once').min(1, 'must be the name of a vendor').optional() }),
};

/** Has the query answered if it fits the schema. If not, the answer is a 400 that names each parameter. */
export function withQuery<Query extends z.ZodType>(
  c: Context,
  schema: Query,
  answer: (query: z.output<Query>) => Response | Promise<Response>,
): Response | Promise<Response> {
  const given = Object.entries(c.req.queries()).map(([name, values]) => [name, values.length > 1 ? values : values[0]]);
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return answer(parsed.data);
  return problemResponse(c, {
    code: 'invalid_request',
    detail: 'The query is not what this call takes. See errors.',
    errors: faultsOf(parsed.error),
  });
}

/** What is wrong with what was sent, each where it stands. */
export function faultsOf({ issues }: z.ZodError): readonly RequestFault[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({ pointer: `/${[...issue.path, name].join('/')}`, detail: 'is not known here' }))
      : { pointer: `/${issue.path.join('/')}`, detail: issue.message },
  );
}

function wholeNumber(min: number, max: number) {
  const detail = `must be a whole number from ${min} to ${max}`;
  return z
    .string(detail)
    .regex(/^\d{1,9}$/, detail)
    .transform(Number)
    .pipe(z.number().min(min, detail).max(max, detail));
}
