import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSearch, type SearchedMessage } from '../../../src/inbox/search.ts';

const nowMs = Date.parse('2026-06-15T12:00:00Z');
const message: SearchedMessage = {
  to: '+12025550143',
  from: 'Acme Inc',
  body: '493-817 is your Acme code.\nNever share it.',
  provider: 'twilio',
  status: 'delivered',
  code: '493817',
  run: 'checkout',
  received_at: '2026-06-15T11:50:00.000Z',
};

function finds(query: string, about: Partial<SearchedMessage> = {}): boolean {
  const { matches, faults } = parseSearch(query);
  expect(faults).toEqual([]);
  return matches({ ...message, ...about }, nowMs);
}

describe('words', () => {
  test.each([
    '',
    '   ',
    'acme',
    'ACME CODE',
    'share 493-817',
    '493817',
    '"your Acme code"',
    '“your acme CODE”',
    '"code. never share"',
    '"your acme',
    'ａｃｍｅ',
    'inc',
    '-stripe',
    '-"acme stripe"',
    '- acme',
    '""',
  ])('%j finds it', (query) => {
    expect(finds(query)).toBe(true);
  });

  test.each([
    'stripe',
    'acme stripe',
    '"acme your"',
    '-acme',
    '-"your acme"',
    '493818',
    '-493817',
    'foo:bar',
    'http://x',
  ])('%j does not', (query) => {
    expect(finds(query)).toBe(false);
  });

  test('with a colon that is no key are just words', () => {
    expect(finds('code.example:', { body: 'See Code.Example: 1' })).toBe(true);
    expect(finds('subject:x', { body: 'subject:x' })).toBe(true);
  });

  test('that belong to a key are just words in quotes', () => {
    expect(finds('"to:me"', { body: 'from you to:me' })).toBe(true);
    expect(finds('"-5"', { body: 'at -5 degrees' })).toBe(true);
  });
});

describe('numbers', () => {
  const spellings = [
    '+12025550143',
    '12025550143',
    '0012025550143',
    '+1 202 555 0143',
    '+1 (202) 555-0143',
    '(202) 555-0143',
    '202 555 0143',
    '202.555.0143',
    '0143',
    '+1202',
    '5550143',
  ];
  test.each(spellings)('%j finds the one it is', (query) => {
    expect(finds(query)).toBe(true);
    expect(finds(`to:"${query}"`)).toBe(true);
    expect(finds(query, { to: '+447400123456', from: '+1 202 555 0143' })).toBe(true);
    expect(finds(query, { to: '+447400123456', body: 'Hello', code: null })).toBe(false);
    expect(finds(`-to:"${query}"`)).toBe(false);
  });

  test('that people dial within a country find it too', () => {
    expect(finds('07400 123456', { to: '+447400123456' })).toBe(true);
    expect(finds('to:07400123456', { to: '+447400123456' })).toBe(true);
    expect(finds('to:07400123457', { to: '+447400123456' })).toBe(false);
  });

  test.each(['+2025550143', '+1 202 555 0144', '+1 555 202 0143', '+0143', 'to:+0143', 'to:99'])(
    '%j does not find another',
    (query) => {
      expect(finds(query)).toBe(false);
    },
  );

  test('and codes stand beside each other', () => {
    expect(finds('0143 493817')).toBe(true);
    expect(finds('0143 493818')).toBe(false);
    expect(finds('+12025550143 493817')).toBe(true);
    expect(finds('+4790012345 1234', { to: '+4790012345', code: '1234' })).toBe(true);
  });

  test('are found however they are written', () => {
    const separators = fc.constantFrom('', ' ', '-', '.', ' - ', ' (', ') ');
    fc.assert(
      fc.property(
        fc.stringMatching(/^[1-9]\d{7,13}$/),
        fc.array(separators, { minLength: 14, maxLength: 14 }),
        (digits, between) => {
          const spelled = digits.replace(
            /\d/g,
            (digit, at: number) => digit + (at % 3 === 2 && at < digits.length - 1 ? between[at]! : ''),
          );
          const to = `+${digits}`;
          expect(finds(`to:"+${spelled}"`, { to })).toBe(true);
          expect(finds(`+${spelled}`, { to })).toBe(true);
        },
      ),
    );
  });
});

