import type { VerifierEvent } from '../events.ts';

/** All that is told of an event outside the program, and how it is called there. Numbers are masked already; errors are not among it. */
const fields: Readonly<Record<string, string>> = {
  tenant: 'tenant',
  to: 'to',
  purpose: 'purpose',
  id: 'id',
  delivery: 'delivery',
  repeated: 'repeated',
  country: 'country',
  provider: 'provider',
  status: 'status',
  errorKind: 'error_kind',
  durationMs: 'duration_ms',
  reason: 'reason',
  limit: 'limit',
  count: 'count',
  test: 'test',
};

/** What an event tells, by name. Times are to a tenth of a millisecond. */
export function fieldsOf(event: VerifierEvent): [name: string, value: unknown][] {
  return Object.entries<unknown>({ ...event }).flatMap(([name, value]): [string, unknown][] => {
    const field = fields[name];
    if (field === undefined) return [];
    return [[field, typeof value === 'number' ? Math.round(value * 10) / 10 : value]];
  });
}
