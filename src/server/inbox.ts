import type { Settings } from './config.ts';
import { listen } from './http-server.ts';
import { openInbox } from './kept-inbox.ts';
import { createLog, type Log } from './log.ts';
import { phoneAddresses } from './phone-addresses.ts';
import { endWithProcess } from './process-signals.ts';
import { createInboxSite } from './site.ts';

const graceMs = 2_000;

/** A running inbox. */
export interface StartedInbox {
  /** Where it is reached on this machine. */
  readonly url: string;
  /** Where a phone in the same network reaches it; empty where none does. */
  readonly phoneUrls: readonly string[];
  readonly log: Log;
}

/** Runs the inbox alone until the process is told to end. Resolves when it listens. */
export async function startInbox(settings: Settings<'inbox'>, warnings: readonly string[]): Promise<StartedInbox> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of warnings) log.warn(warning);
  const { host, inboxEmulators, inboxPassword: password, port } = settings;
  const { inbox, close } = await openInbox(settings, log);
  const ending = new AbortController();
  let phoneUrls: readonly string[] = [];
  const server = await listen({
    ...createInboxSite({
      inbox,
      ending: ending.signal,
      ...(password !== undefined && { access: { password, emulators: inboxEmulators } }),
      addresses: () =>
        phoneUrls.map((url) => `${url}/inbox?${new URLSearchParams({ key: password ?? '' }).toString()}`),
      warn: (sentence) => log.warn(sentence),
    }),
    host,
    port,
    howToMove: `phoneproof inbox --port ${port + 1}`,
    onError: (error) => log.error('answering failed', error),
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    ending.abort();
    await server.close({ graceMs });
    close();
  };
  endWithProcess({ stop, requestsMs: graceMs, log });
  const { port: bound } = new URL(server.url);
  phoneUrls = phoneAddresses(host, bound);
  // Nothing is there by the name of all addresses on some systems.
  const url = host === '0.0.0.0' || host === '::' ? `http://127.0.0.1:${bound}` : server.url;
  return { url, phoneUrls, log };
}
