import { isSupportedCountry } from '../phone-number.ts';
import { argumentPatterns } from '../requests.ts';
import { lookUp, localeSet } from './choose-locale.ts';

/** What a carrier's registry lets stand in place of a variable (TRAI, India). */
export const variableTypes = ['numeric', 'alphanumeric', 'url', 'urlott', 'cbn', 'email'] as const;
export type VariableType = (typeof variableTypes)[number];

const variableNames = ['code', 'brand', 'minutes'] as const;
type VariableName = (typeof variableNames)[number];

/** A text of your own. `docs/texts.md` says which one a person gets. */
export interface TextTemplate {
  /** With `{code}` exactly once, `{brand}` (or the brand itself), and `{minutes}`: for how long the code is good. */
  readonly text: string;
  /** BCP 47 tag of the language that it is in. */
  readonly locale: string;
  /** For this tenant alone. */
  readonly tenant?: string;
  /** ISO 3166-1 alpha-2: for numbers of this country alone, which then get no other texts than those for it. */
  readonly country?: string;
  /** Whose code it is, where that is not the configured brand. */
  readonly brand?: string;
  /** What the registry that it is registered with calls the sender, and it: handed to the provider with each message. */
  readonly entityId?: string;
  readonly templateId?: string;
  /** The types under which its variables are registered. Unset: `numeric` for code and minutes, `alphanumeric` for the brand. */
  readonly variables?: Readonly<Partial<Record<VariableName, VariableType>>>;
  /** Whether the WebOTP line, or the hash of an app, follows it. Unset: unless it has a `templateId`, as what is registered has to be sent as it is. */
  readonly lastLine?: boolean;
  /** How many SMS it may take, 1 or 2; unset: 1. */
  readonly segments?: number;
}

/** A variable of a registered text, in the order in which they stand in it. */
export interface TemplateVariable {
  readonly name: VariableName;
  readonly type: VariableType;
}

/** A template that was found right but for its length, which its surroundings decide too. */
export interface ReadTemplate {
  /** For faults: `templates[0] (IN, en)`. */
  readonly where: string;
  readonly text: string;
  readonly locale: string;
  readonly tenant: string | null;
  readonly country: string | null;
  readonly brand: string;
  readonly entityId: string | null;
  readonly templateId: string | null;
  readonly variables: readonly TemplateVariable[];
  readonly lastLine: boolean;
  readonly segments: number;
}

const fields: readonly string[] = [
  'text',
  'locale',
  'tenant',
  'country',
  'brand',
  'entityId',
  'templateId',
  'variables',
  'lastLine',
  'segments',
] satisfies (keyof TextTemplate)[];

/** What parts of a text phones make links of. */
const link = /[a-z][a-z0-9+.-]*:\/\/|\bwww\.|[\p{L}\p{N}]\.\p{L}{2,}/iu;
const mostCharacters = 320;

/**
 * Reads the caller's own texts. Adds everything that is wrong with them to `faults`, but for their length. `judgeBrand`: the brand as it may stand in texts; throws for what may not.
 */
export function readTemplates(
  given: unknown,
  { brand, judgeBrand }: { brand: string | null; judgeBrand: (brand: string) => string },
  faults: string[],
): readonly ReadTemplate[] {
  if (!Array.isArray(given)) {
    faults.push('templates must be a list');
    return [];
  }
  const seen = new Set<string>();
  return (given as readonly unknown[]).flatMap((one, at) => {
    const template = readTemplate(one, `templates[${at}]`, { brand, judgeBrand }, faults);
    if (!template) return [];
    const key = JSON.stringify([template.tenant, template.country, template.locale.toLowerCase()]);
    if (seen.has(key)) faults.push(`${template.where} is given twice: for the same tenant, country and locale`);
    seen.add(key);
    return [template];
  });
}

