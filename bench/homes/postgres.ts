import { Client } from 'pg';
import { startPostgres } from '../../test/servers/postgres.ts';
import { cpuOfUs } from '../process-cpu.ts';
import type { StoreHome } from './home.ts';

/** As PostgreSQL is delivered: what was acknowledged is on the disk. */
const settings = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

/** A schema in a PostgreSQL: what TEST_POSTGRES_URL names, else one that is started. */
export async function postgresHome({ space }: { space: string }): Promise<StoreHome> {
  const named = process.env['TEST_POSTGRES_URL'];
  const own = named ? null : await startPostgres({ settings });
  const url = new URL(named || own!.url);
  const ask = async (text: string): Promise<unknown> => {
    const client = new Client({ connectionString: named || own!.url });
    await client.connect();
    try {
      return Object.values((await client.query<Record<string, unknown>>(text)).rows[0] ?? {})[0];
    } finally {
      await client.end();
    }
  };
  await ask(`CREATE SCHEMA ${space}`);
  url.searchParams.set('schema', space);
  const syncs = (await ask('SHOW fsync')) === 'on' ? await ask('SHOW synchronous_commit') : 'off';
  return {
    address: url.href,
    server: `PostgreSQL ${String(await ask('SHOW server_version'))}, synchronous_commit ${String(syncs)}`,
    cpuUs: async () => own && cpuOfUs(own.processIds()),
    // Tables and what hangs on them, with the dead rows that are not used again yet.
    bytes: async () =>
      Number(
        await ask(`SELECT sum(pg_total_relation_size(oid)) FROM pg_class
          WHERE relkind = 'r' AND relnamespace = '${space}'::regnamespace`),
      ),
    primaries: [],
    async close() {
      if (!own) await ask(`DROP SCHEMA ${space} CASCADE`);
      await own?.stop();
    },
  };
}
