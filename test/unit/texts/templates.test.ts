import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { openTexts, type MessageOptions } from '../../../src/message.ts';
import type { TextTemplate } from '../../../src/texts/templates.ts';
import type { Reader } from '../../../src/texts/texts.ts';

const good = { locale: 'en', text: '{code} is your {brand} code.' };
const registered = {
  country: 'IN',
  locale: 'en',
  text: '{code} is your OTP for Acme, good for {minutes} min. - ACME',
  brand: 'Acme',
  entityId: '1101000000000012345',
  templateId: '1107000000000067890',
};

function faultsOf(templates: unknown, options: MessageOptions = { brand: 'Acme' }): readonly string[] {
  try {
    openTexts({ ...options, templates: templates as readonly TextTemplate[] });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

describe('a text is refused:', () => {
  test.each<[string, object, RegExp]>([
    ['without the code', { text: 'Your {brand} code.' }, /\{code\} nowhere/],
    ['with the code twice', { text: '{code} is your {brand} code: {code}' }, /\{code\} 2 times/],
    ['without a brand', { text: '{code} is your code.' }, /no brand/],
    ['with the brand of another', { text: '{code} is your Other code.' }, /no brand/],
    ['with a name that nobody fills in', { text: '{code} {brand} {name}' }, /\{name\}/],
    ["with a registry's own sign for a variable", { text: '{#var#} {code} {brand} code' }, /\{#var#\}/],
    ['with an address', { text: '{code} {brand} code. https://example.com' }, /link/],
    ['with a host', { text: '{code} {brand} code. See www.example' }, /link/],
    ['with a bare domain', { text: '{code} {brand} code for example.com' }, /link/],
    ['with two SMS', { text: `{code} {brand} code ${'x'.repeat(145)}` }, /more than one SMS.*characters too many/],
    [
      'with three SMS where two may be',
      { text: `{code} {brand} code ${'x'.repeat(300)}`, segments: 2 },
      /more than 2 SMS/,
    ],
    ['with another code in it', { text: 'Code 112233, {brand}. Not {code}' }, /phones do not find the code/],
    ['with a blank at its end', { text: '{code} {brand} code ' }, /blank/],
    ['with control characters', { text: '{code} {brand}\u0007 code' }, /control/],
    ['without words', { text: 7 }, /has no text/],
    ['without a language', { locale: undefined }, /has no locale/],
    ['in no language', { locale: 'e' }, /locale that is not/],
    ['for no country', { country: 'india' }, /country that is not/],
    ['for a country without numbers', { country: 'ZZ' }, /without phone numbers/],
    ['for no tenant', { tenant: 'a b' }, /tenant that is not/],
    ['with a type for what is not in it', { variables: { minutes: 'numeric' } }, /"minutes", which is not/],
    [
      'with a type that the code is not of',
      { variables: { code: 'url' } },
      /type for code that is not numeric or alphanumeric/,
    ],
    ['with four SMS', { segments: 4 }, /segments that are not/],
    ['with a last line that is no yes or no', { lastLine: 'no' }, /lastLine/],
    ['with ids that are none', { entityId: 'a b' }, /entityId that is not/],
    ['with a brand that cannot be', { brand: 'a@b' }, /brand that is not/],
    ['with a field that is not known', { templateID: '1' }, /"templateID"/],
  ])('%s', (_, change, fault) => {
    expect(faultsOf([{ ...good, ...change }])).toEqual([expect.stringMatching(fault)]);
  });

  test('a text that is right is not, and brands may look like domains', () => {
    expect(faultsOf([good, registered])).toEqual([]);
    expect(faultsOf([{ ...good, text: '{code} is your Booking.com code.', brand: 'Booking.com' }])).toEqual([]);
  });

  test('with all of their faults at once, each with its place', () => {
    const faults = faultsOf([good, { ...registered, text: 'See http://a.example' }, 'no', { ...good, locale: 'EN' }]);
    expect(faults.filter((fault) => fault.startsWith('templates[1] (IN, en)')).length).toBeGreaterThanOrEqual(3);
    expect(faults.filter((fault) => fault.startsWith('templates[2]'))).toHaveLength(1);
    expect(faults.filter((fault) => fault.includes('given twice'))).toHaveLength(1);
    expect(faultsOf('no')).toEqual(['templates must be a list']);
  });

  test('where the last line does not fit behind it', () => {
    const long = { ...good, text: `{code} is your {brand} code. ${'x'.repeat(115)}` };
    expect(faultsOf([long], { brand: 'Acme' })).toEqual([]);
    expect(faultsOf([long], { brand: 'Acme', origin: 'example.com' })).toHaveLength(1);
    expect(faultsOf([{ ...long, segments: 2 }], { brand: 'Acme', origin: 'example.com' })).toEqual([]);
    expect(faultsOf([{ ...long, lastLine: false }], { brand: 'Acme', origin: 'example.com' })).toEqual([]);
    // The longest code counts: a caller's own may have ten digits.
    expect(
      faultsOf([{ ...good, text: `{code} is your {brand} code. ${'x'.repeat(131)}` }], {
        brand: 'Acme',
        policy: { allowOwnCode: true },
      }),
    ).toHaveLength(1);
  });
});

describe('who gets which text:', () => {
  const templates: readonly TextTemplate[] = [
    { locale: 'de', text: '{code} de of all, {brand} code' },
    { locale: 'de', tenant: 'shop', text: '{code} de of shop, {brand} code' },
    { locale: 'is', text: '{code} is of all, {brand} code' },
    { ...registered, text: '{code} first of IN, Acme code' },
    { ...registered, locale: 'hi', text: '{code} hi of IN, Acme code' },
    { ...registered, tenant: 'shop', locale: 'ta', text: '{code} ta of shop in IN, Acme code' },
  ];
  const texts = openTexts({ brand: 'Acme', templates });
  const said = (reader: Partial<Reader>) => {
    const { text, locale } = texts.text(
      { locale: undefined, country: null, tenant: 'default', ...reader },
      { code: '493817', lifetimeSeconds: 300, hint: undefined },
    );
    return `${locale}: ${/^493817 (?<words>.*), /.exec(text)?.groups?.['words'] ?? 'ours'}`;
  };

  test.each<[Partial<Reader>, string]>([
    [{}, 'en: ours'],
    [{ locale: 'de-AT' }, 'de: de of all'],
    [{ country: 'AT' }, 'de: de of all'],
    [{ locale: 'de', tenant: 'shop' }, 'de: de of shop'],
    [{ locale: 'fr', tenant: 'shop' }, 'fr: ours'],
    [{ locale: 'is' }, 'is: is of all'],
    [{ country: 'IS' }, 'is: is of all'],
    [{ country: 'IN' }, 'en: first of IN'],
    [{ country: 'IN', locale: 'hi' }, 'hi: hi of IN'],
    [{ country: 'IN', locale: 'de' }, 'en: first of IN'],
    [{ country: 'IN', locale: 'hi', tenant: 'shop' }, 'ta: ta of shop in IN'],
  ])('%j', (reader, expected) => {
    expect(said(reader)).toBe(expected);
  });
});

test('a registered text is sent as it is, with what it is registered as', () => {
  const texts = openTexts({
    brand: 'Other',
    origin: 'example.com',
    templates: [registered, { ...registered, locale: 'hi', lastLine: true }],
  });
  const reader = { locale: 'en', country: 'IN', tenant: 'default' };
  const call = { code: '493817', lifetimeSeconds: 299, hint: undefined };
  expect(texts.text(reader, call)).toEqual({
    text: '493817 is your OTP for Acme, good for 4 min. - ACME',
    locale: 'en',
    template: {
      entityId: registered.entityId,
      templateId: registered.templateId,
      variables: [
        { name: 'code', type: 'numeric', value: '493817' },
        { name: 'minutes', type: 'numeric', value: '4' },
      ],
    },
  });
  expect(texts.text({ ...reader, locale: 'hi' }, call).text).toMatch(/\n@example.com #493817$/);
  // The notice is in the language of the person all the same.
  expect(texts.notice({ ...reader, locale: 'de' }, '+91')).toMatch(/^Wir haben/);
});

test('a text of your own that is not registered has the last line, and nothing for a registry', () => {
  const texts = openTexts({ brand: 'Acme', origin: 'example.com', templates: [good] });
  const sent = texts.text(
    { locale: 'en', country: null, tenant: 'x' },
    { code: '493817', lifetimeSeconds: 300, hint: 'web' },
  );
  expect(sent).toEqual({ text: '493817 is your Acme code.\n@example.com #493817', locale: 'en', template: null });
});
