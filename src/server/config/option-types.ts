import { ConfigurationError } from '../../errors.ts';

/** What a text means, or what is wrong with it, said so that it completes "PHONEPROOF_PORT ...". Never repeats the text: it may be a secret. */
export type Reading<Value> = { value: Value } | { faults: readonly string[] };

/** How an option's value is read from a flag, the environment or the file, and how it is shown. */
export interface OptionType<Value> {
  /** Stands in help and docs: `<host>`. Null: the flag alone means true. */
  readonly placeholder: string | null;
  read(text: string): Reading<Value>;
  /** Reading what this says gives the value again, but for a password in it, which is left out. */
  show(value: Value): string;
  /** Writes an object of the configuration file as the text that a variable would have. Unset: an object is no value of it. */
  textOf?(object: Readonly<Record<string, unknown>>): string;
}

const fault = (text: string): { faults: readonly string[] } => ({ faults: [text] });

/** Any text, or one of the shape that `pattern` says. `rule` completes the sentence "... must be". */
export function text(placeholder: string, shape?: { pattern: RegExp; rule: string }): OptionType<string> {
  return {
    placeholder,
    read: (value) => (!shape || shape.pattern.test(value) ? { value } : fault(`must be ${shape.rule}`)),
    show: (value) => value,
  };
}

/** Where something is called. No user information (RFC 3986 section 3.2.1): addresses are printed. Parsers take a backslash for a slash. */
export function address(example: string, { query = false } = {}): OptionType<string> {
  const pattern = query ? /^https?:\/\/[^\s?#@/\\]+(?:\/[^\s#\\]*)?$/ : /^https?:\/\/[^\s?#@/\\]+(?:\/[^\s?#\\]*)?$/;
  return {
    placeholder: '<url>',
    read: (value) =>
      pattern.test(value) && URL.canParse(value)
        ? { value }
        : fault(`must be an address like ${example}, without user name and password`),
    show: (value) => value,
  };
}

/** What a function of the core takes; what it throws a `ConfigurationError` about (`subject must be ...`) is a fault. */
export function judgedBy(placeholder: string, subject: string, judge: (text: string) => string): OptionType<string> {
  return {
    placeholder,
    read(given) {
      try {
        return { value: judge(given) };
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        return { faults: error.faults.map((what) => what.replace(new RegExp(`^${subject} `), '')) };
      }
    },
    show: (value) => value,
  };
}

/** A number in digits, whole unless `fraction` says otherwise. */
export function number(
  placeholder: string,
  { least, greatest, fraction = false }: { least: number; greatest: number; fraction?: boolean },
): OptionType<number> {
  return {
    placeholder,
    read: (digits) => {
      const value = (fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(digits) ? Number(digits) : Number.NaN;
      if (value >= least && value <= greatest) return { value };
      const range = greatest === Number.MAX_SAFE_INTEGER ? '' : ` from ${least} to ${greatest}`;
      return fault(`must be a ${fraction ? '' : 'whole '}number${range}, in digits alone`);
    },
    show: String,
  };
}

/** `true` or `false`; as a flag it takes no value. */
export const yesOrNo: OptionType<boolean> = {
  placeholder: null,
  read: (word) => (word === 'true' || word === 'false' ? { value: word === 'true' } : fault('must be true or false')),
  show: String,
};

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): OptionType<Word> {
  return {
    placeholder: `<${words.join('|')}>`,
    read: (word) =>
      words.includes(word as Word) ? { value: word as Word } : fault(`must be one of: ${words.join(', ')}`),
    show: (word) => word,
  };
}

/** What `item` reads, or nothing, said by the word `none`. */
export function orNone<Value>(item: OptionType<Value>): OptionType<Value | null> {
  return {
    placeholder: item.placeholder,
    read: (word) => (word === 'none' ? { value: null } : item.read(word)),
    show: (value) => (value === null ? 'none' : item.show(value)),
  };
}

/** Texts by name, as a JSON object. */
export const textsByName: OptionType<Readonly<Record<string, string>>> = {
  placeholder: '<json>',
  read(json) {
    try {
      const value: unknown = JSON.parse(json);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        const entries = Object.entries(value as Readonly<Record<string, unknown>>);
        if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
          return { value: Object.fromEntries(entries) };
        }
      }
    } catch {
      // Said below.
    }
    return fault('must be a JSON object of texts, like {"x-name":"value"}');
  },
  show: (value) => JSON.stringify(value),
  textOf: (object) => JSON.stringify(object),
};

/** JSON that is an object or a list, or any other text as it is. */
export const jsonOrText: OptionType<string | object> = {
  placeholder: '<json|text>',
  read(given) {
    try {
      const value: unknown = JSON.parse(given);
      if (typeof value === 'object' && value !== null) return { value };
    } catch {
      // Then it is a text.
    }
    return { value: given };
  },
  show: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  textOf: (object) => JSON.stringify(object),
};

/** The words of a list, which commas or line breaks separate. */
export function separate(words: string): string[] {
  return words
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Several, separated by commas or line breaks. A fault says which one is meant by its place. */
export function listOf<Value>(placeholder: string, item: OptionType<Value>): OptionType<readonly Value[]> {
  return {
    placeholder,
    read: (words) => {
      const readings = separate(words).map((word) => item.read(word));
      const faults = readings.flatMap((reading, at) =>
        'faults' in reading
          ? reading.faults.map((what) => (readings.length > 1 ? `(entry ${at + 1}) ${what}` : what))
          : [],
      );
      if (readings.length === 0) return fault('must name at least one');
      if (faults.length > 0) return { faults };
      return { value: readings.flatMap((reading) => ('value' in reading ? [reading.value] : [])) };
    },
    show: (values) => values.map((value) => item.show(value)).join(','),
  };
}
