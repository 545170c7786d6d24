import type { Row } from './client.ts';

/** What a server's settings endanger, in sentences. */
export function dangersIn(settings: Row | undefined): string[] {
  const { fsync, full_page_writes, synchronous_commit, is_replica } = settings ?? {};
  const dangers: string[] = [];
  if (is_replica === 'true') {
    dangers.push('PostgreSQL is a replica (pg_is_in_recovery): it takes no writes. Name the primary.');
  }
  if (synchronous_commit === 'off') {
    dangers.push(
      'PostgreSQL answers before a commit is on the disk (synchronous_commit is off): a crash gives spent codes and wrong checks back. Set it to on.',
    );
  }
  if (fsync === 'off') {
    dangers.push(
      'PostgreSQL does not flush to the disk (fsync is off): a crash of the machine can lose everything. Set it to on.',
    );
  }
  if (full_page_writes === 'off') {
    dangers.push(
      'PostgreSQL does not protect torn pages (full_page_writes is off): a crash of the machine can spoil data. Set it to on.',
    );
  }
  return dangers;
}
