-- A database of schema 1 as its version left it at 2030-01-01 00:00:01: one number, verified a second before, with a code pending that was guessed wrong twice.
CREATE TABLE numbers (
  subject TEXT PRIMARY KEY NOT NULL,
  record TEXT NOT NULL,
  due_at_ms INTEGER NOT NULL
) STRICT;
INSERT INTO "numbers" VALUES('0k8foW0SIAbzIbOjof8L-w','{"verified":{"atMs":1893456000000,"untilMs":1896048000000},"live":[{"nonce":"rVPhuyl2ZiSbiRfHpLl2zA","purpose":"other","channel":"sms","createdAtMs":1893456001000,"expiresAtMs":1893456301000,"wrongChecks":2,"deliveryCount":1,"deliveries":[{"delivery":1,"status":"sending","atMs":1893456001000}],"secret":{"keyId":"key-1","digest":"QZMJClUU0Rk5nmjNDrRt5HyH-z77jJ_OxD9wFuLoGm0","seal":"EVE1ENMwut-3acYmQsfmhYtRpSOMK5F8DvmdMZftlD5aL0ZbACvc289dkIXGPX1MprGOUfTP-MqXLF9rpTyjgg","codeLength":6},"number":"c2VhbGVkIGEgbnVtYmVy","maxChecks":5,"keepMs":86400000,"verifiedMs":2592000000}],"ended":[{"nonce":"GyZFRVM4b9iKMboxs3r8YQ","purpose":"default","channel":"sms","status":"approved","createdAtMs":1893456000000,"expiresAtMs":1893456300000,"lastSendAtMs":1893456000000,"endedAtMs":1893456000000,"number":"c2VhbGVkIGEgbnVtYmVy","untilMs":1893542400000}],"sends":[1893456000000,1893456001000],"sendsUntilMs":1893542401000,"attempts":[1893456000000,1893456001000],"attemptsUntilMs":1893456601000,"wrongChecks":[1893456001000,1893456001000],"wrongChecksUntilMs":1893542401000,"wrongInRow":2,"wrongInRowUntilMs":1924992001000}',1893456301000);
CREATE TABLE phoneproof_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
  ) STRICT;
INSERT INTO "phoneproof_migrations" VALUES(1,'0001-numbers',1893456000000);
CREATE TABLE shared (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_time_ms INTEGER NOT NULL,
  subject_key TEXT
) STRICT;
INSERT INTO "shared" VALUES(1,1893456001000,NULL);
CREATE INDEX numbers_by_due_at ON numbers (due_at_ms);
