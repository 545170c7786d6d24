import { StoreError } from '../../errors.ts';

/** Names of SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) that a store can come by, and what to do about some. */
const conditions: Readonly<Record<string, readonly [name: string, advice?: string]>> = {
  '08P01': ['protocol_violation'],
  25006: ['read_only_sql_transaction', 'It is connected to a server that only reads: name the primary.'],
  '25P02': ['in_failed_sql_transaction', 'The transaction has failed before: roll it back.'],
  '25P03': ['idle_in_transaction_session_timeout'],
  28000: ['invalid_authorization_specification', 'Look at user, database and pg_hba.conf.'],
  '28P01': ['invalid_password'],
  '3D000': ['invalid_catalog_name', 'There is no such database.'],
  40001: ['serialization_failure'],
  '40P01': ['deadlock_detected'],
  42501: [
    'insufficient_privilege',
    'The role needs USAGE on the schema, SELECT, INSERT, UPDATE and DELETE on its tables; to migrate, to be the owner.',
  ],
  53100: ['disk_full'],
  53200: ['out_of_memory'],
  53300: ['too_many_connections'],
  '55P03': ['lock_not_available'],
  57014: ['query_canceled'],
  '57P01': ['admin_shutdown'],
  '57P02': ['crash_shutdown'],
  '57P03': ['cannot_connect_now'],
  '57P05': ['idle_session_timeout'],
};

/** undefined_table, invalid_schema_name, undefined_column, undefined_function. */
const notMigrated = ['42P01', '3F000', '42703', '42883'];

/** invalid_sql_statement_name, duplicate_prepared_statement. */
const unprepared = ['26000', '42P05'];

/** After these nothing is done, and trying again helps. */
const transient = ['40001', '40P01', '55P03'];

/**
 * What a client has thrown, as the store tells it: in words of its own and the name of the condition. What the server says may quote parameters, and what a
 * client says an address, so none of it is repeated.
 */
export function storeError(error: unknown, schema: string): StoreError {
  const code = codeOf(error);
  if (notMigrated.includes(code ?? '')) {
    return new StoreError(
      `The PostgreSQL store does not find its tables in the schema ${schema}: run \`phoneproof migrate\`, or \`store.migrate()\`, once for every update.`,
      { cause: withCode(code) },
    );
  }
  const [name, advice] = conditions[code ?? ''] ?? [code ?? plainWords(error)];
  const what = `The PostgreSQL store cannot act: ${name}.`;
  return new StoreError(advice === undefined ? what : `${what} ${advice}`, { cause: withCode(code) });
}

/** Whether the server has said so, so that the session is as good as before. */
export function isFromSession(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}

/** Whether a session does not keep the statement that it was thought to keep, or keeps one that it was not thought to: it has not run. */
export function isUnprepared(error: unknown): boolean {
  return unprepared.includes(codeOf(error) ?? '');
}

/** Whether a `StoreError` stands for nothing done in a race that can be run again. */
export function isTransient(error: unknown): boolean {
  return error instanceof StoreError && transient.includes(codeOf(error.cause) ?? '');
}

/** Whether a `StoreError` stands for a snapshot that is too old to write on. */
export function isSerializationFailure(error: unknown): boolean {
  return error instanceof StoreError && codeOf(error.cause) === '40001';
}

/** SQLSTATE, or the code of the operating system. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function withCode(code: string | undefined): Error | undefined {
  return code === undefined ? undefined : Object.assign(new Error('The client of the caller has failed.'), { code });
}

/** What a client says without a code, as `Connection terminated unexpectedly`; nothing that could be an address. */
function plainWords(error: unknown): string {
  const words = error instanceof Error ? error.message : '';
  return /^[A-Za-z ,.'-]{1,120}$/.test(words) ? words.replace(/\.$/, '') : 'unknown reason';
}
