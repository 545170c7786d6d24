import { Command } from 'commander';
import type { StoreChoice } from '../../server/config/backends.ts';
import { readSettings } from '../../server/config/read-config.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof migrate`: brings the schema of a PostgreSQL store up to date. */
export function migrateCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('migrate')
    .summary('create or update the tables of a PostgreSQL store')
    .description(
      'Creates the tables of a PostgreSQL store, or brings them up to date. Any number of times, and by several at once: what is done is done once.',
    )
    .option('--print', 'print the SQL of all migrations instead; connects to nothing')
    .addHelpText(
      'after',
      `
Examples:
  PHONEPROOF_STORE=postgres://owner:password@127.0.0.1/app phoneproof migrate
  PHONEPROOF_STORE='postgres://127.0.0.1/app?schema=verification' phoneproof migrate --print

Exit codes: 0 up to date, 2 wrong usage, 3 the store does not answer or refuses, 78 settings that are not fit.`,
    )
    .action(async (flags: Flags) => {
      const { env, cwd } = context;
      const { settings } = readSettings({ command: 'migrate', flags, env, cwd });
      if (settings.store.kind !== 'postgres') context.write(`${nothingToDo[settings.store.kind]}\n`);
      else if (flags.print) context.write(await migrationsOf(settings.store));
      else context.write(told(await migrate(settings.store)));
      finish(exitCodes.done);
    });
  return addFlags(command, 'migrate');
}

interface Flags extends Record<string, string | boolean | undefined> {
  print?: boolean;
}

type PostgresChoice = Extract<StoreChoice, { kind: 'postgres' }>;

const nothingToDo: Record<Exclude<StoreChoice['kind'], 'postgres'>, string> = {
  memory: 'Nothing to do: memory: has no tables.',
  sqlite: 'Nothing to do: a file of sqlite: is brought up to date when it is opened.',
  redis: 'Nothing to do: Redis has no tables.',
  'redis-cluster': 'Nothing to do: Redis has no tables.',
};

async function migrationsOf({ schema }: PostgresChoice): Promise<string> {
  const { migrationSql } = await import('../../stores/postgres/index.ts');
  return migrationSql(schema === undefined ? {} : { schema });
}

async function migrate(choice: PostgresChoice): Promise<readonly string[]> {
  const { openStore } = await import('../../server/parts.ts');
  const opened = await openStore(choice, { lost() {}, back() {} });
  try {
    return (await opened.migrate?.()) ?? [];
  } finally {
    await opened.close();
  }
}

function told(applied: readonly string[]): string {
  return applied.length > 0 ? applied.map((name) => `Applied ${name}.\n`).join('') : 'Up to date.\n';
}
