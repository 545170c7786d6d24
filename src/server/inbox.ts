import { createInbox } from '../inbox/messages.ts';
import type { Settings } from './config.ts';
import { listen } from './http-server.ts';
import { createLog, type Log } from './log.ts';
import { endWithProcess } from './process-signals.ts';
import { createInboxSite } from './site.ts';

const graceMs = 2_000;

/** Runs the inbox alone until the process is told to end. Resolves when it listens. */
export async function startInbox(
  settings: Settings<'inbox'>,
  warnings: readonly string[],
): Promise<{ url: string; log: Log }> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of warnings) log.warn(warning);
  const { host, port } = settings;
  const ending = new AbortController();
  const server = await listen({
    ...createInboxSite({ inbox: createInbox(), ending: ending.signal, warn: (sentence) => log.warn(sentence) }),
    host,
    port,
    howToMove: `phoneproof inbox --port ${port + 1}`,
    onError: (error) => log.error('answering failed', error),
  });
  const stop = (): Promise<void> => {
    ending.abort();
    return server.close({ graceMs });
  };
  endWithProcess({ stop, requestsMs: graceMs, log });
  return { url: server.url, log };
}
