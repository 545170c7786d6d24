import type { Settings } from './config.ts';
import { prepareDevFolder } from './dev-folder.ts';
import { createLog, type Log } from './log.ts';
import { endWithProcess } from './process-signals.ts';
import { startService } from './service.ts';

/** Nobody waits for a development service to end. */
const graceMs = 2_000;

/** Runs everything on this machine until the process is told to end: nobody is asked for a key. Resolves when it listens. */
export async function startDev(
  settings: Settings<'dev'>,
  { cwd, warnings }: { cwd: string; warnings: readonly string[] },
): Promise<{ url: string; log: Log }> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of warnings) log.warn(warning);
  const madeUp = prepareDevFolder(cwd);
  const service = await startService({
    settings: { ...settings, secret: settings.secret ?? [madeUp] },
    log,
    access: { authenticate: 'none' },
    development: true,
    drainMs: 0,
    graceMs,
  });
  endWithProcess({ stop: () => service.stop(), requestsMs: graceMs, log });
  return { url: service.url, log };
}
