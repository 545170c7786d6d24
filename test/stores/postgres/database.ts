import { Pool, type PoolConfig } from 'pg';
import { onTestFinished } from 'vitest';
import {
  postgresStore,
  type PostgresPool,
  type PostgresQuery,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../../../src/stores/postgres/index.ts';
import { freshSchemaName, postgresUrl } from '../../servers/shared.ts';

/** A schema of a test's own, on one server. */
export interface Database {
  readonly schema: string;
  /** A further pool, closed with the test. */
  pool(config?: PoolConfig): Pool;
  /** A store on a pool of its own, or on a given one, closed with the test. */
  open(options?: Partial<PostgresStoreOptions>): PostgresStore;
  /** Rows of a statement; `$schema` in it stands for the schema. */
  sql(text: string, values?: unknown[]): Promise<Record<string, string>[]>;
}

/** Names a schema that goes with the test. */
export async function freshDatabase(url?: string, schema = freshSchemaName()): Promise<Database> {
  const connectionString = url ?? (await postgresUrl());
  const ends: (() => Promise<void>)[] = [];
  const newPool = (config: PoolConfig = {}) => {
    const pool = new Pool({ connectionString, ...config });
    // Connections that a test breaks.
    pool.on('error', () => {});
    ends.push(() => pool.end());
    return pool;
  };
  const admin = new Pool({ connectionString, max: 2 });
  admin.on('error', () => {});
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const sql: Database['sql'] = async (text, values = []) =>
    (
      await admin.query(
        text.replaceAll('$schema', () => quoted),
        values,
      )
    ).rows as Record<string, string>[];
  onTestFinished(async () => {
    for (const end of ends.toReversed()) await end();
    await sql('DROP SCHEMA IF EXISTS $schema CASCADE');
    await admin.end();
  });
  return {
    schema,
    pool: newPool,
    sql,
    open(options = {}) {
      const store = postgresStore({ pool: options.pool ?? newPool({ max: 4 }), schema, ...options });
      ends.push(() => store.close());
      return store;
    },
  };
}

/** As above, migrated. */
export async function migratedDatabase(url?: string): Promise<Database> {
  const database = await freshDatabase(url);
  await database.open().migrate();
  return database;
}

/** All rows of all tables as text, and each of their words once more as the hex of what it is the base64url of. */
export async function dump({ sql }: Database): Promise<string> {
  const tables = ['numbers', 'broad_limits', 'claims', 'shared'];
  const rows = JSON.stringify(
    await Promise.all(tables.map((table) => sql(`SELECT t::text FROM $schema.${table} AS t`))),
  );
  const words = rows.match(/[\w-]+/g) ?? [];
  return [rows, ...words.map((word) => Buffer.from(word, 'base64url').toString('hex'))].join('\n');
}

/** Statements of the store by what they do to numbers. */
export const isRead = ({ text }: PostgresQuery) => text.includes('.read_number(');
export const isWrite = ({ text }: PostgresQuery) => text.includes('.write_number(');

/** The pool, but something happens before each statement, or after it. */
export function besideStatements(
  pool: Pool,
  { before, after }: { before?(query: PostgresQuery): unknown; after?(query: PostgresQuery): unknown },
): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect();
      return {
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
        release: (destroy) => client.release(destroy),
        async query(query) {
          await before?.(query);
          const result = await client.query({ ...query, values: [...query.values] });
          await after?.(query);
          return result;
        },
      };
    },
  };
}