describe('keys', () => {
  test.each([
    'from:acme',
    'from:"Acme Inc"',
    'FROM:inc',
    'provider:twilio',
    'provider:Twilio',
    'status:delivered',
    'is:delivered',
    'code:493817',
    'code:493-817',
    'run:checkout',
    'has:code',
    'has:run',
    '-is:failed',
    'to:0143 from:acme is:delivered "never share"',
  ])('%j finds it', (query) => {
    expect(finds(query)).toBe(true);
  });

  test.each([
    'from:stripe',
    'provider:twil',
    'status:failed',
    'is:failed',
    'code:49381',
    'run:check',
    '-has:code',
    '-run:checkout',
    'to:0143 from:stripe',
  ])('%j does not', (query) => {
    expect(finds(query)).toBe(false);
  });

  test('has:code and has:run find none where there is none', () => {
    expect([finds('has:code', { code: null }), finds('has:run', { run: null })]).toEqual([false, false]);
    expect(finds('code:493817', { code: null })).toBe(false);
  });

  test.each([
    ['2026-06-15', true],
    ['2026-06-16', false],
    ['2026-06-15T11:50Z', true],
    ['2026-06-15T11:50:00.001Z', false],
    ['2026-06-15T13:50:00+02:00', true],
    ['2026-06-15t13:51+02:00', false],
    ['10m', true],
    ['9m', false],
    ['599s', false],
    ['1h', true],
    ['3D', true],
    ['1w', true],
  ])('after:%s and before: part what there is', (moment, isAfter) => {
    expect(finds(`after:${moment}`)).toBe(isAfter);
    expect(finds(`before:${moment}`)).toBe(!isAfter);
    expect(finds(`-before:${moment}`)).toBe(isAfter);
  });
});

describe('a fault', () => {
  test.each([
    ['before:', 'before: needs a date like 2026-01-31 or an age like 10m'],
    ['after:yesterday', 'after: needs a date like 2026-01-31 or an age like 10m'],
    ['after:2026-02-30', 'after: needs a date like 2026-01-31 or an age like 10m'],
    ['after:2026-01-31T12:00', 'after: needs a date like 2026-01-31 or an age like 10m'],
    ['after:2026-01-31T12:00+9', 'after: needs a date like 2026-01-31 or an age like 10m'],
    ['after:2026-13-01', 'after: needs a date like 2026-01-31 or an age like 10m'],
    ['is:constructor', 'is: must be delivered or failed'],
    ['is:__proto__', 'is: must be delivered or failed'],
    ['status:queued', 'status: must be delivered or failed'],
    ['has:', 'has: must be code or run'],
    ['to:alice', 'to: needs a number or a part of one, like 0143'],
    ['code:abc', 'code: needs a code in digits, like 493817'],
    ['from:', 'from: needs a sender or a part of one, like Acme'],
    ['provider:', 'provider: needs the name of a provider, like twilio'],
    ['run:""', 'run: needs the name of a test run'],
  ])('%j says what it needs, and leaves nothing out', (query, fault) => {
    for (const sign of ['', '-']) {
      const { matches, faults } = parseSearch(`${sign}${query} acme`);
      expect(faults).toEqual([fault]);
      expect(matches(message, nowMs)).toBe(true);
      expect(matches({ ...message, from: '', body: '' }, nowMs)).toBe(false);
    }
  });

  test('is said once, and each of several', () => {
    expect(parseSearch('is:x is:y has:z').faults).toEqual([
      'is: must be delivered or failed',
      'has: must be code or run',
    ]);
  });
});

const piece = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ' ',
    '"',
    '“',
    '-',
    ':',
    '+',
    '(',
    'to:',
    'from:',
    'before:',
    'after:',
    'code:',
    'is:',
    '10m',
    '00',
    '1',
  ),
);

test('whatever is typed, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { matches, faults } = parseSearch(pieces.join(''));
      expect(typeof matches(message, nowMs)).toBe('boolean');
      expect(faults.every((fault) => /^[a-z]+: (?:needs|must be) /.test(fault))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('what is in quotes is found as it is written, and with a dash before it is not', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (words, before, after) => {
      fc.pre(words.trim() !== '' && !/["“”]/.test(words.normalize('NFKC')));
      const about = { body: `${before} ${words} ${after}` };
      expect(finds(`"${words}"`, about)).toBe(true);
      expect(finds(`-"${words}"`, about)).toBe(false);
    }),
  );
});

test('two searches together find what both find', () => {
  const query = fc.constantFrom(
    'acme',
    '-acme',
    'to:0143',
    'is:failed',
    '"your acme"',
    'code:493817',
    '-has:run',
    'after:5m',
  );
  fc.assert(
    fc.property(fc.array(query, { maxLength: 5 }), (queries) => {
      expect(finds(queries.join(' '))).toBe(queries.every((one) => finds(one)));
    }),
  );
});

test('a long search is read in no time', () => {
  const atMs = performance.now();
  for (const repeated of ['" -', '-', 'to:', '1 ', '((', 'a'] as const) {
    parseSearch(repeated.repeat(20_000)).matches(message, nowMs);
  }
  expect(performance.now() - atMs).toBeLessThan(5_000);
});
