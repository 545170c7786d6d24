import type { Settings } from './config.ts';
import { sentForReal } from './config/safety.ts';
import { prepareDevFolder } from './dev-folder.ts';
import { openInbox } from './kept-inbox.ts';
import { createLog, type Log } from './log.ts';
import { endWithProcess } from './process-signals.ts';
import { openProvider } from './providers.ts';
import { startService } from './service.ts';

/** Nobody waits for a development service to end. */
const graceMs = 2_000;

/** Runs everything on this machine until the process is told to end: nobody is asked for a key. Resolves when it listens. `codes`: where they come to light. */
export async function startDev(
  settings: Settings<'dev'>,
  { cwd, warnings }: { cwd: string; warnings: readonly string[] },
): Promise<{ url: string; log: Log; codes: 'inbox' | 'printed' | 'sent' }> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of warnings) log.warn(warning);
  const real = sentForReal(settings);
  if (real.length > 0) {
    log.warn(
      `Texts go to real phones, by ${real.join(' and ')}, and whoever reaches this machine's loopback can send them.`,
    );
  }
  const madeUp = prepareDevFolder(cwd);
  const { inbox, close } = await openInbox(settings, log);
  const service = await startService({
    settings: { ...settings, secret: settings.secret ?? [madeUp] },
    // The emulators deliver to it also where no provider does.
    sending: { ...openProvider(settings, undefined, inbox), inbox },
    log,
    access: { authenticate: 'none' },
    development: true,
    drainMs: 0,
    graceMs,
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await service.stop();
    close();
  };
  endWithProcess({ stop, requestsMs: graceMs, log });
  const codes = real.length > 0 ? 'sent' : settings.provider.includes('console') ? 'printed' : 'inbox';
  return { url: service.url, log, codes };
}
