/** What a search looks at of a message: as the wire tells it, so that server and page find the same. */
export interface SearchedMessage {
  /** E.164. */
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly provider: string;
  readonly status: string;
  readonly code: string | null;
  readonly run: string | null;
  /** RFC 3339. */
  readonly received_at: string;
}

export interface Search {
  /** Whether the message is meant. A part that is faulty leaves nothing out: it counts as not written (yet). */
  matches(message: SearchedMessage, nowMs: number): boolean;
  /** What could not be understood, as sentences. */
  readonly faults: readonly string[];
}

/** A message whose words are written in one way. */
interface Read extends SearchedMessage {
  readonly words: { readonly body: string; readonly from: string };
}

type Test = (message: Read, nowMs: number) => boolean;

interface Term {
  readonly key: Key | undefined;
  readonly value: string;
  readonly negated: boolean;
  readonly quoted: boolean;
}

/**
 * Reads what people type into a search. Every part must hold:
 *
 * - `code`, `"never share"`: in the text, the sender or the number; `493817` also where the text has `493-817`. Numbers however they are written, `+1202` from their beginning.
 * - `to:0143`, `from:Acme`: in the number, the sender. `provider:twilio`, `status:failed`, `code:493817`, `run:checkout`: just that.
 * - `has:code`, `has:run`, `is:failed`, `is:delivered`.
 * - `after:2026-01-31`, `before:2026-01-31T12:30Z`, `after:10m` (of the last ten minutes), `before:2h` (older than that). Dates begin at midnight UTC.
 * - `-` before any of them: must not hold. `from:"Acme Inc"`: a value of several words. Other words with a colon are just words.
 *
 * Never throws.
 */
export function parseSearch(text: string): Search {
  const faults: string[] = [];
  const tests = joined(termsOf(text.normalize('NFKC'))).flatMap(({ key, value, negated, quoted }): Test[] => {
    const test = key === undefined ? wordTest(value, quoted) : keys[key](value);
    if (typeof test === 'string') {
      faults.push(`${key}: ${test}`);
      return [];
    }
    return [negated ? (message, nowMs) => !test(message, nowMs) : test];
  });
  return {
    matches(message, nowMs) {
      const read = { ...message, words: { body: fold(message.body), from: fold(message.from) } };
      return tests.every((test) => test(read, nowMs));
    },
    faults: [...new Set(faults)],
  };
}

/** What each key makes of its value: a test, or what it needs. */
const keys = {
  to: (value) => (isNumeric(value) ? ({ to }) => holdsNumber(to, value) : 'needs a number or a part of one, like 0143'),
  from(value) {
    const sought = fold(value);
    if (sought === '') return 'needs a sender or a part of one, like Acme';
    return ({ from, words }) => words.from.includes(sought) || (isNumeric(value) && holdsNumber(from, value));
  },
  provider: (value) =>
    value === ''
      ? 'needs the name of a provider, like twilio'
      : ({ provider }) => provider.toLowerCase() === value.toLowerCase(),
  status: (value) => oneOf(value, { delivered: hasStatus('delivered'), failed: hasStatus('failed') }),
  code: (value) => {
    const digits = value.replace(/[ -]/g, '');
    return /^\d+$/.test(digits) ? ({ code }) => code === digits : 'needs a code in digits, like 493817';
  },
  run: (value) => (value === '' ? 'needs the name of a test run' : ({ run }) => run === value),
  before(value) {
    const moment = momentOf(value);
    return moment ? ({ received_at: at }, nowMs) => Date.parse(at) < moment(nowMs) : momentNeeded;
  },
  after(value) {
    const moment = momentOf(value);
    return moment ? ({ received_at: at }, nowMs) => Date.parse(at) >= moment(nowMs) : momentNeeded;
  },
  has: (value) => oneOf(value, { code: ({ code }) => code !== null, run: ({ run }) => run !== null }),
  is: (value) => oneOf(value, { delivered: hasStatus('delivered'), failed: hasStatus('failed') }),
} as const satisfies Record<string, (value: string) => Test | string>;

type Key = keyof typeof keys;

const momentNeeded = 'needs a date like 2026-01-31 or an age like 10m';
const term = new RegExp(`(-?)(?:(${Object.keys(keys).join('|')}):)?(?:["“”]([^"“”]*)["“”]?|(\\S*))`, 'iuy');

