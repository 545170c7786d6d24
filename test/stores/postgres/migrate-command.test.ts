import { expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { migrationSql } from '../../../src/stores/postgres/index.ts';
import { postgresUrl } from '../../servers/shared.ts';
import { freshDatabase } from './database.ts';

async function migrate(store: string | undefined, ...flags: string[]) {
  let [output, errors] = ['', ''];
  const exitCode = await runCli(['migrate', ...flags], {
    env: store === undefined ? {} : { PHONEPROOF_STORE: store },
    cwd: import.meta.dirname,
    write: (text) => (output += text),
    writeError: (text) => (errors += text),
  });
  return { exitCode, output, errors };
}

test('it says what it applied, and then that all is', async () => {
  const { schema, open, sql } = await freshDatabase();
  const address = `${await postgresUrl()}?schema=${schema}`;
  const first = await migrate(address);
  expect(first).toEqual({ exitCode: 0, output: 'Applied 0001-numbers-broad-limits-claims.\n', errors: '' });
  await open().ping();
  expect(await migrate(address)).toEqual({ exitCode: 0, output: 'Up to date.\n', errors: '' });
  await sql(`INSERT INTO $schema.migrations (version, name) VALUES (99, '0099-later')`);
  const newer = await migrate(address);
  expect(newer).toMatchObject({ exitCode: 3, output: '' });
  expect(newer.errors).toContain('update phoneproof');
});

test('it prints the SQL without a database', async () => {
  const { output, exitCode } = await migrate(
    'postgres://somebody:secretword@127.0.0.1:9/db?schema=a%20name',
    '--print',
  );
  expect([exitCode, output]).toEqual([0, migrationSql({ schema: 'a name' })]);
  expect((await migrate('postgres://127.0.0.1:9/db', '--print')).output).toBe(migrationSql());
});

test('a database that does not answer is told, without its address', async () => {
  const { exitCode, output, errors } = await migrate('postgres://somebody:secretword@127.0.0.1:9/db');
  expect([exitCode, output]).toEqual([3, '']);
  expect(errors).toContain('ECONNREFUSED');
  expect(errors).not.toMatch(/secretword|somebody/);
});

test.each(['memory:', 'sqlite:some.db', 'redis://127.0.0.1:9', 'redis-cluster://127.0.0.1:9'])(
  'there is nothing to do for %s',
  async (store) => {
    for (const flags of [[], ['--print']]) {
      const { exitCode, output } = await migrate(store, ...flags);
      expect(exitCode).toBe(0);
      expect(output).toMatch(/^Nothing to do/);
    }
  },
);

test('without a store it is not fit', async () => {
  expect((await migrate(undefined)).exitCode).toBe(78);
});
