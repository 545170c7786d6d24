import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { expect, test } from 'vitest';
import { isGsm7, smsLength } from '../../../src/inbox/sms-length.ts';

const gsm7 = fc.string({
  unit: fc.constantFrom(
    ...Array.from('aZ09 @£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&\'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€'),
  ),
  maxLength: 500,
});
/** But for emoji that several characters make, which the calculator never tears apart, though phones do. */
const anyText = fc.string({ unit: fc.constantFrom('a', '€', 'ç', 'К', '码', '\u{1f511}', '’'), maxLength: 300 });

test.each([
  ['GSM-7', gsm7],
  ['any', anyText],
])("counts %s text as Twilio's calculator does", (_, texts) => {
  fc.assert(
    fc.property(texts, (body) => {
      fc.pre(body !== '');
      const { segmentsCount, encodingName } = new SegmentedMessage(body);
      expect(smsLength(body)).toMatchObject({ segments: segmentsCount, encoding: encodingName });
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['', { encoding: 'GSM-7', units: 0, segments: 1, room: 160 }],
  ['a'.repeat(160), { encoding: 'GSM-7', units: 160, segments: 1, room: 160 }],
  ['a'.repeat(161), { encoding: 'GSM-7', units: 161, segments: 2, room: 306 }],
  ['a'.repeat(306), { encoding: 'GSM-7', units: 306, segments: 2, room: 306 }],
  ['a'.repeat(307), { encoding: 'GSM-7', units: 307, segments: 3, room: 459 }],
  ['ç'.repeat(134), { encoding: 'UCS-2', units: 134, segments: 2, room: 134 }],
  ['ç'.repeat(71), { encoding: 'UCS-2', units: 71, segments: 2, room: 134 }],
  // An escape sequence that would be torn apart begins the next one.
  [`${'a'.repeat(152)}${'€'.repeat(77)}`, { encoding: 'GSM-7', units: 306, segments: 3, room: 459 }],
])('says how much room there is (%#)', (body, length) => {
  expect(smsLength(body)).toEqual(length);
});

test('knows the alphabet', () => {
  expect(['a', '€', '^', 'à', '\n'].every(isGsm7)).toBe(true);
  expect(['ç', 'á', '’', 'К', '\t', ''].some(isGsm7)).toBe(false);
});
