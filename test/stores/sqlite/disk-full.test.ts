import { expect, test } from 'vitest';
import { numberOn } from '../../../src/testing/store-cases/number.ts';
import { startChild } from '../child.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

test.skipIf(process.platform === 'win32')(
  'on a full disk a begin fails and is not done, what was begun stays, and with space all goes on',
  { timeout: 60_000 },
  async () => {
    const path = databasePath();
    const child = startChild('./sqlite/fills-the-disk.ts', [path], { shell: 'ulimit -f 800' });
    const { begun, errors, stillFound } = JSON.parse(await child.hear()) as {
      begun: string[];
      errors: Record<string, string>;
      stillFound: string;
    };
    await child.ended();
    expect(begun.length).toBeGreaterThan(100);
    expect(new Set(Object.values(errors))).toEqual(new Set(['StoreError']));
    expect(stillFound).toBe('pending');

    const raw = openRaw(path);
    expect(raw.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(raw.prepare('SELECT count(*) AS count FROM numbers').get()?.count).toBe(begun.length);
    const store = openStore(path);
    for (const name of begun) expect((await numberOn(store, { name }).find())?.status).toBe('pending');
    for (const name of Object.keys(errors)) await numberOn(store, { name }).create();
  },
);
