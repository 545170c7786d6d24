import type { Finding } from './read-config.ts';

const mask = '••••••••';

/** One option as `phoneproof config print` shows it. */
export interface PrintedOption {
  name: string;
  variable: string;
  /** Null when unset or faulty; secrets are masked. */
  value: string | null;
  origin: Finding['origin'];
  from: string | null;
}

/** What was found, with every secret masked whatever its length, or left out. */
export function printedOptions(findings: readonly Finding[]): PrintedOption[] {
  return findings.map(({ option, origin, from, value }) => ({
    name: option.path.join('.'),
    variable: option.env,
    value: value === undefined ? null : option.secret && !option.showsNoSecret ? mask : option.type.show(value),
    origin,
    from,
  }));
}
