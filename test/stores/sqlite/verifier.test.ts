import { testVerifierOn } from '../verifier-on-store.ts';
import { databasePath, openStore } from './database-file.ts';

testVerifierOn('the SQLite store', (clock) => openStore(databasePath(), clock.now), { modelled: 8, interleaved: 25 });