function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  const blank = /\s*/uy;
  for (let at = 0; at < text.length;) {
    blank.lastIndex = at;
    blank.exec(text);
    term.lastIndex = blank.lastIndex;
    const [whole = '', sign, key, phrase, word = ''] = term.exec(text) ?? [];
    at = blank.lastIndex + Math.max(whole.length, 1);
    const value = (phrase ?? word).trim();
    if (key === undefined && value === '') continue;
    const quoted = phrase !== undefined;
    terms.push({ key: key?.toLowerCase() as Key | undefined, value, negated: sign === '-', quoted });
  }
  return terms;
}

const leastDigits = 7;
const mostDigits = 15;

/** A number that is written with blanks is one part: words of digits which together are as long as one, and none of which is one by itself. */
function joined(terms: readonly Term[]): Term[] {
  const joinedTerms: Term[] = [];
  let run: Term[] = [];
  const end = () => {
    const value = run.map((part) => part.value).join(' ');
    const { length } = digitsOf(value);
    const isNumber = run.length > 1 && length >= leastDigits && length <= mostDigits;
    joinedTerms.push(...(isNumber ? [{ ...run[0]!, value }] : run));
    run = [];
  };
  for (const part of terms) {
    const isOfNumber = part.key === undefined && !part.quoted && isNumeric(part.value);
    const joins = isOfNumber && digitsOf(part.value).length < leastDigits;
    if (!joins || part.negated || part.value.startsWith('+')) end();
    if (joins) run.push(part);
    else joinedTerms.push(part);
  }
  end();
  return joinedTerms;
}

/** Words of digits which do not say that they begin a number (`0143 493817`) may as well be looked for one by one. */
function wordTest(value: string, quoted: boolean): Test {
  const sought = fold(value);
  const digits = isNumeric(value) ? digitsOf(value) : null;
  const isIn: Test = ({ to, from, code, words }) =>
    words.body.includes(sought) ||
    words.from.includes(sought) ||
    (digits !== null && (holdsNumber(to, value) || holdsNumber(from, value) || code === digits));
  const parts = value.split(' ');
  if (quoted || parts.length === 1 || /^[+(]/.test(value)) return isIn;
  const each = parts.map((part) => wordTest(part, false));
  return (message, nowMs) => isIn(message, nowMs) || each.every((test) => test(message, nowMs));
}

function oneOf(value: string, tests: Readonly<Record<string, Test>>): Test | string {
  const word = value.toLowerCase();
  return (Object.hasOwn(tests, word) && tests[word]) || `must be ${Object.keys(tests).join(' or ')}`;
}

function hasStatus(wanted: string): Test {
  return ({ status }) => status === wanted;
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const age = /^(\d{1,6})([smhdw])$/i;
const date = /^(\d{4}-\d\d-\d\d)(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-][01]\d:[0-5]\d))?$/i;

/** Where a date, a time (RFC 3339, seconds as one likes) or an age stands; null: it is none. */
function momentOf(value: string): ((nowMs: number) => number) | null {
  const [, count, unit] = age.exec(value) ?? [];
  if (unit !== undefined) {
    const ageMs = Number(count) * unitsMs[unit.toLowerCase() as keyof typeof unitsMs];
    return (nowMs) => nowMs - ageMs;
  }
  const day = date.exec(value)?.[1];
  const atMs = Date.parse(value.toUpperCase());
  // Parsers may take the 30th of February for a day in March.
  if (day === undefined || Number.isNaN(atMs) || !isDay(day)) return null;
  return () => atMs;
}

function isDay(day: string): boolean {
  const parsed = Date.parse(day);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(day);
}

/** Digits, and nothing but what people write between them. */
function isNumeric(value: string): boolean {
  return /^[+\d\s()./-]+$/.test(value) && /\d/.test(value);
}

function digitsOf(value: string): string {
  return value.replace(/\D/g, '');
}

/** Whether a number (E.164, or a sender, which may be a word) has these digits: at its beginning where they are said to begin it. A zero that is dialled within a country is not in it. */
function holdsNumber(number: string, value: string): boolean {
  const digits = digitsOf(value);
  const held = digitsOf(number);
  if (value.startsWith('+')) return held.startsWith(digits);
  return (
    held.includes(digits) ||
    (digits.startsWith('00') && digits.length > leastDigits && held.startsWith(digits.slice(2))) ||
    (/^0[1-9]/.test(digits) && digits.length > leastDigits && held.endsWith(digits.slice(1)))
  );
}

/** Letters whatever their case and form, blanks whatever their kind and number. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');
}
