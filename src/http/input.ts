import type { z } from 'zod';
import { InvalidRequestError, type RequestFault } from '../errors.ts';

/** Judges what a request brings. Throws an `InvalidRequestError` that names every place that is wrong. */
export function readInput<Input>(schema: z.ZodType<Input>, given: unknown): Input {
  const { success, data, error } = schema.safeParse(given, { error: sentence });
  if (success) return data;
  throw new InvalidRequestError(error.issues.flatMap(faultsOf).slice(0, maxFaults));
}

/** How many faults are named at most: a body of nothing but unknown fields can hold thousands. */
export const maxFaults = 20;

function faultsOf(issue: z.core.$ZodIssue): RequestFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: jsonPointer(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({
    pointer: jsonPointer([...issue.path, key]),
    detail: 'is not a field of this call',
  }));
}

/** What is wrong, where the schema does not say so itself. Never quotes what was given. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return issue.expected === 'object' ? 'must be a JSON object' : `must be a ${issue.expected}`;
    case 'too_small':
      return 'must not be empty';
    case 'too_big':
      return `must be at most ${issue.maximum} characters`;
    default:
      return undefined;
  }
}

/** Writes a path as an RFC 6901 JSON pointer. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
