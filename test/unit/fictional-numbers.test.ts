import { expect, test } from 'vitest';
import { isFictional, parsePhoneNumber } from '../../src/index.ts';
import { anyPhoneNumber, possibleNumbers } from '../../src/phone-number.ts';

/** The first and the last of each range, as they are written in their country. */
const ranges: readonly [country: string, first: string, last: string][] = [
  ['US', '(202) 555-0100', '(202) 555-0199'],
  ['US', '(555) 555-0100', '(555) 555-0199'],
  ['CA', '(416) 555-0100', '(416) 555-0199'],
  ['GB', '07700 900000', '07700 900999'],
  ['GB', '020 7946 0000', '020 7946 0999'],
  ['GB', '01632 960000', '01632 960999'],
  ['GB', '0113 496 0000', '0118 496 0999'],
  ['GB', '0121 496 0000', '0161 496 0999'],
  ['GB', '0191 498 0000', '0191 498 0999'],
  ['GB', '028 9649 6000', '028 9649 6999'],
  ['GB', '029 2018 0000', '029 2018 0999'],
  ['AU', '0491 570 006', '0491 579 760'],
  ['AU', '(02) 5550 0000', '(08) 5550 9999'],
  ['AU', '(03) 7010 0000', '(07) 7010 9999'],
  ['FR', '06 39 98 00 00', '06 39 98 99 99'],
  ['FR', '01 99 00 00 00', '01 99 00 99 99'],
  ['FR', '02 61 91 00 00', '02 61 91 99 99'],
  ['FR', '03 53 01 00 00', '03 53 01 99 99'],
  ['FR', '04 65 71 00 00', '04 65 71 99 99'],
  ['FR', '05 36 49 00 00', '05 36 49 99 99'],
  ['DE', '0152 28817386', '0152 54599371'],
  ['DE', '0171 3920000', '0171 3920099'],
  ['DE', '0172 9925904', '0172 9980752'],
  ['DE', '0174 9091317', '0174 9464308'],
  ['DE', '0176 04069000', '0176 04069099'],
  ['DE', '030 23125000', '030 23125999'],
  ['DE', '069 90009000', '069 90009999'],
  ['DE', '040 66969000', '040 66969999'],
  ['DE', '0221 4710000', '0221 4710999'],
  ['DE', '089 99998000', '089 99998999'],
  ['SE', '070-1740605', '070-1740699'],
  ['SE', '031-3900600', '031-3900699'],
  ['SE', '040-6280400', '040-6280499'],
  ['SE', '08-46500400', '08-46500499'],
  ['SE', '0980-319200', '0980-319299'],
  ['IE', '020 910 0000', '020 919 9999'],
];

const e164Of = (typed: string, country: string): string => possibleNumbers(typed, country)[0] ?? 'not read';

test.each(ranges)('in %s %s to %s are fictional, as they are written there', (country, first, last) => {
  for (const typed of [first, last]) {
    const e164 = e164Of(typed, country);
    expect(isFictional(e164), e164).toBe(true);
    expect(anyPhoneNumber(e164)).toMatchObject({ e164 });
  }
});

test.each(ranges)('in %s what stands before %s and after %s is not', (country, first, last) => {
  const [before, after] = [Number(e164Of(first, country).slice(1)) - 1, Number(e164Of(last, country).slice(1)) + 1];
  expect([isFictional(`+${before}`), isFictional(`+${after}`)]).toEqual([false, false]);
});

test.each([
  ['a digit more', '+120255501430'],
  ['a digit less', '+1202555014'],
  ['something before it', ' +12025550143'],
  ['something after it', '+12025550143\n'],
  ['no plus', '12025550143'],
  ['an area that is no place', '+18005550143'],
  ['another one', '+15215550143'],
  ['the number of a person', '+12025551143'],
  ['the same digits under another calling code', '+492025550143'],
  ['a mobile of Australia between two that are', '+61491570007'],
])('a number with %s is not fictional', (_, number) => {
  expect(isFictional(number)).toBe(false);
});

test('of Australian mobiles thirty are', () => {
  const mobiles = Array.from({ length: 10_000 }, (_, last) => `+6149157${String(last).padStart(4, '0')}`);
  expect(mobiles.filter(isFictional)).toHaveLength(30);
});

test('the plans call some of them invalid: these are held for mobiles of the main country of their code', () => {
  const invalid = ['+447700900123', '+33639980123', '+353209123456', '+15555550143', '+441632960123'];
  expect(invalid.map((e164) => parsePhoneNumber(e164).valid)).toEqual(invalid.map(() => false));
  expect(invalid.map((e164) => anyPhoneNumber(e164)?.country)).toEqual(['GB', 'FR', 'IE', 'US', 'GB']);
  expect(anyPhoneNumber('+447700900123')).toEqual({ e164: '+447700900123', country: 'GB', lineType: 'mobile' });
});

test('what the plans know is what they say', () => {
  expect(anyPhoneNumber('+14165550143')).toMatchObject({ country: 'CA', lineType: 'fixed_line_or_mobile' });
  expect(anyPhoneNumber('+5215512345678')).toMatchObject({ e164: '+525512345678', country: 'MX' });
});

test.each(['', '+', '12025550143', '+0202', '+999123456789', '+1202555014x', '+12025550143 '])(
  '%j is no number of any kind',
  (typed) => {
    expect(anyPhoneNumber(typed)).toBeNull();
  },
);

test.each([
  ['07700 900123', 'GB'],
  ['(07700) 900-123', 'GB'],
  ['+44 7700 900123', undefined],
  ['0044 7700 900123', undefined],
  ['+44 (0)7700 900123', 'US'],
  ['011 44 7700 900123', 'US'],
  ['tel:+44-7700-900123', undefined],
  ['٠٧٧٠٠ ٩٠٠١٢٣', 'GB'],
  ['＋４４７７００９００１２３', undefined],
])('%j in %s may be the number that it spells', (typed, country) => {
  expect(possibleNumbers(typed, country)).toContain('+447700900123');
});

test.each([
  ['07700 900123', undefined],
  ['07700 900123', 'ZZ'],
  ['7700x900123', 'GB'],
  ['07700 900123 ext. 4', 'GB'],
  [`07700 900123${' '.repeat(60)}`, 'GB'],
  ['', 'GB'],
])('%j in %s may be no number', (typed, country) => {
  expect(possibleNumbers(typed, country)).not.toContain('+447700900123');
});
