import { randomBytes } from 'node:crypto';
import { createVerifier } from 'phoneproof';
import { createInbox, inboxProvider } from 'phoneproof/inbox';
import { memoryStore } from 'phoneproof/stores/memory';

const inbox = createInbox(); // stands in for phones
const verifier = createVerifier({
  secret: randomBytes(32), // in production: from the environment, the same at every start
  store: memoryStore(), // in production: SQLite, Redis or PostgreSQL
  provider: inboxProvider({ inbox }), // in production: a provider that reaches phones
});

const started = await verifier.start({ to: '(202) 555-0143', country: 'US' });
if (started.status !== 'pending') throw new Error(started.detail);

const text = await inbox.wait({ to: started.verification.to });
const checked = await verifier.check({ id: started.verification.id, code: text?.code ?? '' });
console.log(checked.status); // approved