function readTemplate(
  given: unknown,
  place: string,
  { brand: configured, judgeBrand }: { brand: string | null; judgeBrand: (brand: string) => string },
  faults: string[],
): ReadTemplate | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    faults.push(`${place} must be an object with text and locale`);
    return null;
  }
  const values = given as Readonly<Record<string, unknown>>;
  const known = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null);
  const about = [known('tenant'), known('country'), known('locale')].filter(
    (word) => word !== null && word.length < 40,
  );
  const where = about.length > 0 ? `${place} (${about.join(', ')})` : place;
  const before = faults.length;
  const fault = (what: string): void => void faults.push(`${where} ${what}`);
  for (const name of Object.keys(values)) {
    if (!fields.includes(name)) fault(`has a field ${JSON.stringify(name)}, and there are: ${fields.join(', ')}`);
  }

  const ofShape = (name: string, pattern: RegExp, rule: string): string | null => {
    const value = values[name];
    if (value === undefined) return null;
    if (typeof value === 'string' && pattern.test(value)) return value;
    fault(`has a ${name} that is not ${rule}`);
    return null;
  };
  const tenant = ofShape('tenant', argumentPatterns.tenant, 'the name of a tenant');
  const country = ofShape('country', /^[A-Z]{2}$/, 'a country as two capital letters');
  if (country !== null && !isSupportedCountry(country)) fault('has a country without phone numbers');
  const locale = ofShape('locale', argumentPatterns.locale, 'a language tag such as en or pt-BR');
  if (values['locale'] === undefined) fault('has no locale: say which language the text is in');
  else if (locale !== null && lookUp(locale, localeSet([locale])) === null)
    fault('has a locale that is no language tag');
  const registered = [/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, dashes and underscores'] as const;
  const entityId = ofShape('entityId', ...registered);
  const templateId = ofShape('templateId', ...registered);
  const { lastLine = templateId === null, segments = 1 } = values;
  if (typeof lastLine !== 'boolean') fault('has a lastLine that is not true or false');
  if (segments !== 1 && segments !== 2) fault('has segments that are not 1 or 2');

  let brand = configured;
  if (values['brand'] !== undefined) {
    try {
      brand = judgeBrand(values['brand'] as string);
    } catch {
      fault('has a brand that is not 1 to 40 characters on one line, without @ and #');
    }
  }
  const text = values['text'];
  if (typeof text !== 'string') {
    fault('has no text');
    return null;
  }
  textFaults(text, brand, fault);
  const variables = variablesOf(values['variables'], text, fault);
  if (faults.length > before || locale === null) return null;
  return {
    where,
    text,
    locale,
    tenant,
    country,
    brand: brand ?? '',
    entityId,
    templateId,
    variables,
    lastLine: lastLine as boolean,
    segments: segments as number,
  };
}

function textFaults(text: string, brand: string | null, fault: (what: string) => void): void {
  const codes = text.split('{code}').length - 1;
  if (codes !== 1) fault(`has {code} ${codes === 0 ? 'nowhere' : `${codes} times`}: write it once`);
  for (const [name] of text.matchAll(/\{[^{}]*\}/g)) {
    if (!variableNames.some((one) => name === `{${one}}`))
      fault(`has ${name}, and there are {code}, {brand} and {minutes}`);
  }
  const namesBrand = text.includes('{brand}');
  if (namesBrand && brand === null) fault('has {brand}, and none is configured: give brand');
  if (!namesBrand && (brand === null || !text.includes(brand))) {
    fault('names no brand: write {brand}, so that people know whose code it is');
  }
  const words = brand === null ? text : text.replaceAll(brand, ' ');
  if (link.test(words.replaceAll(/\{[^{}]*\}/g, ' ')))
    fault('has a link, which carriers take for phishing: leave it out');
  if (/[\p{Cc}\p{Cs}]/u.test(text.replaceAll('\n', ''))) fault('has control characters');
  if (text.trim() !== text) fault('begins or ends with a blank');
  if (text.length > mostCharacters) fault(`is longer than ${mostCharacters} characters`);
}

/** What can stand for a variable under each type. */
const fitting: Readonly<Record<VariableName, readonly VariableType[]>> = {
  code: ['numeric', 'alphanumeric'],
  minutes: ['numeric', 'alphanumeric'],
  brand: ['alphanumeric'],
};

function variablesOf(given: unknown, text: string, fault: (what: string) => void): readonly TemplateVariable[] {
  const types = (given ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof types !== 'object' || Array.isArray(types)) {
    fault('has variables that are no object such as { "code": "numeric" }');
    return [];
  }
  const used = [...text.matchAll(/\{(code|brand|minutes)\}/g)].map(([, name]) => name as VariableName);
  for (const [name, type] of Object.entries(types)) {
    if (!used.includes(name as VariableName)) fault(`has a type for ${JSON.stringify(name)}, which is not in its text`);
    else if (!fitting[name as VariableName].includes(type as VariableType)) {
      fault(`has a type for ${name} that is not ${fitting[name as VariableName].join(' or ')}`);
    }
  }
  return used.map((name) => ({ name, type: (types[name] as VariableType | undefined) ?? fitting[name][0]! }));
}
