import { chmodSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ConfigurationError } from '../errors.ts';
import type { InboxHistory, KeptMessage, KeptPlaces } from './inbox-history.ts';
import type { InboxMessage } from './inbox-message.ts';

/** A history that is a file. */
export interface HistoryFile extends InboxHistory {
  /** Lets go of the file. */
  close(): void;
}

/** "ppin": whose file it is (`PRAGMA application_id`). */
const applicationId = 0x7070696e;
const schemaVersion = 1;

/**
 * One process has the file at a time, for as long as it runs, so nobody is waited for (`locking_mode`, `busy_timeout`). What was written survives the end of the process, however it
 * ends; a power cut may cost the last moments (`synchronous`). What is deleted is overwritten (`secure_delete`).
 */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
`;
const locking = `
  PRAGMA busy_timeout = 0;
  PRAGMA locking_mode = EXCLUSIVE;
`;
const schema = `
  CREATE TABLE messages (id TEXT PRIMARY KEY, cursor TEXT NOT NULL, message TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE places (only INTEGER PRIMARY KEY CHECK (only = 1), places TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * Opens the SQLite file in which an inbox keeps its messages. Makes the file where there is none; a folder it never makes. It holds codes: only its owner may read it. Throws a
 * `ConfigurationError` that says what to do when another process has it, when it is something else, or cannot be used.
 */
export function openHistory(path: string): HistoryFile {
  try {
    createFile(path);
    return setUp(new DatabaseSync(path), path);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError([whyNot(error, path)], { cause: error });
  }
}

/** SQLite would make it readable for all. One that is there is not opened here: closing it would drop every lock that this process has on it (POSIX), SQLite's among them. */
function createFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function setUp(db: DatabaseSync, path: string): HistoryFile {
  try {
    db.exec(locking);
    const isNew = isEmpty(db, path);
    chmodSync(path, 0o600);
    db.exec(pragmas);
    // Takes the lock, and keeps it.
    db.exec('BEGIN IMMEDIATE');
    if (isNew) db.exec(schema);
    db.exec('COMMIT');
    return history(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** False where it is a history already. Looks, and changes nothing: it may be someone else's. */
function isEmpty(db: DatabaseSync, path: string): boolean {
  const { application_id: application } = db.prepare('PRAGMA application_id').get() ?? {};
  const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
  if (application === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) return true;
  if (application !== applicationId) {
    throw new ConfigurationError([`${path} is the database of something else. Name a file that is not there yet.`]);
  }
  if (version !== schemaVersion) {
    throw new ConfigurationError([
      `${path} was written by another version of phoneproof. Name another file, or delete it.`,
    ]);
  }
  return false;
}

function history(db: DatabaseSync, path: string): HistoryFile {
  const put = db.prepare('INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cursor = ?2, message = ?3');
  const drop = db.prepare('DELETE FROM messages WHERE id = ?');
  const putPlaces = db.prepare('INSERT INTO places VALUES (1, ?) ON CONFLICT DO UPDATE SET places = ?1');
  let clearing: string | undefined;
  const write = ({ message, cursor }: KeptMessage): void => {
    put.run(message.id, cursor, JSON.stringify(message));
  };
  return {
    load: () =>
      orDamaged(path, () => {
        const messages = db.prepare('SELECT cursor, message FROM messages ORDER BY id').all();
        const places = db.prepare('SELECT places FROM places').get()?.['places'];
        return {
          messages: messages.map(({ cursor, message }) => ({
            cursor: String(cursor),
            message: revive(String(message)),
          })),
          places: places === undefined ? null : (JSON.parse(String(places)) as KeptPlaces),
        };
      }),
    add: write,
    change: write,
    remove(ids, places) {
      db.exec('BEGIN');
      try {
        for (const id of ids) drop.run(id);
        putPlaces.run(JSON.stringify(places));
        db.exec('COMMIT');
      } catch (error) {
        rollBack(db);
        throw error;
      }
      // What someone cleared stays in the write-ahead log no longer. What was forgotten waits for SQLite's own turn: that may be one text with every other that comes.
      if (places.cleared.cursor !== clearing) db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      clearing = places.cleared.cursor;
    },
    close: () => db.close(),
  };
}

/** What cannot be read says so without the error that says where: that one quotes the text. */
function orDamaged<Kept>(path: string, read: () => Kept): Kept {
  try {
    return read();
  } catch {
    throw new ConfigurationError([
      `${path} is damaged: what it holds cannot be read. Name another file, or delete it.`,
    ]);
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself: https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
  }
}

/** What the sender could be told by hand was known to the process that took the text, and to no other. */
function revive(json: string): InboxMessage {
  const message = JSON.parse(json) as Omit<InboxMessage, 'receivedAt'> & { receivedAt: string };
  return Object.freeze({ ...message, receivedAt: new Date(message.receivedAt), byHand: [] });
}

const busy = 5; // https://www.sqlite.org/rescode.html
const notADatabase = 26;

function whyNot(error: unknown, path: string): string {
  const { code, errcode = 0 } = error as { code?: string; errcode?: number };
  if ((errcode & 0xff) === busy) {
    return `Another process keeps its texts in ${path}. Stop it, or name another file.`;
  }
  if (errcode === notADatabase) return `${path} is no history of an inbox. Name a file that is not there yet.`;
  if (code === 'ENOENT') return `The folder of ${path} is not there. Make it, or name a file in one that is.`;
  return `${path} cannot be used for the history (${code === 'ERR_SQLITE_ERROR' ? String(error) : code}). Name a file that can be written.`;
}
