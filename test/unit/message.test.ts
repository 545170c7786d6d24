import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { webOtpHost } from '../../src/message.ts';
import { readDomainBound } from '../../src/texts/domain-bound.ts';
import { oneText } from '../one-text.ts';

test('the code comes first and stands once', () => {
  const { text } = oneText({ code: '012345', brand: 'Acme' });
  expect(text.startsWith('012345 ')).toBe(true);
  expect(text.split('012345')).toHaveLength(2);
  expect(text).toContain('Acme');
});

test('the last line is what both the WebOTP draft and Chrome read', () => {
  const origin = webOtpHost('login.example.com');
  const { text } = oneText({ code: '012345', brand: 'Acme', origin, locale: 'en' });
  expect(readDomainBound(text)).toEqual({ host: 'login.example.com', code: '012345', embeddedHost: null });
});

test('a language without a wording gets the default, and the one used is told', () => {
  expect(oneText({ code: '012345', brand: 'Acme', locale: 'xx-YY' }).locale).toBe('en');
  expect(oneText({ code: '012345', brand: 'Acme', locale: 'constructor' }).locale).toBe('en');
});

test('an origin is a host: scheme and trailing slash are let go, names become ASCII', () => {
  expect(webOtpHost('https://example.com/')).toBe('example.com');
  expect(webOtpHost('bücher.example')).toBe('xn--bcher-kva.example');
  expect(webOtpHost('localhost')).toBe('localhost');
});

test.each(['', 'localhost:3000', 'example.com/login', 'a b', 'exa#mple.com', '@example.com'])(
  '%j is no origin',
  (origin) => {
    expect(() => webOtpHost(origin)).toThrow(ConfigurationError);
  },
);
