import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreHome } from './home.ts';

const noServer: Omit<StoreHome, 'address'> = {
  server: null,
  cpuUs: async () => null,
  bytes: async () => null,
  primaries: [],
  close: async () => {},
};

/** The memory of the candidate's process. */
export async function memoryHome(): Promise<StoreHome> {
  return { ...noServer, address: 'memory:' };
}

/** A file that the candidate's process opens. */
export async function sqliteHome({ space, folder }: { space: string; folder: string }): Promise<StoreHome> {
  const path = join(folder, `${space}.db`);
  return {
    ...noServer,
    address: `sqlite:${path}`,
    async bytes() {
      const db = new DatabaseSync(path, { readOnly: true });
      const bytes = db.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get();
      db.close();
      return Number(bytes?.['bytes']);
    },
  };
}
