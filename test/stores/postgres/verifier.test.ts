import { testVerifierOn } from '../verifier-on-store.ts';
import { migratedDatabase } from './database.ts';

testVerifierOn('the PostgreSQL store', async (clock) => (await migratedDatabase()).open({ clock: clock.now }), {
  modelled: 6,
  interleaved: 20,
});
