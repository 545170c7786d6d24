import { readFileSync } from 'node:fs';
import { StoreError } from '../../errors.ts';
import type { PostgresClient, PostgresPool, Row } from './client.ts';
import { isFromSession, storeError } from './failure.ts';
import { defaultSchema, quotedSchema } from './schema.ts';

/** In the order of their versions, which count from 1. What was released is never changed, only followed by another. */
const migrations = ['0001-numbers-broad-limits-claims'];

/** The version of the schema that this store works with. */
export const schemaVersion = migrations.length;

/** The SQL of all migrations, each its own transaction, for whoever wants to read it or to run it himself. Connects to nothing. */
export function migrationSql({ schema = defaultSchema }: { schema?: string } = {}): string {
  const parts = migrations.map((_name, index) =>
    ['BEGIN;', lock(schema), createSchema(schema), ...steps(schema, index), 'COMMIT;'].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

/**
 * Brings a schema up to date, each migration in a transaction of its own: of several processes that come at once, one migrates and the others find it done. Resolves
 * with the names of what it applied. Rejects with a `StoreError` for a schema of a newer version or of another program, which stays as it is.
 */
export async function migrate(pool: PostgresPool, schema: string): Promise<readonly string[]> {
  const applied: string[] = [];
  try {
    const client = await pool.connect();
    let isBroken = true;
    const ignore = (): void => {};
    client.on('error', ignore);
    try {
      for (let name = await migrateOnce(client, schema); name !== null; name = await migrateOnce(client, schema)) {
        applied.push(name);
      }
      isBroken = false;
    } catch (error) {
      isBroken = !(error instanceof StoreError || isFromSession(error));
      throw error;
    } finally {
      client.removeListener('error', ignore);
      client.release(isBroken);
    }
  } catch (error) {
    throw error instanceof StoreError ? error : storeError(error, schema);
  }
  return applied;
}

/** Applies the next migration. Resolves with its name, or with null when there is none. */
async function migrateOnce(client: PostgresClient, schema: string): Promise<string | null> {
  await client.query({ text: 'BEGIN', values: [] });
  try {
    await client.query({ text: lock(schema), values: [] });
    const { rows } = await client.query({
      text: whatIsThere,
      values: [quotedSchema(schema), `${quotedSchema(schema)}.`],
    });
    const version = rows[0]?.['is_ours'] === 'true' ? await versionOf(client, schema) : ownVersion(rows[0], schema);
    if (version > schemaVersion) {
      throw new StoreError(
        `The schema ${schema} was migrated by a newer phoneproof (version ${version}, this one knows ${schemaVersion}): update phoneproof.`,
      );
    }
    const name = migrations[version] ?? null;
    if (name !== null) {
      // Only where there is none: a role that may use a schema may not be one that may create any.
      const create = rows[0]?.['is_there'] === 'true' ? [] : [createSchema(schema)];
      for (const text of [...create, ...steps(schema, version)]) await client.query({ text, values: [] });
    }
    await client.query({ text: 'COMMIT', values: [] });
    return name;
  } catch (error) {
    await client.query({ text: 'ROLLBACK', values: [] }).catch(() => {});
    throw error;
  }
}

const whatIsThere = `
  SELECT (to_regnamespace($1) IS NOT NULL)::text AS is_there,
    (to_regclass($2 || 'migrations') IS NOT NULL AND to_regclass($2 || 'numbers') IS NOT NULL)::text AS is_ours,
    EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1))::text AS is_used`;

async function versionOf(client: PostgresClient, schema: string): Promise<number> {
  const text = `SELECT max(version)::text AS version FROM ${quotedSchema(schema)}.migrations`;
  return Number((await client.query({ text, values: [] })).rows[0]?.['version'] ?? 0);
}

function ownVersion(row: Row | undefined, schema: string): 0 {
  if (row?.['is_used'] === 'true') {
    throw new StoreError(`The schema ${schema} belongs to something else: name one that phoneproof has for itself.`);
  }
  return 0;
}

/** Until the end of the transaction: everybody who migrates the same schema waits. */
function lock(schema: string): string {
  const name = `phoneproof ${schema}`.replaceAll("'", "''");
  return `SELECT pg_advisory_xact_lock(hashtextextended('${name}', 0));`;
}

function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quotedSchema(schema)};`;
}

function steps(schema: string, index: number): string[] {
  const name = migrations[index] ?? '';
  return [
    `SET LOCAL search_path TO ${quotedSchema(schema)}, pg_temp;`,
    readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8').trim(),
    `INSERT INTO migrations (version, name) VALUES (${index + 1}, '${name}');`,
  ];
}
