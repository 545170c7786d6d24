import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extractCode } from '../../../src/extract-code.ts';
import { lintText } from '../../../src/inbox/lint.ts';
import { oneText } from '../../one-text.ts';

const words = '123456 is your Example code.';
const hash = 'FA+9qCX9VSu';

const lint = (body: string) => lintText(body, extractCode(body));
const failed = (body: string) => lint(body).flatMap(({ rule, ok }) => (ok ? [] : [rule]));
const applied = (body: string) => lint(body).map(({ rule }) => rule);
const saysOf = (body: string, rule: string) => lint(body).find((finding) => finding.rule === rule)?.says;

test.each([null, 'example.com', 'sign-in.example.co.uk', 'xn--bcher-kva.example'])(
  'a text of phoneproof itself passes, with the origin %j',
  (origin) => {
    const { text } = oneText({ code: '493817', brand: 'Example', origin: origin ?? undefined, locale: 'en' });
    expect(lint(text).filter(({ ok }) => !ok)).toEqual([]);
    const always = ['code', 'code-first', 'link', 'length', 'alphabet'];
    const bound = ['web-otp-line', 'web-otp-host', 'web-otp-code', 'apple-autofill'];
    expect(applied(text)).toEqual(origin === null ? always : [...always, ...bound]);
  },
);

describe('the code', () => {
  test('has to be there', () => {
    expect(failed('Hello there.')).toEqual(['code']);
    expect(applied('Hello there.')).not.toContain('code-first');
  });

  test('has to show in a preview, also in halves', () => {
    const before = 'x'.repeat(30);
    expect(failed(`${before} 493817 is your code.`)).toEqual([]);
    expect(failed(`${before} 493-817 is your code.`)).toEqual([]);
    expect(failed(`${before}xxxx 493817 is your code.`)).toEqual(['code-first']);
  });

  test('comes without a link', () => {
    expect(failed(`${words} https://bit.ly/x`)).toEqual(['link']);
    expect(failed(`${words} www.example.com`)).toEqual(['link']);
  });
});

describe('the length', () => {
  test.each([
    ['a', 160, []],
    ['a', 161, ['length']],
    ['€', 80, []],
    ['€', 81, ['length']],
    ['К', 70, []],
    ['К', 71, ['length']],
  ])('of %s, %d times', (character, count, expected) => {
    const body = character.repeat(count);
    expect(lintText(body, '1234').flatMap(({ rule, ok }) => (ok ? [] : [rule]))).toEqual(expected);
  });

  test('says how much there is too much', () => {
    expect(saysOf('a'.repeat(165), 'length')).toContain('Leave out 5.');
  });
});

