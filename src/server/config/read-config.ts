import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import type { Policy } from '../../policy.ts';
import { readConfigFile, type ConfigFile } from './config-file.ts';
import { defaultOf, options, type Option, type Settings } from '../config.ts';
import type { CommandName } from './option-row.ts';
import { nearest } from './nearest-name.ts';
import { keyOf, namedProviders, providerNames, type NamedProviders } from './provider-options.ts';
import { systemCode } from '../system-code.ts';

/** Where a command's options may come from. */
export interface Sources {
  command: CommandName;
  /** By the option's name, as commander gives them. */
  flags: Readonly<Record<string, string | boolean | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** The working directory: relative paths start here. */
  cwd: string;
}

/** One option as it was found. */
export interface Finding {
  option: Option;
  origin: 'flag' | 'environment' | 'file' | 'default' | 'unset';
  /** The flag, the variable or the path of the file it came from; null for defaults. */
  from: string | null;
  /** Undefined when unset or faulty. */
  value: unknown;
}

/** All of a command's options, and what is wrong with them. */
export interface Findings {
  findings: readonly Finding[];
  /** Each says what is wrong and what to do. No secret is in it. */
  faults: readonly string[];
  warnings: readonly string[];
}

/** Names of all environment variables that mean something. */
const variables = [
  'PHONEPROOF_CONFIG',
  ...options.flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])),
];

/** Reads every option of a command: flags first, then the environment, then the file, then defaults. Collects faults instead of throwing. */
export function findOptions({ command, flags, env, cwd }: Sources): Findings {
  const faults: string[] = [];
  const file = readConfigFile({ named: flags['config'] || env['PHONEPROOF_CONFIG'], cwd }, faults);

  const findings = options
    .filter((option) => option.commands.includes(command))
    .map((option): Finding => {
      const found = locate(option, { flags, env, cwd, file, faults }) ?? defaulted(option, command);
      if (found.text === undefined) {
        const remedy = option.required?.[command];
        if (remedy && !found.faulty) faults.push(`${option.env} is missing. ${remedy}.`);
        return { option, origin: found.origin, from: found.from, value: undefined };
      }
      const reading = option.type.read(found.text);
      if ('value' in reading) return { option, origin: found.origin, from: found.from, value: reading.value };
      const name = found.origin === 'flag' ? option.flag : found.origin === 'file' ? option.path.join('.') : option.env;
      const where = found.origin === 'file' ? `${found.from}: ` : '';
      faults.push(...reading.faults.map((what) => `${where}${name} ${what}.`));
      return { option, origin: found.origin, from: found.from, value: undefined };
    });
  return { findings, faults, warnings: [...misspelled(env), ...ofUnnamedProviders(findings)] };
}

/**
 * The settings of a command, with warnings for people. Throws a `ConfigurationError` that names every fault at once, also those that
 * `inspect` finds in what could be read.
 */
export function readSettings<Command extends CommandName>(
  sources: Sources & { command: Command },
  inspect: (settings: Partial<Settings<Command>>) => readonly string[] = () => [],
): { settings: Settings<Command>; warnings: readonly string[] } {
  const { findings, faults, warnings } = findOptions(sources);
  const settings = settingsOf(findings) as Settings<Command>;
  const all = [...faults, ...inspect(settings)];
  if (all.length > 0) throw new ConfigurationError(all);
  return { settings, warnings };
}

/** Findings by name; the policy's fields together, and each provider's options that are set. */
export function settingsOf(findings: readonly Finding[]): Record<string, unknown> & { policy: Partial<Policy> } {
  const settings: Record<string, unknown> & { policy: Partial<Policy> } = { policy: {} };
  for (const { option, value } of findings) {
    const [first = '', field] = option.path;
    if (field === undefined) settings[first] = value;
    else if (value !== undefined) settings[first] = { ...(settings[first] as object), [field]: value };
  }
  return settings;
}

interface Located {
  origin: Finding['origin'];
  from: string | null;
  text: string | undefined;
  /** Why there is no text has been said already. */
  faulty?: true;
}

function defaulted(option: Option, command: CommandName): Located {
  const text = defaultOf(option, command);
  return { origin: text === undefined ? 'unset' : 'default', from: null, text };
}

/** The first of flag, variable and file that gives the option. An empty variable counts as unset. */
function locate(
  option: Option,
  { flags, env, cwd, file, faults }: Omit<Sources, 'command'> & { file: ConfigFile | null; faults: string[] },
): Located | undefined {
  const { name, path, flag, env: variable, secret } = option;
  const nameInFile = path.join('.');
  const sources = [
    { origin: 'flag', from: flag, text: flags[name], fileFrom: `${flag}-file`, file: flags[`${name}File`] },
    {
      origin: 'environment',
      from: variable,
      text: env[variable],
      fileFrom: `${variable}_FILE`,
      file: env[`${variable}_FILE`],
    },
    {
      origin: 'file',
      from: file?.path ?? null,
      text: file?.values.get(nameInFile),
      fileFrom: file?.path ?? null,
      file: file?.values.get(`${nameInFile}File`),
    },
  ] as const;
  for (const source of sources) {
    const { origin } = source;
    const text = source.text === '' || source.text === undefined ? undefined : String(source.text);
    const secretFile = secret && typeof source.file === 'string' && source.file !== '' ? source.file : undefined;
    if (secretFile !== undefined && text !== undefined) {
      faults.push(`${variable} is given twice, itself and as a file. Keep one.`);
      return { origin, from: source.from, text: undefined, faulty: true };
    }
    if (secretFile !== undefined) {
      try {
        return { origin, from: source.fileFrom, text: readFileSync(resolve(cwd, secretFile), 'utf8').trim() };
      } catch (error) {
        const key = origin === 'file' ? `: ${nameInFile}File` : '';
        // Not the path: it may be the secret itself, in the wrong place.
        faults.push(`${source.fileFrom}${key} names a file that cannot be read (${systemCode(error)}).`);
        return { origin, from: source.fileFrom, text: undefined, faulty: true };
      }
    }
    if (text !== undefined) return { origin, from: source.from, text };
  }
  return undefined;
}

/** Options of a provider that is not asked are most often there because its name was left out. */
function ofUnnamedProviders(findings: readonly Finding[]): string[] {
  const named = namedProviders(settingsOf(findings) as NamedProviders);
  return providerNames.flatMap((name) => {
    const key = keyOf(name);
    if (key === null || named.length === 0 || named.includes(name)) return [];
    const given = findings.filter(({ option, origin }) => option.path[0] === key && origin !== 'unset');
    if (given.length === 0) return [];
    return [
      `${given.map(({ option }) => option.env).join(', ')} ${given.length > 1 ? 'have' : 'has'} no effect: PHONEPROOF_PROVIDER does not name ${name}.`,
    ];
  });
}

/** A variable that nothing reads is most often a misspelled one. */
function misspelled(env: Sources['env']): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('PHONEPROOF_') && !variables.includes(name))
    .map((name) => {
      const meant = nearest(name, variables);
      return `${name} is not known and has no effect.${meant ? ` Is ${meant} meant?` : ''}`;
    });
}
