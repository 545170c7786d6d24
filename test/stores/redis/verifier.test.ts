import { freshKeyPrefix } from '../../servers/shared.ts';
import { testVerifierOn } from '../verifier-on-store.ts';
import { openStore, servers } from './clients.ts';

for (const [server, connect] of Object.entries(servers)) {
  testVerifierOn(
    `the Redis store on ${server}`,
    async (clock) => openStore({ client: await connect(), prefix: freshKeyPrefix(), clock: clock.now }),
    { modelled: 6, interleaved: 15 },
  );
}
