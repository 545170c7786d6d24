import { Pool } from 'pg';
import { postgresStore } from '../../../src/stores/postgres/index.ts';
import type { Store } from '../../../src/stores/store.ts';

/** Opens the store in the schema that an address like `postgres://postgres@127.0.0.1/postgres?schema=name` names. */
export async function storeAt(address: string): Promise<Store> {
  const url = new URL(address);
  const schema = url.searchParams.get('schema') ?? '';
  url.search = '';
  return postgresStore({ pool: new Pool({ connectionString: url.href, max: 5 }), schema });
}
