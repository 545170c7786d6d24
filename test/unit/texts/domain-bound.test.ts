import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAppHash, readAsChrome, readAsDrafted, readDomainBound } from '../../../src/texts/domain-bound.ts';

const bound = { host: 'example.com', code: '747723', embeddedHost: null };
const embedded = { ...bound, embeddedHost: 'shop.example' };

describe('what the draft and Chromium make of', () => {
  test.each<[text: string, drafted: object | null, chrome: object | null]>([
    // The draft's own examples.
    ['747723 is your code.\n\n@example.com #747723', bound, bound],
    ['747723 is your code.\n\n@example.com #747723 @shop.example', embedded, embedded],
    ['@example.com #747723', bound, bound],
    ['something @example.com #747723', null, bound],
    ['#747723 @shop.example @example.com', null, null],
    ['@example.com code #747723', null, null],
    ['@example.com #747723 @shop.example $future', embedded, embedded],
    ['@example.com #747723 $future', bound, bound],
    // Where they differ.
    ['@example.com #747723\n', null, bound],
    ['@example.com #747723\nBye', null, bound],
    ['@example.com  #747723', null, null],
    ['@localhost:3000 #747723', { ...bound, host: 'localhost:3000' }, null],
    ['@localhost #747723', { ...bound, host: 'localhost' }, { ...bound, host: 'localhost' }],
    ['@example.com #747#723', { ...bound, code: '747#723' }, { ...bound, code: '747' }],
    ['@b\u00fccher.example #747723', { ...bound, host: 'b\u00fccher.example' }, null],
    ['@other.example #1111 it was.\n@example.com #747723', bound, { ...bound, host: 'other.example', code: '1111' }],
    ['code\r\n@example.com #747723', bound, bound],
    ['code\r@example.com #747723', bound, bound],
    ['@example.com #747723\t', bound, bound],
    ['@ #747723', null, null],
    ['@example.com #', null, null],
    ['747723 is your code.', null, null],
    ['', null, null],
  ])('%j', (text, drafted, chrome) => {
    expect(readAsDrafted(text)).toEqual(drafted);
    expect(readAsChrome(text)).toEqual(chrome);
    const same = JSON.stringify(drafted) === JSON.stringify(chrome);
    expect(readDomainBound(text)).toEqual(same ? drafted : null);
  });
});

test('whatever stands before it, the last line is read by both where no other line looks like it', () => {
  const words = fc.string().filter((text) => !text.includes('@'));
  fc.assert(
    fc.property(words, fc.domain(), fc.stringMatching(/^[0-9]{4,10}$/), (text, host, code) => {
      expect(readDomainBound(`${text}\n\n@${host} #${code}`)).toEqual({ host, code, embeddedHost: null });
    }),
  );
});

test.each([
  ['<#> 493817 is your code.\nFA+9qCX9VSu', 'FA+9qCX9VSu'],
  ['<#> 493817 is your code.\n\n@example.com #493817 FA+9qCX9VSu', 'FA+9qCX9VSu'],
  ['493817 is your code.\nFA+9qCX9VSu', null],
  ['<#> 493817 is your code.\nFA+9qCX9VS', null],
  ['<#> 493817 is your code.\nFA+9qCX9VSu\n', null],
  [`<#> ${'x'.repeat(124)}\nFA+9qCX9VSu`, 'FA+9qCX9VSu'],
  [`<#> ${'x'.repeat(125)}\nFA+9qCX9VSu`, null],
  [`<#> ${'К'.repeat(62)}\nFA+9qCX9VSu`, 'FA+9qCX9VSu'],
  [`<#> ${'К'.repeat(63)}\nFA+9qCX9VSu`, null],
])('the hash of the app in %j is %j', (text, hash) => {
  expect(readAppHash(text)).toBe(hash);
});
