import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../errors.ts';
import { migrate } from './migrations.ts';
import { prepareStatements } from './statements.ts';

/**
 * Of each connection. An answer is given only after its commit is on the disk (`synchronous`; on macOS a plain fsync is not, hence
 * `fullfsync`). What is deleted is overwritten (`secure_delete`) and no copy of it goes to a temporary file (`temp_store`). A lock that another
 * process holds is waited for between the turns of the event loop, not in here (`busy_timeout`).
 */
export const connectionPragmas = `
  PRAGMA busy_timeout = 0;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
`;

/** A database that is ready for use. */
export interface Database {
  statements: ReturnType<typeof prepareStatements>;
  close(): void;
}

/**
 * Opens the database at `path`, in write-ahead mode and at this version's schema. Makes the file, readable for its owner alone, where there is none;
 * a directory it never makes. Throws a `StoreError`, or SQLite's own error when the file is busy: see `isBusy`.
 */
export function openDatabase(path: string, nowMs: number): Database {
  try {
    createFile(path);
    return setUp(new DatabaseSync(path), nowMs);
  } catch (error) {
    if (isBusy(error)) throw error;
    throw new StoreError(`Cannot open the SQLite store ${path}: ${String(error)}`, { cause: error });
  }
}

function setUp(db: DatabaseSync, nowMs: number): Database {
  try {
    db.exec(connectionPragmas);
    migrate(db, nowMs);
    const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
    if (mode !== 'wal') throw new Error("its file system does not allow SQLite's write-ahead log");
    return { statements: prepareStatements(db), close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * SQLite would make the file readable for all. It is never opened here once it exists: closing a file drops every POSIX lock that this process
 * holds on it, those of its other connections too.
 */
function createFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

const busyCodes = [5, 6]; // SQLITE_BUSY and SQLITE_LOCKED, https://www.sqlite.org/rescode.html

/** Whether SQLite itself threw this. */
export function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** Whether another connection holds the lock, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && busyCodes.includes(error.errcode & 0xff);
}
