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

    /** key -> buckets, due_at_ms. One row or none. */
    counter: db.prepare('SELECT buckets, due_at_ms FROM counters WHERE key = ?'),
    /** key, buckets, due_at_ms */
    setCounter: db.prepare(
      `INSERT INTO counters (key, buckets, due_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET buckets = excluded.buckets, due_at_ms = excluded.due_at_ms`,
    ),
    /** now, at most so many. The longest due first. */
    deleteDueCounters: deleteDue(db, 'counters'),

    /** key -> fingerprint, token, lease_until_ms, answer, due_at_ms. One row or none. */
    claim: db.prepare('SELECT fingerprint, token, lease_until_ms, answer, due_at_ms FROM claims WHERE key = ?'),
    /** key, fingerprint, token, lease_until_ms, answer, due_at_ms */
    setClaim: db.prepare(
      `INSERT INTO claims (key, fingerprint, token, lease_until_ms, answer, due_at_ms) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, token = excluded.token,
         lease_until_ms = excluded.lease_until_ms, answer = excluded.answer, due_at_ms = excluded.due_at_ms`,
    ),
    /** key */
    deleteClaim: db.prepare('DELETE FROM claims WHERE key = ?'),
    /** now, at most so many. The longest due first. */
    deleteDueClaims: deleteDue(db, 'claims'),
  };
}

/** Rows that end as a whole. */
function deleteDue(db: DatabaseSync, table: 'counters' | 'claims') {
  return db.prepare(
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?)`,
  );
}
