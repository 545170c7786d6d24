import { createInbox, type Inbox } from '../inbox/messages.ts';
import { inboxProvider } from '../inbox/provider.ts';
import { consoleProvider } from '../providers/console.ts';
import type { Provider } from '../providers/provider.ts';
import { memoryStore } from '../stores/memory.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import type { Store } from '../stores/store.ts';
import type { ProviderChoice, StoreChoice } from './config/backends.ts';

/** Opens the store that was chosen. */
export function openStore(choice: StoreChoice): Store {
  return choice.kind === 'sqlite' ? sqliteStore({ path: choice.path }) : memoryStore();
}

/** Makes the provider that was chosen; with `inbox`, also the inbox it delivers to. */
export function openProvider(choice: ProviderChoice): { provider: Provider; inbox: Inbox | null } {
  if (choice === 'console') return { provider: consoleProvider(), inbox: null };
  const inbox = createInbox();
  return { provider: inboxProvider({ inbox }), inbox };
}
