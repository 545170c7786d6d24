import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { expect, test } from 'vitest';
import { isGsm7, smsLength } from '../../src/sms-length.ts';

/** Every character of the alphabet, and of its extension table, but for the form feed, which the calculator does not know. */
const gsm7 = fc.string({
  unit: fc.constantFrom(
    ...Array.from({ length: 0x2200 }, (_, at) => String.fromCodePoint(at)).filter(
      (character) => isGsm7(character) && character !== '\f',
    ),
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
      const { segmentsCount, encodingName, totalSize, segments } = new SegmentedMessage(body);
      expect(smsLength(body)).toMatchObject({ segments: segmentsCount, encoding: encodingName });
      const bits = encodingName === 'GSM-7' ? 7 : 16;
      if (segments.length === 1) expect(smsLength(body).units).toBe(totalSize / bits);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a'.repeat(160), { encoding: 'GSM-7', units: 160, segments: 1, room: 160 }],
  ['a'.repeat(161), { encoding: 'GSM-7', units: 161, segments: 2, room: 306 }],
  ['К'.repeat(70), { encoding: 'UCS-2', units: 70, segments: 1, room: 70 }],
  ['К'.repeat(71), { encoding: 'UCS-2', units: 71, segments: 2, room: 134 }],
  ['€'.repeat(80), { encoding: 'GSM-7', units: 160, segments: 1, room: 160 }],
])('knows where one SMS ends (%#)', (body, length) => {
  expect(smsLength(body)).toEqual(length);
});
