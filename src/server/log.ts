import pino, { type DestinationStream, type Level } from 'pino';
import type { VerifierEvent } from '../events.ts';
import type { Answered } from '../http/app.ts';
import { errorRecord } from './error-record.ts';
import { fieldsOf } from './event-fields.ts';
import { prettyStream, type LogDestination } from './pretty-log.ts';

/** What a service writes down. Every field is named here: there is no way to log a request, a body or a message. */
export interface Log {
  /** One line for each answered request. */
  answer(answered: Answered): void;
  /** What the verifier tells, below the requests' own lines; numbers in it are masked already. */
  event(event: VerifierEvent): void;
  /** What the service does itself. */
  info(message: string, fields?: Readonly<Record<string, string | number>>): void;
  warn(message: string): void;
  error(message: string, error: unknown, fields?: { requestId?: string }): void;
}

export interface LogOptions {
  level: Level | 'silent';
  format: 'json' | 'pretty';
  /** Where lines go: standard output when unset. */
  destination?: LogDestination;
}

const probes = new Set(['/livez', '/readyz', '/metrics']);

/** Writes lines with pino, as JSON or for people. */
export function createLog({ level, format, destination }: LogOptions): Log {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'pretty'
      ? prettyStream(destination ?? process.stdout)
      : (destination ?? onceATurn(pino.destination({ sync: true }))),
  );
  const isNewAlarm = alarmOnceAMinute();
  return {
    answer({ requestId, method, route, status, code, tenant, durationMs }) {
      const quiet = status < 400 && route !== null && probes.has(route);
      lines[status >= 500 ? 'error' : quiet ? 'debug' : 'info'](
        { request_id: requestId, method, route, status, code, tenant, ms: tenths(durationMs) },
        'answered',
      );
    },
    event(event) {
      // A receipt at the right address with a wrong signature: most often a setting that is wrong.
      const isWarning = event.type === 'receipt.refused' || isNewAlarm(event);
      const level = 'error' in event ? 'error' : isWarning ? 'warn' : 'debug';
      if (!lines.isLevelEnabled(level)) return;
      const fields = fieldsOf(event).flatMap(([name, value]): [string, unknown][] =>
        value === null ? [] : [[name === 'duration_ms' ? 'ms' : name, value]],
      );
      if ('error' in event) fields.push(['error', errorRecord(event.error)]);
      lines[level](Object.fromEntries(fields), event.type);
    },
    info: (message, fields = {}) => lines.info(fields, message),
    warn: (message) => lines.warn(message),
    error: (message, error, { requestId } = {}) =>
      lines.error({ ...(requestId && { request_id: requestId }), error: errorRecord(error) }, message),
  };
}

/** What somebody has to see to, also where another provider has taken the text. */
const alarms: ReadonlySet<string | null> = new Set(['auth', 'config', 'funds']);
const alarmsEveryMs = 60_000;

/** Says of an event whether it is an alarm that was not given in the last minute. */
function alarmOnceAMinute(): (event: VerifierEvent) => boolean {
  const givenAtMs = new Map<string, number>();
  return (event) => {
    if (event.type !== 'delivery.settled' || !alarms.has(event.errorKind)) return false;
    const alarm = `${event.provider} ${event.errorKind}`;
    const nowMs = performance.now();
    if (nowMs - (givenAtMs.get(alarm) ?? -Infinity) < alarmsEveryMs) return false;
    givenAtMs.set(alarm, nowMs);
    return true;
  };
}

/**
 * Writes the lines of each turn of the event loop in one go: to write takes as long as to make ten lines. What is there when the process exits is written then,
 * after a crash too; only a process that is killed loses its last turn.
 */
function onceATurn(destination: DestinationStream): DestinationStream {
  let lines = '';
  const flush = (): void => {
    const text = lines;
    lines = '';
    if (text !== '') destination.write(text);
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

let latestMs = 0;
let latestTime = '';

/** The time as pino wants it. Many lines have the same. */
function isoTime(): string {
  const nowMs = Date.now();
  if (nowMs !== latestMs) latestTime = `,"time":"${new Date(nowMs).toISOString()}"`;
  latestMs = nowMs;
  return latestTime;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
