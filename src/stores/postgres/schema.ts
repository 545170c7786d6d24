import { ConfigurationError } from '../../errors.ts';

export const defaultSchema = 'phoneproof';

const maxBytes = 63; // NAMEDATALEN - 1: PostgreSQL cuts off what is longer

/** The schema's name as it stands in SQL. Throws a `ConfigurationError` for one that PostgreSQL would not take, or not as it is. */
export function quotedSchema(name: string): string {
  // $$ would end the body of a function that names it.
  const isFit = name !== '' && Buffer.byteLength(name) <= maxBytes && !/^pg_|\0|\$\$/.test(name);
  if (!isFit) {
    throw new ConfigurationError([
      `schema must be a name of 1 to ${maxBytes} bytes that does not begin with pg_ and has no $$, like ${defaultSchema}`,
    ]);
  }
  return `"${name.replaceAll('"', '""')}"`;
}
