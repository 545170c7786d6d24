import { stripVTControlCharacters } from 'node:util';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import type { Answer } from '../end-to-end/service-call.ts';

/** Text from a service as a terminal may be given it: without control characters. */
export function plain(value: unknown): string {
  return stripVTControlCharacters(String(value)).replace(/\p{Cc}/gu, ' ');
}

/** Says why a service refused, and gives the exit code: 1 for a refusal, 3 when it cannot answer right now. */
export function reportProblem({ status, body, retryAfterSeconds }: Answer, context: CliContext): number {
  const { code, detail, title } = body;
  context.writeError(`${plain(detail ?? title ?? `The service answered ${status}.`)} (${plain(code ?? status)})\n`);
  const errors = Array.isArray(body['errors']) ? body['errors'] : [];
  for (const { pointer, detail: what } of errors) context.writeError(`  ${plain(pointer || '/')} ${plain(what)}\n`);
  if (typeof body['checks_left'] === 'number') context.writeError(`  ${body['checks_left']} checks left\n`);
  if (retryAfterSeconds !== null) context.writeError(`  again in ${retryAfterSeconds} s\n`);
  return status >= 500 ? exitCodes.unreachable : exitCodes.refused;
}
