import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import type { Store } from '../../../src/stores/store.ts';

/** Opens the store at `sqlite:` and the path of its file. */
export async function storeAt(address: string): Promise<Store> {
  return sqliteStore({ path: address.slice('sqlite:'.length) });
}
