import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';

const answerFields = ['method', 'route', 'status', 'ms', 'code'];
/** What tells people who look on nothing. */
const unsaid = new Set(['time', 'level', 'msg', 'request_id', 'tenant', 'id', 'error']);
const levelStyles: Readonly<Record<string, 'yellow' | 'red'>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** Where lines go. Terminals say whether they show colours (and heed NO_COLOR). */
export interface LogDestination extends DestinationStream {
  hasColors?(): boolean;
}

/** Turns pino's lines into lines for people. */
export function prettyStream(destination: LogDestination): DestinationStream {
  const style = (format: 'dim' | 'yellow' | 'red', text: string): string =>
    destination.hasColors?.() ? styleText(format, text, { validateStream: false }) : text;
  return {
    write(line) {
      const record = JSON.parse(line) as Line;
      const { time, level, error } = record;
      const clock = new Date(time).toTimeString().slice(0, 8);
      const mark = levelStyles[level];
      const words = mark ? style(mark, `${level}: ${wordsOf(record)}`) : wordsOf(record);
      destination.write(`${style('dim', clock)} ${words}\n${error ? `${describe(error, '  ')}\n` : ''}`);
    },
  };
}

function wordsOf(record: Line): string {
  if (record.msg === 'answered') {
    const fields = answerFields.filter((name) => record[name] != null);
    return fields.map((name) => `${String(record[name])}${name === 'ms' ? ' ms' : ''}`).join(' ');
  }
  const fields = Object.entries(record).filter(([name]) => !unsaid.has(name));
  return [record.msg, ...fields.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}

/** A line of pino's. */
interface Line {
  [field: string]: unknown;
  time: string;
  level: string;
  msg: string;
  error?: Told;
}

interface Told {
  name: string;
  message: string;
  stack?: string;
  cause?: Told;
}

function describe({ name, message, stack, cause }: Told, indent: string): string {
  const lines = [`${indent}${name}: ${message}`, ...(stack ? [stack] : [])];
  return [...lines, ...(cause ? [describe(cause, `${indent}caused by `)] : [])].join('\n');
}
