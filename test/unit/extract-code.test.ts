import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extractCode } from '../../src/extract-code.ts';

describe('a code is found', () => {
  test.each([
    ['493817 is your Example code. Never share it.', '493817'],
    ['Your code is 0042', '0042'],
    ['Your Example verification code: 1234567890.', '1234567890'],
    ['493817', '493817'],
    ['code=493817', '493817'],
    ['[Example] 493817', '493817'],
    ['#493817 is your code', '493817'],
    ['<#> 493817 is your Example code\nFA+9qCX9VSu', '493817'],
    ['验证码493817，请勿告知他人。', '493817'],
    ['493817 هو رمز Example الخاص بك. لا تشاركه مع أحد.', '493817'],
    ['Example 인증번호 493817. 타인에게 알려주지 마세요.', '493817'],
    ['O seu PIN Example: 493817. Nunca o partilhe.', '493817'],
    ['493817 е вашият код за Example. Не го споделяйте.', '493817'],
  ])('in %j', (text, code) => {
    expect(extractCode(text)).toBe(code);
  });

  test.each([
    ['Your code is 123-456', '123456'],
    ['123 456 is your code', '123456'],
    ['G-493817 is your code', '493817'],
  ])('without what stands in its middle or before it: %j', (text, code) => {
    expect(extractCode(text)).toBe(code);
  });

  test.each([
    ['Call +1 202 555 0143 if you did not ask for the code 4938', '4938'],
    ['Your code 493817 is good until 10:30 on 2030-01-01', '493817'],
    ['Since 1999, 4938 is your code', '4938'],
    ['Reply STOP to 12345. Your code: 4938', '4938'],
    ['Pay $1234 to the card *9876 with code 493817', '493817'],
    ['https://example.com/4711?x=1234 or code 493817', '493817'],
    ['493817 is your Studio 12345 code.', '493817'],
  ])('among other numbers: %j', (text, code) => {
    expect(extractCode(text)).toBe(code);
  });

  test('first of all in the WebOTP line, if it is the last', () => {
    expect(extractCode('Your code is 111111.\n\n@example.com #222222')).toBe('222222');
    expect(extractCode('Your code is 111111.\n@localhost:3000 #222222\n')).toBe('222222');
    expect(extractCode('@example.com #222222\nYour code is 111111')).toBe('111111');
  });

  test('also when it looks like a year but is said to be a code', () => {
    expect(extractCode('2025 is your code')).toBe('2025');
    expect(extractCode('Your PIN: 1984')).toBe('1984');
  });
});

describe('no code is seen in', () => {
  test.each([
    '',
    'Hello',
    '123',
    '12345678901',
    'See you in 2025',
    'Call +1 202 555 0143, (202) 555-0143, 202-555-0143 or 2025550143',
    'On 2030-01-01, 01.01.2030 or 1/1/2030 at 10:30',
    '1,234,567 people, 1234.56 or $1234',
    'https://example.com/verify?code=493817',
    'Card *1234',
    '٤٩٣٨١٧ هو رمز',
  ])('%j', (text) => {
    expect(extractCode(text)).toBeNull();
  });
});

test('every code that our own text may hold is found, leading zeros and all', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{4,10}$/), (code) => {
      expect(extractCode(`${code} is your Example code. Never share it.`)).toBe(code);
      expect(extractCode(`Your Example code is ${code}.`)).toBe(code);
    }),
  );
});

test('what is found is always 4 to 10 digits of the text, or nothing', () => {
  const pieces = fc.constantFrom(
    '1',
    '0',
    '42',
    '493817',
    ' ',
    '-',
    '.',
    '+',
    '(',
    ')',
    '@a #',
    '\n',
    'code',
    '码',
    '~',
    'x',
    '/',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (texts) => {
      const text = texts.join('');
      const code = extractCode(text);
      if (code === null) return;
      expect(code).toMatch(/^[0-9]{4,10}$/);
      expect(text.replace(/[ -]/g, '')).toContain(code);
    }),
  );
});

test.each(['1 ', '1-', '(', 'a.', '1.', '0', '*', ' ', 'x', '@', '@a #', '. ', '1234 ', 'code '])(
  'a hundred thousand characters of %j take no time worth speaking of',
  (piece) => {
    const startedAtMs = performance.now();
    extractCode(piece.repeat(100_000 / piece.length));
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  },
);
