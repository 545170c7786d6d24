import { StoreError } from '../../errors.ts';
import type { Row } from './client.ts';

/** The lines that a function which reads has returned. Throws a `StoreError` where it was a replica: what that tells may be old, and nobody may be told of a code or a lock by it. */
export function toldLines(rows: readonly Row[]): string[] {
  const lines = rows[0]?.['told']?.split('\n') ?? [];
  if (lines[0] === 'replica') throw isReplica();
  return lines;
}

/** What stands on a line, one after the other; nothing where it is empty. */
export function wordsOf(line: string | null | undefined): string[] {
  return line ? line.split(' ') : [];
}

/** 0 where there is nothing. */
export function integer(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

/** Where a replica would be believed. */
export function isReplica(): StoreError {
  return new StoreError(
    'The PostgreSQL store is connected to a replica, which may tell what is no longer so: name the primary.',
  );
}
