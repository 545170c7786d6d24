import { expect, test } from 'vitest';
import { DeliveryError, ProviderError, StoreError } from '../../../src/errors.ts';
import type { VerifierEvent } from '../../../src/events.ts';
import { errorRecord } from '../../../src/server/error-record.ts';
import { createLog, type Log, type LogOptions } from '../../../src/server/log.ts';

const answered = {
  requestId: '6f6cf8a4-52f1-4d8e-8f3c-0d4a2d5e9b11',
  method: 'POST',
  route: '/v1/verifications',
  status: 201,
  code: null,
  tenant: 'acme',
  durationMs: 7.26,
} as const;

function written(options: Partial<LogOptions>, act: (log: Log) => void): string[] {
  const lines: string[] = [];
  act(createLog({ level: 'info', format: 'json', destination: { write: (line) => lines.push(line) }, ...options }));
  return lines;
}

test('an answer is one JSON line with route, status, code, time, request and tenant', () => {
  const [line = '', ...more] = written({}, (log) => log.answer(answered));
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.any(String),
    request_id: answered.requestId,
    method: 'POST',
    route: '/v1/verifications',
    status: 201,
    code: null,
    tenant: 'acme',
    ms: 7.3,
    msg: 'answered',
  });
});

test('an answered probe is not logged, one that fails is', () => {
  const lines = written({}, (log) => {
    log.answer({ ...answered, route: '/readyz', status: 200 });
    log.answer({ ...answered, route: '/readyz', status: 503, code: 'not_ready' });
  });
  expect(lines.map((line) => JSON.parse(line).status)).toEqual([503]);
});

test('an event is a debug line, told by the names of its fields and by no other; a request has one line of its own', () => {
  const event: VerifierEvent = {
    type: 'delivery.settled',
    tenant: 'default',
    to: '+1••••••0143',
    purpose: 'default',
    id: 'v1abc',
    delivery: 1,
    country: 'US',
    provider: 'inbox',
    status: 'accepted',
    errorKind: null,
    durationMs: 3.0412,
  };
  const tell = (log: Log) => log.event({ ...event, text: '493817 is your code' } as VerifierEvent);
  expect(written({ level: 'info' }, tell)).toEqual([]);
  const [line = ''] = written({ level: 'debug' }, tell);
  expect(JSON.parse(line)).toMatchObject({ msg: 'delivery.settled', to: '+1••••••0143', provider: 'inbox', ms: 3 });
  expect(line).not.toContain('493817');
});

test('a refused receipt is a warning, one of a text that nobody knows is none', () => {
  const lines = written({}, (log) => {
    log.event({ type: 'receipt.refused', provider: 'twilio', reason: 'The signature is wrong.' });
    log.event({ type: 'receipt.unknown', provider: 'twilio', count: 2 });
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'warn',
      msg: 'receipt.refused',
      provider: 'twilio',
      reason: 'The signature is wrong.',
    }),
  ]);
  const [line = ''] = written({ level: 'debug' }, (log) =>
    log.event({ type: 'receipt.unknown', provider: 'twilio', count: 2 }),
  );
  expect(JSON.parse(line)).toMatchObject({ level: 'debug', provider: 'twilio', count: 2 });
});

test('credentials that are refused and funds that are gone are a warning, once a minute for each provider, whoever took the text then', () => {
  const settled = {
    type: 'delivery.settled',
    tenant: 'default',
    to: '+1••••••0143',
    purpose: 'default',
    id: 'v1abc',
  } as const;
  const more = { delivery: 1, country: 'US', status: 'rejected', durationMs: 3 } as const;
  const lines = written({}, (log) => {
    for (const provider of ['twilio', 'twilio', 'vonage']) {
      log.event({ ...settled, ...more, provider, errorKind: 'auth' });
    }
    log.event({ ...settled, ...more, provider: 'twilio', errorKind: 'funds' });
    log.event({ ...settled, ...more, provider: 'twilio', errorKind: 'temporary' });
  });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'warn', provider: 'twilio', error_kind: 'auth' },
    { level: 'warn', provider: 'vonage', error_kind: 'auth' },
    { level: 'warn', provider: 'twilio', error_kind: 'funds' },
  ]);
});

