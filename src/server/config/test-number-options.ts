import type { OptionRow } from './option-row.ts';
import { separate, yesOrNo, type OptionType } from './option-types.ts';

/** `+12025550143=424242`, several separated by commas or line breaks. What numbers and codes may be is for the verifier to say. */
const codesByNumber: OptionType<Readonly<Record<string, string>>> = {
  placeholder: '<numbers>',
  read(given) {
    const pairs = separate(given).map((pair) => /^(\+\d+)\s*=\s*(\d+)$/.exec(pair)?.slice(1) ?? []);
    const numbers = pairs.map(([number]) => number);
    const faults = pairs.flatMap(([number], at) => {
      if (number === undefined) return [`(entry ${at + 1}) must be a number and its code, like +12025550143=424242`];
      return numbers.indexOf(number) < at ? [`(entry ${at + 1}) names a number for the second time`] : [];
    });
    if (pairs.length === 0) return { faults: ['must name at least one number and its code'] };
    return faults.length > 0 ? { faults } : { value: Object.fromEntries(pairs) as Record<string, string> };
  },
  show: (codes) =>
    Object.entries(codes)
      .map((pair) => pair.join('='))
      .join(','),
  textOf: (object) =>
    Object.entries(object)
      .map(([number, code]) => `${number}=${String(code)}`)
      .join(','),
};

const dayMs = 86_400_000;

/** A day, which counts as a whole, or a time (RFC 3339). */
const end: OptionType<Date> = {
  placeholder: '<date>',
  read(given) {
    const shape = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(given);
    const day = given.slice(0, 10);
    const atMs = shape ? Date.parse(given) : Number.NaN;
    // JavaScript takes 31 February for 3 March.
    if (Number.isNaN(atMs) || !new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) {
      return {
        faults: [
          'must be a date like 2027-01-31, of which the whole day counts (UTC), or a time like 2027-01-31T18:00:00Z',
        ],
      };
    }
    return { value: new Date(shape?.[1] === undefined ? atMs + dayMs : atMs) };
  },
  show(value) {
    const lastDay = new Date(value.getTime() - dayMs).toISOString().replace(/T00:00:00\.000Z$/, '');
    return lastDay.length === 10 ? lastDay : value.toISOString();
  },
};

const group = 'Test numbers';
const commands = ['dev', 'serve'] as const;

/** Options of test numbers. */
export const testNumberRows = {
  testNumbers: {
    type: codesByNumber,
    secret: true,
    description:
      'Numbers whose code is fixed and to which no text is sent, at most ten: `+12025550143=424242,+447700900123=123456`. In the file: `{ "+12025550143": "424242" }`. See docs/test-numbers.md.',
    group,
    commands,
  },
  testNumbersUntil: {
    type: end,
    description: 'The last day of the test numbers (UTC), or the time of their end: needed, at most 400 days ahead.',
    group,
    commands,
  },
  testNumbersAny: {
    type: yesOrNo,
    default: 'false',
    description: 'Test numbers may be numbers that people have, not only those that are kept for fiction.',
    group,
    commands,
  },
} as const satisfies Record<string, OptionRow>;
