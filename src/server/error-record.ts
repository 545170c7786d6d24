import { PhoneproofError } from '../errors.ts';

/** What a log tells of an error. */
export interface ErrorRecord {
  name: string;
  /** Of the operating system or of phoneproof. */
  code?: string;
  kind?: string;
  message: string;
  /** The frames alone. */
  stack?: string;
  cause?: ErrorRecord;
}

const deepestCause = 3;

/**
 * An error as a log may hold it: named fields only, so that nothing a library has hung on it gets out, and no run of digits in its words
 * that a code or a number could be.
 */
export function errorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!(error instanceof Error)) return { name: typeof error, message: 'Something that is no error was thrown.' };
  const record: ErrorRecord = { name: withoutDigits(error.name), message: withoutDigits(error.message) };
  if ('code' in error && typeof error.code === 'string') record.code = withoutDigits(error.code);
  if (error instanceof PhoneproofError && 'kind' in error && typeof error.kind === 'string') record.kind = error.kind;
  const frames = framesOf(error);
  if (frames.length > 0) record.stack = frames.join('\n');
  if (error.cause !== undefined && depth < deepestCause) record.cause = errorRecord(error.cause, depth + 1);
  return record;
}

/** The lines that follow the message, which can look like frames itself. None where the message is not what the stack began with. */
function framesOf({ message, stack = '' }: Error): string[] {
  const start = stack.indexOf(message);
  if (start < 0) return [];
  const lines = stack.slice(start + message.length).split('\n');
  return lines.filter((line) => /^\s+at /.test(line));
}

/** Drops what could be a code or a number: four or more digits of any script, with up to three characters of punctuation or space between them. */
function withoutDigits(text: string): string {
  return text.replace(/\+?\p{Nd}(?:[^\p{L}\p{N}]{0,3}\p{Nd}){3,}/gu, '•••');
}