test('lines for people hold what the JSON lines hold, and no JSON', () => {
  const lines = written({ format: 'pretty' }, (log) => {
    log.answer({ ...answered, status: 422, code: 'incorrect_code' });
    log.warn('mind this');
    log.error('a request failed', new StoreError('gone'), { requestId: 'r' });
  });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d POST \/v1\/verifications 422 7.3 ms incorrect_code\n$/);
  expect(lines[1]).toContain('mind this');
  expect(lines[2]).toMatch(/a request failed\n.*StoreError: gone\n\s+at /);
  expect(lines.join('')).not.toContain('{');
});

test('colours go to terminals that show them only', () => {
  const lines: string[] = [];
  for (const hasColors of [() => true, () => false, undefined]) {
    const destination = { write: (line: string) => lines.push(line), ...(hasColors && { hasColors }) };
    createLog({ level: 'info', format: 'pretty', destination }).warn('w');
  }
  expect(lines.map((line) => line.includes('\u001B['))).toEqual([true, false, false]);
});

test('a level keeps lesser lines out', () => {
  expect(written({ level: 'error' }, (log) => log.warn('w'))).toEqual([]);
});

test.each([
  ['a library that quotes what it was given', new Error('bad JSON: {"to":"+1 (202) 555-0143","code":"493817"}')],
  ['a cause that does', new StoreError('no', { cause: new Error('key 12025550143') })],
  [
    'fields that were hung on it',
    Object.assign(new TypeError('no'), { body: '493817', request: { to: '+12025550143' } }),
  ],
  ['something that is no error', '+12025550143 493817'],
  ['a message that looks like frames', new Error('no\n    at 493817 (a.ts:1:1)\n    at +12025550143')],
  [
    'a message that was changed later',
    Object.assign(new Error('changed'), { stack: 'Error: no\n    at 493817 (a.ts:1:1)\n    at f (a.ts:1:1)' }),
  ],
  ['a name and a code', Object.assign(new Error('no'), { name: 'E493817', code: 'to +1 202 555-0143' })],
  [
    'digits with punctuation between them',
    new Error('4 - 9 - 3 - 8 - 1 - 7, 2025/-/5550143, 4,9;3:8"1\'7, +1 (202)/555-0143'),
  ],
  ['digits of other scripts', new Error('\u0664\u0669\u0663\u0668\u0661\u0667')],
  ['a name with line breaks', Object.assign(new Error('493817'), { stack: 'Error: 493817\n    at f (a.ts:1:1)' })],
])('an error tells neither code nor number: %s', (_, error) => {
  const [line = ''] = written({}, (log) => log.error('a request failed', error));
  expect(line).not.toMatch(/493817|5550143|555-0143|\u0664|4 - 9|4,9/);
  expect(JSON.parse(line).error).toHaveProperty('message');
});

test('an error tells its name, code, kind, frames and causes', () => {
  const cause = new ProviderError('auth', 'refused', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
  const record = errorRecord(new DeliveryError('provider_unavailable', { kind: 'auth', verificationId: 'v1', cause }));
  expect(record).toMatchObject({
    name: 'DeliveryError',
    code: 'provider_unavailable',
    kind: 'auth',
    stack: expect.stringMatching(/^\s+at .*log\.test\.ts/),
    cause: { name: 'ProviderError', kind: 'auth', cause: { code: 'ECONNREFUSED' } },
  });
});

test('causes that go round in circles end', () => {
  const error = new Error('a');
  error.cause = error;
  expect(JSON.stringify(errorRecord(error)).match(/"name"/g)).toHaveLength(4);
});
