import { readFileSync } from 'node:fs';

/**
 * How many transactions that wrote are in the write-ahead log of the database at `path`, since its last checkpoint: its frames that
 * end a commit, by https://www.sqlite.org/fileformat.html#the_write_ahead_log
 */
export function commitsInLog(path: string): number {
  const log = readFileSync(`${path}-wal`);
  if (log.length === 0) return 0;
  const frameBytes = 24 + log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  let commits = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break;
    if (log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}
