import type { DatabaseSync } from 'node:sqlite';

/** Every statement of the store but the migrations, prepared once for a connection. */
export function prepareStatements(db: DatabaseSync) {
  return {
    /** Takes the write lock, or fails at once. */
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    savepoint: db.prepare('SAVEPOINT verb'),
    release: db.prepare('RELEASE verb'),
    rollBack: db.prepare('ROLLBACK TO verb'),

    /** Takes the write-ahead log into the database and empties it; does nothing while another connection is at work. */
    checkpoint: db.prepare('PRAGMA wal_checkpoint(TRUNCATE)'),

    /** -> last_time_ms. One row. */
    lastTime: db.prepare('SELECT last_time_ms FROM shared'),
    /** last_time_ms */
    setLastTime: db.prepare('UPDATE shared SET last_time_ms = ?'),
    /** -> subject_key. One row. */
    subjectKey: db.prepare('SELECT subject_key FROM shared'),
    /** subject_key */
    setSubjectKey: db.prepare('UPDATE shared SET subject_key = ?'),

    /** subject -> record. One row or none. */
    number: db.prepare('SELECT record FROM numbers WHERE subject = ?'),
    /** subject, record, due_at_ms */
    setNumber: db.prepare(
      `INSERT INTO numbers (subject, record, due_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (subject) DO UPDATE SET record = excluded.record, due_at_ms = excluded.due_at_ms`,
    ),
    /** due_at_ms, subject */
    setDueAt: db.prepare('UPDATE numbers SET due_at_ms = ? WHERE subject = ?'),
    /** subject */
    deleteNumber: db.prepare('DELETE FROM numbers WHERE subject = ?'),
    /** now, at most so many -> subject. The longest due first. */
    due: db.prepare('SELECT subject FROM numbers WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?'),
  };
}
