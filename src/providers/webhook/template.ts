import type { Message } from '../provider.ts';

/** What a template can name: `{{to}}`. `to_digits` is `to` without its plus, `expires_in` whole seconds; `entity_id` and `template_id` of a registered text. What a message does not have is empty. */
export type Values = Readonly<Record<(typeof names)[number], string>>;

const names = [
  'to',
  'to_digits',
  'text',
  'code',
  'channel',
  'reference',
  'country',
  'locale',
  'receipt_url',
  'expires_in',
  'entity_id',
  'template_id',
] as const;

/** What `JSON.parse` makes. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A template that was found right. */
export interface Template {
  /** The names that stand in it. */
  readonly used: ReadonlySet<string>;
  fill(values: Values): string;
}

export interface BodyTemplate extends Template {
  readonly contentType: string;
}

/** What a header's value may be. */
export const oneLine = /^[\t\x20-\x7e]*$/;

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

const formType = 'application/x-www-form-urlencoded';

/** How a value is written into text of a media type, so that it arrives as it is and ends nothing. */
const encoders: Readonly<Record<string, (value: string) => string>> = {
  [formType]: (value) => encodeURIComponent(value.toWellFormed()),
  'text/plain': (value) => value,
  'text/xml': escapeXml,
  'application/xml': escapeXml,
};

/** The values of a message. */
export function valuesOf(message: Message, receiptUrl: string | null): Values {
  const { to, text, code, channel, reference, country, locale, lifetimeSeconds, template } = message;
  return {
    to,
    to_digits: to.replace('+', ''),
    text,
    code,
    channel,
    reference,
    country: country ?? '',
    locale,
    receipt_url: receiptUrl ?? '',
    expires_in: String(lifetimeSeconds),
    entity_id: template?.entityId ?? '',
    template_id: template?.templateId ?? '',
  };
}

/**
 * Reads the template of a body. JSON (a string that is a JSON object or array too) is sent as JSON, each placeholder in its strings replaced. Other text is sent as what
 * `contentType` says, a form when unset, each value encoded for it. Adds what is wrong to `faults`.
 */
export function bodyTemplate(body: Json, contentType: string | undefined, faults: string[]): BodyTemplate {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const json = typeof body === 'string' ? readJson(body) : body;
  if (json !== undefined) {
    if (typeof json !== 'object' || json === null) faults.push('body must be an object, an array or a text');
    if (type === formType)
      faults.push('body is JSON, but headers say that it is a form: write it as a form, to={{to}}&text={{text}}');
    const used = namesIn(stringsIn(json), 'body', faults);
    return {
      used,
      contentType: contentType ?? 'application/json',
      fill: (values) => JSON.stringify(mapStrings(json, (text) => fill(text, values, (value) => value))),
    };
  }
  const text = body as string;
  const encode = encoders[type ?? formType];
  if (!encode) {
    faults.push(
      type?.endsWith('json')
        ? 'body is not JSON, but headers say so: each placeholder must stand inside a string, {"to":"{{to}}"}'
        : `body cannot be written as ${type}: send JSON, or one of ${Object.keys(encoders).join(', ')}`,
    );
  }
  return {
    used: namesIn([text], 'body', faults),
    contentType: contentType ?? formType,
    fill: (values) => fill(text, values, encode ?? String),
  };
}

/** Reads the template of a header's value: one line of ASCII, in which the text of the message cannot stand. Adds what is wrong to `faults`. */
export function headerTemplate(name: string, value: string, faults: string[]): Template {
  if (!oneLine.test(value)) faults.push(`headers: ${name} must be one line of ASCII`);
  const used = namesIn([value], `headers: ${name}`, faults);
  if (used.has('text')) faults.push(`headers: ${name}: a text has several lines, it can stand in the body only`);
  return { used, fill: (values) => fill(value, values, (one) => one) };
}

/** In one pass: what a value holds is never looked at again. */
function fill(text: string, values: Values, encode: (value: string) => string): string {
  return text.replaceAll(placeholder, (_, name: keyof Values) => encode(values[name]));
}

function namesIn(texts: readonly string[], where: string, faults: string[]): ReadonlySet<string> {
  const known: ReadonlySet<string> = new Set(names);
  const used = new Set<string>();
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(placeholder)) used.add(name);
    if (text.replaceAll(placeholder, '').includes('{{')) faults.push(`${where}: a {{ is not closed by }}`);
  }
  for (const name of used) {
    if (!known.has(name)) faults.push(`${where}: {{${name}}} is unknown, there are ${names.join(', ')}`);
  }
  return used;
}

/** A JSON object or array; undefined for any other text. */
function readJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function stringsIn(json: Json): readonly string[] {
  const found: string[] = [];
  mapStrings(json, (text) => {
    found.push(text);
    return text;
  });
  return found;
}

/** Names of members stay as they are. */
function mapStrings(json: Json, map: (text: string) => string): Json {
  if (typeof json === 'string') return map(json);
  if (typeof json !== 'object' || json === null) return json;
  if (isArray(json)) return json.map((one) => mapStrings(one, map));
  return Object.fromEntries(Object.entries(json).map(([name, one]) => [name, mapStrings(one, map)]));
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

/** White space too, which parsers change in attributes. */
function escapeXml(value: string): string {
  return value.replaceAll(/[&<>"'\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