describe('the alphabet', () => {
  test.each([
    ['It’s 1234', '"’" (U+2019)', `Write "'" instead`],
    ['1234 – your code', '"–" (U+2013)', 'Write "-" instead'],
    ['1234…', '"…" (U+2026)', 'Write "..." instead'],
    ['1234\u00a0is it', 'U+00A0', 'Write " " instead'],
    ['1234\u200b is it', 'U+200B', 'Leave it out'],
    ['1234 \u{1f511}', '"\u{1f511}" (U+1F511)', 'Leave it out'],
    ['1234 – “it”', '"–" (U+2013)', 'Write "-" instead; 2 more like it'],
  ])('of %j has a character that costs room: which, and what to write instead', (body, which, instead) => {
    expect(failed(body)).toContain('alphabet');
    expect(saysOf(body, 'alphabet')).toContain(which);
    expect(saysOf(body, 'alphabet')).toContain(instead);
  });

  test('of letters is as the language has it, until it costs an SMS', () => {
    const spanish = '1234 es tu código';
    expect(failed(spanish)).toEqual([]);
    expect(saysOf(spanish, 'alphabet')).toContain('Write "o" instead');
    const long = `${spanish} de Example. No lo compartas nunca con nadie, tampoco con nosotros.`;
    expect(long.length).toBeGreaterThan(70);
    expect(failed(long)).toEqual(['length', 'alphabet']);
    expect(saysOf(long, 'alphabet')).toContain('1 SMS more');
  });

  test('of another script is needed, whatever else is in the text', () => {
    expect(failed('1234 — ваш код')).toEqual([]);
    expect(saysOf('1234 — ваш код', 'alphabet')).toContain('"в" (U+0432)');
  });

  test('never tells to write what is not in the alphabet either', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (body) => {
        const saidOf = (text: string) => lintText(text, null).find(({ rule }) => rule === 'alphabet')?.says ?? '';
        const instead = /Write "([^]*)" instead/.exec(saidOf(body))?.[1];
        if (instead !== undefined) expect(saidOf(instead)).toContain('Every character');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the WebOTP line', () => {
  const bound = (line: string) => `${words}\n\n${line}`;

  test.each([
    '@example.com #123456',
    '@EXAMPLE.com #123456',
    '@localhost #123456',
    '@example.com #123456 @embedded.example',
    `@example.com #123456 ${hash}`,
  ])('%j is one', (line) => {
    expect(failed(bound(line)).filter((rule) => !rule.startsWith('sms-retriever'))).toEqual([]);
    expect(applied(bound(line))).toContain('web-otp-line');
  });

  test.each([
    ['@example.com #123456\n', 'line break'],
    ['@example.com #123456\nThanks', 'Something follows'],
    ['@example.com #123456 ', 'blank follows'],
    ['Use @example.com #123456', 'before @'],
    [' @example.com #123456', 'before @'],
    ['@example.com  #123456', 'one blank'],
    ['@ example.com #123456', 'one blank'],
    ['@example.com #123456 %embedded.example', 'write @ in its place'],
    ['@example.com #123456 thanks', 'nothing behind it'],
  ])('%j is none for every browser: says why', (line, why) => {
    expect(failed(bound(line))).toContain('web-otp-line');
    expect(saysOf(bound(line), 'web-otp-line')).toContain(why);
  });

  test.each([
    '@localhost:3000 #123456',
    '@https://example.com #123456',
    '@example.com/in #123456',
    '@bücher.example #123456',
  ])('%j names no host that every browser takes', (line) => {
    expect(failed(bound(line))).toEqual(expect.arrayContaining(['web-otp-host', 'apple-autofill']));
  });

  test.each(['@example.com #123457', '@example.com #12', '@example.com #123456789012'])(
    '%j has another code than people read',
    (line) => {
      expect(failed(bound(line))).toContain('web-otp-code');
    },
  );

  test('stands below words that say its code too, which may be in halves', () => {
    expect(failed('123-456 is your code.\n@example.com #123456')).toEqual([]);
    expect(failed('@example.com #123456')).toContain('web-otp-code');
  });

  test('is the last one that looks like it', () => {
    expect(failed('123456 @home #123456 is your code.\n@example.com #123456')).toEqual([]);
  });

  test('is not looked for in other texts', () => {
    for (const body of [words, `${words} Mail me@example.com`, `${words} #123456`]) {
      expect(applied(body).filter((rule) => rule.startsWith('web-otp'))).toEqual([]);
    }
  });
});

describe("Android's SMS Retriever", () => {
  test('takes a text that begins with <#> and ends with the hash of the app', () => {
    expect(failed(`<#> ${words}\n${hash}`)).toEqual([]);
    expect(applied(`<#> ${words}\n${hash}`)).toContain('sms-retriever-hash');
  });

  test('takes 140 bytes, not characters', () => {
    const text = (filler: string) => `<#> ${words} ${filler}\n${hash}`;
    const room = 140 - new TextEncoder().encode(text('')).length;
    expect(failed(text('a'.repeat(room)))).toEqual([]);
    expect(failed(text('a'.repeat(room + 1)))).toEqual(['sms-retriever-size']);
    expect(failed(text('é'.repeat(room / 2 + 1)))).toEqual(['sms-retriever-size']);
  });

  test('in older versions looks at no text that begins otherwise', () => {
    expect(failed(`${words}\n${hash}`)).toEqual(['sms-retriever-start']);
  });

  test.each(['', hash.slice(1), `${hash}x`, `${hash}.`, `${hash}\n`])(
    'hands no app a text that ends with %j',
    (end) => {
      expect(failed(`<#> ${words}\n${end}`)).toContain('sms-retriever-hash');
    },
  );

  test.each(['information', 'Information', '12345678901', 'never share it'])(
    'is not looked for in a text that ends with %j',
    (end) => {
      expect(applied(`${words} ${end}`).filter((rule) => rule.startsWith('sms-retriever'))).toEqual([]);
    },
  );
});

test('whatever a text is, something is said of it, each thing once', () => {
  const text = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('@', '#', ' ', '\n', '1234', '<#>', '@example.com #1234', hash),
    ),
  );
  fc.assert(
    fc.property(text, fc.option(fc.string()), (parts, code) => {
      const findings = lintText(parts.join(''), code);
      expect(new Set(findings.map(({ rule }) => rule)).size).toBe(findings.length);
      expect(findings.every(({ says }) => /[.?!)"]$/.test(says))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('a text of signs that might begin a WebOTP line is looked over, however long it is', () => {
  // Looked at anew from each sign, so many would take longer than any test may.
  expect(lintText('@'.repeat(400_000), null).length).toBeGreaterThan(0);
});
