import type { Statement } from './statements.ts';

/** What the store needs of a `Pool` of the package `pg`. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** A client of the pool, for as long as it is not released. */
export interface PostgresClient extends PostgresTransaction {
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
  /** Back to the pool; or, with true, closed. */
  release(destroy?: boolean): void;
}

/** A client of the package `pg`, of a pool or not, on which the caller has begun a transaction. */
export interface PostgresTransaction {
  query(query: PostgresQuery): Promise<{ rows: Row[] }>;
  /** `T` within a transaction, `I` outside of any, `E` in one that has failed. */
  getTransactionStatus?(): string | null;
}

export interface PostgresQuery {
  /** Under which the session keeps the statement; unset: it does not. */
  name?: string;
  text: string;
  values: readonly unknown[];
  /** Milliseconds after which the client no longer waits for the answer; unset: as the client was told. */
  query_timeout?: number;
}

/** Every column is text, whatever type parsers the caller has set. */
export type Row = Record<string, string | null>;

/** Runs one statement. Rejects with a `StoreError`. */
export type Run = (statement: Statement, values: readonly unknown[]) => Promise<Row[]>;
