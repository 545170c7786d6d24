import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';

const answered = ['method', 'route', 'status', 'ms', 'code'];
/** What tells people who look on nothing. */
const unsaid = new Set(['time', 'level', 'msg', 'request_id', 'tenant', 'id', 'error']);
const levelStyles: Readonly<Record<string, 'yellow' | 'red'>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** Turns pino's lines into lines for people. Colours only where `destination` is a terminal. */
export function prettyStream(destination: DestinationStream & { isTTY?: boolean }): DestinationStream {
  const style = (format: 'dim' | 'yellow' | 'red', text: string): string =>
    destination.isTTY ? styleText(format, text, { validateStream: false }) : text;
  return {
    write(line) {
      const record: Record<string, unknown> = JSON.parse(line);
      const { time, level, msg, error } = record;
      const clock = new Date(String(time)).toTimeString().slice(0, 8);
      const mark = levelStyles[String(level)];
      const words =
        msg === 'answered'
          ? answered.filter((name) => record[name] != null).map((name) => `${record[name]}${name === 'ms' ? ' ms' : ''}`)
          : [msg, ...Object.entries(record).flatMap(([name, value]) => (unsaid.has(name) ? [] : [`${name}=${value}`]))];
      const text = mark ? style(mark, `${level}: ${words.join(' ')}`) : words.join(' ');
      destination.write(`${style('dim', clock)} ${text}\n${error ? `${describe(error as Told, '  ')}\n` : ''}`);
    },
  };
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
