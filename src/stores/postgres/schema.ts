import { ConfigurationError } from '../../errors.ts';

export const defaultSchema = 'phoneproof';

const maxBytes = 63; // NAMEDATALEN - 1: PostgreSQL cuts off what is longer

/** The schema's name as it stands in SQL. Throws a `ConfigurationError` for one that PostgreSQL would not take, or not as it is. */
export function quotedSchema(name: string): string {
  if (name === '' || Buffer.byteLength(name) > maxBytes || name.includes('\0') || name.startsWith('pg_')) {
    throw new ConfigurationError([
      `schema must be a name of 1 to ${maxBytes} bytes that does not begin with pg_, like ${defaultSchema}`,
    ]);
  }
  return `"${name.replaceAll('"', '""')}"`;
}
