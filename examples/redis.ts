import { Redis } from 'ioredis';
import { createVerifier } from 'phoneproof';
import { consoleProvider } from 'phoneproof/providers/console';
import { redisStore } from 'phoneproof/stores/redis';

const client = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  connectTimeout: 2_000,
  socketTimeout: 3_000, // a connection that has gone quiet is replaced
  maxRetriesPerRequest: 1, // an outage is answered, not waited for
  autoResendUnfulfilledCommands: false, // nothing is done late
});

export const verifier = createVerifier({
  secret: process.env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store: redisStore({ client }),
  provider: consoleProvider(), // prints texts: for development
});
