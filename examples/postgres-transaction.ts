import { Pool } from 'pg';
import { createVerifier } from 'phoneproof';
import { createInbox, inboxProvider } from 'phoneproof/inbox';
import { postgresStore } from 'phoneproof/stores/postgres';

const connectionString = process.env.DATABASE_URL;
const app = new Pool({ connectionString });
const own = new Pool({ connectionString }); // the store charges on it while your transaction waits
for (const pool of [app, own]) pool.on('error', console.error); // a connection that breaks ends nothing
const store = postgresStore({ pool: own });
await store.migrate();
await app.query('CREATE TABLE IF NOT EXISTS accounts (phone text PRIMARY KEY, name text NOT NULL)');

const inbox = createInbox(); // stands in for phones
const verifier = createVerifier({
  secret: process.env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store,
  provider: inboxProvider({ inbox }), // in production: a provider that reaches phones
});

/** The account is there when the number is verified, and neither is without the other. */
async function signUp(name: string, id: string, code: string): Promise<string> {
  const transaction = await app.connect();
  try {
    await transaction.query('BEGIN');
    const checked = await verifier.check({ id, code, transaction });
    if (checked.status === 'approved') {
      await transaction.query('INSERT INTO accounts VALUES ($1, $2)', [checked.verification.to, name]);
    }
    await transaction.query('COMMIT');
    return checked.status;
  } catch (error) {
    await transaction.query('ROLLBACK'); // the code is good again; the try is charged
    throw error;
  } finally {
    transaction.release();
  }
}

const started = await verifier.start({ to: '(202) 555-0143', country: 'US' });
if (started.status !== 'pending') throw new Error(started.detail);
const text = await inbox.wait({ to: started.verification.to });
console.log(await signUp('Ada', started.verification.id, text?.code ?? '')); // approved
console.log((await app.query('SELECT * FROM accounts')).rows); // [ { phone: '+12025550143', name: 'Ada' } ]

await verifier.idle();
await store.close();
await Promise.all([app.end(), own.end()]);
