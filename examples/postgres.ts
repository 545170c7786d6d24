import { Pool } from 'pg';
import { createVerifier } from 'phoneproof';
import { consoleProvider } from 'phoneproof/providers/console';
import { postgresStore } from 'phoneproof/stores/postgres';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
pool.on('error', console.error); // else an idle connection that breaks ends the process
const store = postgresStore({ pool });
await store.migrate(); // or `npx phoneproof migrate`, with a role that may create tables

export const verifier = createVerifier({
  secret: process.env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store,
  provider: consoleProvider(), // prints texts: for development
});
