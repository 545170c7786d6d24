import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { options } from '../config.ts';
import { nearest } from './nearest-name.ts';
import { systemCode } from '../system-code.ts';

/** What the configuration file says. */
export interface ConfigFile {
  path: string;
  /** By dotted path, each as the text that a variable would have. */
  values: ReadonlyMap<string, string>;
}

/** Reads the file that was named, or `phoneproof.config.json` if it is there. Adds to `faults` what is wrong with it; no value is in there. */
export function readConfigFile(
  { named, cwd }: { named: string | boolean | undefined; cwd: string },
  faults: string[],
): ConfigFile | null {
  const path = String(named || 'phoneproof.config.json');
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    if (named || systemCode(error) !== 'ENOENT') {
      faults.push(`The configuration file ${path} cannot be read (${systemCode(error)}).`);
    }
    return null;
  }
  const values = new Map<string, string>();
  try {
    flatten(JSON.parse(text), [], path, values, faults);
  } catch {
    // What JSON.parse says quotes the text, which may hold secrets.
    faults.push(`The configuration file ${path} is not JSON.`);
  }
  return { path, values };
}

/** Names that the file may use, by dotted path. */
const fileKeys = new Set(
  options.flatMap(({ path, secret }) => (secret ? [path.join('.'), `${path.join('.')}File`] : [path.join('.')])),
);

/** What options stand together under. */
const groups = new Set(options.flatMap(({ path: [first = '', second] }) => (second === undefined ? [] : [first])));

/** Longer than any name of an option, shorter than any secret, which also has digits. */
const nameLike = new RegExp(`^(?:(?:${[...groups].join('|')})\\.)?[A-Za-z_-]{1,30}$`);

function flatten(
  value: unknown,
  path: readonly string[],
  file: string,
  values: Map<string, string>,
  faults: string[],
): void {
  const key = path.join('.');
  if (path.length === 0 || groups.has(key)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) flatten(inner, [...path, name], file, values, faults);
    } else faults.push(`${file}: ${key || 'the file'} must be a JSON object.`);
  } else if (!fileKeys.has(key)) {
    const meant = nameLike.test(key) ? nearest(key, fileKeys) : undefined;
    const what = nameLike.test(key) ? `${key} is not an option` : 'a key is there that is no option';
    faults.push(`${file}: ${what}.${meant ? ` Is ${meant} meant?` : ''}`);
  } else if (value !== null) {
    const items: unknown[] = Array.isArray(value) ? value : [textOfObject(key, value)];
    if (items.every((item) => ['string', 'number', 'boolean'].includes(typeof item))) values.set(key, items.join(','));
    else faults.push(`${file}: ${key} must be a text, a number, true, false or a list of texts.`);
  }
}

/** An object as text, where the option takes one. */
function textOfObject(key: string, value: unknown): unknown {
  const option = options.find(({ path }) => path.join('.') === key);
  return typeof value === 'object' && value !== null && option?.type.textOf
    ? option.type.textOf(value as Readonly<Record<string, unknown>>)
    : value;
}
