import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { openHistory, type HistoryFile } from '../../../src/inbox/history.ts';
import { createInbox, type Inbox, type InboxMessage, type InboxOptions } from '../../../src/inbox/messages.ts';
import { virtualClock } from '../../../src/testing/clock.ts';

const alice = '+12025550143';
const bob = '+447400123456';

let folder: string;
let path: string;
let history: HistoryFile | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoneproof-history-'));
  path = join(folder, 'inbox.db');
});

afterEach(() => {
  history?.close();
  history = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function close(): void {
  history?.close();
  history = undefined;
}

/** As after a restart: what was open is closed. */
function open(options: Omit<InboxOptions, 'history'> = {}): Inbox {
  close();
  history = openHistory(path);
  return createInbox({ ...options, history });
}

function text(inbox: Inbox, to: string, body = '493817 is your Example code.'): InboxMessage {
  return inbox.add({ to, from: 'Example', body, provider: 'inbox' });
}

/** Tries to open it in another process: what is said there. */
function openElsewhere(): string {
  const program = `
    const { openHistory } = await import(${JSON.stringify(new URL('../../../src/inbox/history.ts', import.meta.url))});
    try { openHistory(${JSON.stringify(path)}).close(); console.log('opened'); } catch (error) { console.log(error.message); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return stdout.trim();
}

test('messages are there after a restart as they were, but for what only their process could do', () => {
  const request = { method: 'POST', path: '/twilio', headers: { host: 'localhost' }, body: 'To=%2B1' };
  const before = open();
  before.numbers.lease({ number: alice, run: 'checkout' });
  const first = before.add({ to: alice, from: 'A', body: 'K 👍', provider: 'twilio', request, byHand: ['reply'] });
  const second = text(before, bob);
  before.setStatus(second.id, 'failed');
  expect(open().list()).toEqual([
    { ...second, status: 'failed' },
    { ...first, byHand: [] },
  ]);
  expect(first.run).toBe('checkout');
});

test('cursors go on, whatever the clock does, and hide after a restart what they hid before', async () => {
  const clock = virtualClock();
  const before = open({ clock: clock.now });
  const start = before.cursor();
  const [first, second] = [text(before, alice), text(before, alice)];
  clock.advance(-60_000);
  const inbox = open({ clock: clock.now });
  expect(inbox.cursor()).toBe(second.id);
  expect(inbox.list({ after: first.id })).toEqual([second]);
  expect(inbox.list({ after: second.id })).toEqual([]);
  expect(inbox.list({ after: start })).toEqual([second, first]);
  const third = text(inbox, alice);
  expect(third.id > second.id).toBe(true);
  expect(await inbox.wait({ to: alice, after: second.id })).toBe(third);
});

test('an empty inbox goes on after a restart too', () => {
  const after = open().cursor();
  const inbox = open();
  expect(inbox.cursor()).toBe(after);
  text(inbox, alice);
  const { id } = text(inbox, alice);
  inbox.clear();
  const cursor = inbox.cursor();
  expect(open().cursor()).toBe(cursor);
  expect(text(open(), alice).id > id).toBe(true);
  const small = open({ maxMessages: 1 });
  text(small, alice);
  text(small, alice);
  const latest = small.cursor();
  expect(open().cursor()).toBe(latest);
});

test('whoever was away while things happened is told of them after a restart too', async () => {
  const before = open({ maxMessages: 2 });
  const first = text(before, alice);
  const [forgotten, second, third] = [first.id, text(before, alice), text(before, bob)];
  before.setStatus(second.id, 'failed');
  const inbox = open({ maxMessages: 2 });
  const told = [];
  for await (const event of inbox.events({ after: first.id })) if (told.push(event) === 3) break;
  expect(told).toMatchObject([
    { type: 'message', message: third },
    { type: 'forgotten', through: forgotten },
    { type: 'message', message: { id: second.id, status: 'failed' } },
  ]);
  inbox.clear({ to: bob });
  for await (const event of open({ maxMessages: 2 }).events({ after: told[2]!.cursor })) {
    expect(event).toMatchObject({ type: 'cleared', to: bob });
    break;
  }
});

test('what was cleared or went does not come back, nor does its text stay in the file', () => {
  const before = open({ maxMessages: 2 });
  text(before, alice, 'the very first 111111');
  text(before, alice, 'the second 222222');
  const third = text(before, bob, 'the third 333333');
  before.clear({ to: alice });
  const kept = (): string => {
    const files = [path, `${path}-wal`].filter((file) => existsSync(file));
    return files.map((file) => readFileSync(file, 'latin1')).join('');
  };
  for (const bytes of [kept(), (open(), kept())]) {
    expect(bytes).toContain('the third');
    expect(bytes).not.toMatch(/very first|the second/);
  }
  expect(open().list()).toEqual([third]);
});

test('what is too much or too old by the options of today goes at the start', () => {
  const clock = virtualClock();
  const before = open({ clock: clock.now });
  text(before, alice);
  clock.advance(3_600_000);
  const late = [text(before, alice), text(before, bob), text(before, alice)];
  expect(open({ clock: clock.now, keepHours: 1 }).list()).toEqual(late.toReversed());
  expect(open({ clock: clock.now, maxMessages: 2 }).list()).toEqual(late.slice(1).toReversed());
  expect(open({ clock: clock.now }).count()).toBe(2);
});

test('what the file did not take has not happened', () => {
  const inbox = open();
  const message = text(inbox, alice);
  history?.close();
  history = undefined;
  expect(() => text(inbox, bob)).toThrow(/finalized|not open/);
  expect(() => inbox.setStatus(message.id, 'failed')).toThrow(/finalized|not open/);
  expect(() => inbox.clear()).toThrow(/finalized|not open/);
  expect(inbox.list()).toEqual([message]);
});

test('only its owner may read it, also one that was there with other rights', () => {
  writeFileSync(path, '');
  chmodSync(path, 0o644);
  text(open(), alice);
  for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777, file).toBe(0o600);
});

test('a second process is refused for as long as the first has it, whoever tried before', () => {
  text(open(), alice);
  const refusal = `Another process keeps its texts in ${path}. Stop it, or name another file.`;
  expect(() => openHistory(path)).toThrow(expect.objectContaining({ faults: [refusal] }));
  expect(openElsewhere()).toBe(refusal);
  history?.close();
  history = undefined;
  expect(openElsewhere()).toBe('opened');
});

/** As another program does. */
function alter(sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

test.each([
  ['a text', () => writeFileSync(path, 'not a database, whatever it is '.repeat(200)), 'is no history of an inbox'],
  ["another program's", () => alter('CREATE TABLE t (a)'), 'is the database of something else'],
  ["another program's that is empty", () => alter('PRAGMA application_id = 7'), 'is the database of something else'],
  ['of another version', () => (open(), history?.close(), alter('PRAGMA user_version = 9')), 'another version'],
  ['in no folder', () => (path = join(folder, 'none', 'inbox.db')), 'The folder of'],
  ['a folder', () => (path = folder), 'cannot be used'],
])('a file that is %s is refused, and says why', (_, prepare, why) => {
  prepare();
  history = undefined;
  expect(() => openHistory(path)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(why) }),
  );
});

test("another program's file is left as it is", () => {
  alter('CREATE TABLE t (a)');
  chmodSync(path, 0o644);
  const before = readFileSync(path);
  expect(() => openHistory(path)).toThrow('something else');
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test.each([
  ['a text', 'UPDATE messages SET message = substr(message, 1, 90)'],
  ['its places', "UPDATE places SET places = substr(places, 1, 9) || 'x'"],
])('a file of which %s is damaged is refused without a word of what it holds', (_, sql) => {
  text(open(), alice);
  history?.close();
  history = undefined;
  alter(sql);
  let thrown: unknown;
  try {
    open();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConfigurationError);
  expect(String(thrown)).toContain('is damaged');
  expect(inspect(thrown)).not.toMatch(/2025550143|493817/);
});

test('what the file does not let go of goes another time, and neither refuses a text nor ends the process', () => {
  const { now, advance } = virtualClock();
  open({ clock: now });
  close();
  alter("CREATE TRIGGER full BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  vi.useFakeTimers();
  try {
    const inbox = open({ clock: now, maxMessages: 1, keepHours: 1 });
    const [first, second] = [text(inbox, alice), text(inbox, bob)];
    expect(inbox.list()).toEqual([second, first]);
    advance(3_600_000);
    vi.advanceTimersByTime(3_600_000);
    expect(inbox.count()).toBe(2);
    close();
    alter('DROP TRIGGER full');
    expect(open({ clock: now, maxMessages: 1, keepHours: 1 }).count()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
