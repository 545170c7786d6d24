import { createVerifier } from 'phoneproof';
import { consoleProvider } from 'phoneproof/providers/console';
import { sqliteStore } from 'phoneproof/stores/sqlite';

export const verifier = createVerifier({
  secret: process.env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store: sqliteStore({ path: process.env.DATABASE ?? 'phoneproof.db' }),
  provider: consoleProvider(), // prints texts: for development
  brand: 'Acme',
  defaultCountry: 'US',
});
