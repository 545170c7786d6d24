import { readFileSync } from 'node:fs';
import { StoreError } from '../../errors.ts';
import { pause } from './attempts.ts';
import type { PostgresPool, Row, Run } from './client.ts';
import { startDeadline } from './deadline.ts';
import { isTransient } from './failure.ts';
import { defaultSchema, quotedSchema } from './schema.ts';
import { connect, runOn, useClient } from './sessions.ts';

/** In the order of their versions, which count from 1. What was released is never changed, only followed by another. */
const migrations = ['0001-numbers-broad-limits-claims'];

/** The version of the schema that this store works with. */
export const schemaVersion = migrations.length;

/** How long each thing may take that migrating waits for. */
export interface MigrationTimes {
  /** A connection, and the server with each of its answers. */
  answerMs: number;
  /** What others hold locked. */
  locksMs: number;
  /** One migration. */
  applyMs: number;
}

const usualTimes: MigrationTimes = { answerMs: 10_000, locksMs: 30_000, applyMs: 600_000 };

/** The SQL of all migrations, each its own transaction, for whoever wants to read it or to run it himself. Connects to nothing. */
export function migrationSql({ schema = defaultSchema }: { schema?: string } = {}): string {
  const parts = migrations.map((_name, index) =>
    [
      'BEGIN;',
      `SELECT pg_advisory_xact_lock(${lockOf(schema)});`,
      createSchema(schema),
      ...steps(schema, index),
      'COMMIT;',
    ].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

/**
 * Brings a schema up to date, each migration in a transaction of its own: of several processes that come at once, one migrates and the others find it done. Resolves
 * with the names of what it applied. Where nothing is to be done it takes no lock. Rejects with a `StoreError` for a schema of a newer version or of another program, which
 * stays as it is, and when something takes longer than `times`.
 */
export async function migrate(pool: PostgresPool, schema: string, times = usualTimes): Promise<readonly string[]> {
  const applied: string[] = [];
  const client = await connect(pool, startDeadline(times.answerMs), schema);
  await useClient(client, async (onError) => {
    const runWithin = (ms: number): Run => runOn(client, startDeadline(ms), schema, { onError });
    for (let name = await migrateNext(runWithin, schema, times); name !== null;) {
      applied.push(name);
      name = await migrateNext(runWithin, schema, times);
    }
  });
  return applied;
}

/** Applies the next migration, once nobody is in its way. Resolves with its name, or with null when there is none. */
async function migrateNext(
  runWithin: (ms: number) => Run,
  schema: string,
  { answerMs, locksMs, applyMs }: MigrationTimes,
): Promise<string | null> {
  const run: Run = (statement, values) => runWithin(answerMs)(statement, values);
  const untilMs = performance.now() + locksMs;
  for (let tries = 1; performance.now() < untilMs; tries += 1) {
    await run({ text: 'BEGIN ISOLATION LEVEL READ COMMITTED' }, []);
    try {
      await run({ text: `SET LOCAL lock_timeout = '1s'` }, []);
      const isFree = (await nextIn(run, schema)) === null || (await isLocked(run, schema));
      // Another may have applied it before the lock was ours.
      const next = isFree ? await nextIn(run, schema) : null;
      if (next) for (const text of next.texts) await runWithin(applyMs)({ text }, []);
      await run({ text: 'COMMIT' }, []);
      if (isFree) return next?.name ?? null;
    } catch (error) {
      await run({ text: 'ROLLBACK' }, []).catch(() => {});
      if (!isTransient(error)) throw error;
    }
    await pause(tries);
  }
  throw await heldError(run, schema, locksMs);
}

/** What is to be applied next; null: nothing. Locks nothing. */
async function nextIn(run: Run, schema: string): Promise<{ name: string; texts: string[] } | null> {
  const quoted = quotedSchema(schema);
  const [there] = await run({ text: whatIsThere }, [quoted, `${quoted}.`]);
  const version = there?.['is_ours'] === 'true' ? await versionOf(run, quoted) : ownVersion(there, schema);
  if (version > schemaVersion) {
    throw new StoreError(
      `The schema ${schema} was migrated by a newer phoneproof (version ${version}, this one knows ${schemaVersion}): update phoneproof.`,
    );
  }
  const name = migrations[version];
  if (name === undefined) return null;
  // Only where there is none: a role that may use a schema may not be one that may create any.
  const create = there?.['is_there'] === 'true' ? [] : [createSchema(schema)];
  return { name, texts: [...create, ...steps(schema, version)] };
}

const whatIsThere = `
  SELECT (to_regnamespace($1) IS NOT NULL)::text AS is_there,
    (to_regclass($2 || 'migrations') IS NOT NULL AND to_regclass($2 || 'numbers') IS NOT NULL)::text AS is_ours,
    EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1))::text AS is_used`;

async function versionOf(run: Run, quoted: string): Promise<number> {
  const [row] = await run({ text: `SELECT max(version)::text AS version FROM ${quoted}.migrations` }, []);
  return Number(row?.['version'] ?? 0);
}

function ownVersion(row: Row | undefined, schema: string): 0 {
  if (row?.['is_used'] === 'true') {
    throw new StoreError(`The schema ${schema} belongs to something else: name one that phoneproof has for itself.`);
  }
  return 0;
}

/** Of everybody who migrates the same schema. */
function lockOf(schema: string): string {
  const name = `phoneproof ${schema}`.replaceAll("'", "''");
  return `hashtextextended('${name}', 0)`;
}

/** Takes the lock until the end of the transaction, if it is free. */
async function isLocked(run: Run, schema: string): Promise<boolean> {
  const [row] = await run({ text: `SELECT pg_try_advisory_xact_lock(${lockOf(schema)})::text AS is_locked` }, []);
  return row?.['is_locked'] === 'true';
}

async function heldError(run: Run, schema: string, waitedMs: number): Promise<StoreError> {
  const text = `
    SELECT string_agg(DISTINCT pid::text, ', ') AS pids FROM pg_locks
    WHERE granted AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = ${lockOf(schema)}
        OR locktype = 'relation' AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace($1)))`;
  const [row] = await run({ text }, [quotedSchema(schema)]);
  const who = row?.['pids'] ? `the server's process ${row['pids']}` : 'a session';
  return new StoreError(
    `The PostgreSQL store gave up migrating the schema ${schema} after ${waitedMs / 1_000} s: ${who} holds a lock on it. ` +
      'Look in pg_stat_activity what it does: let it end, or end it with pg_terminate_backend, and migrate again.',
  );
}

function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quotedSchema(schema)};`;
}

function steps(schema: string, index: number): string[] {
  const name = migrations[index] ?? '';
  const text = readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8').trim();
  const quoted = quotedSchema(schema);
  return [
    text.replaceAll(/\bphoneproof\.(?=\w)/g, () => `${quoted}.`),
    `INSERT INTO ${quoted}.migrations (version, name) VALUES (${index + 1}, '${name}');`,
  ];
}
