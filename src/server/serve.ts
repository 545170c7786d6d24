import { defaultPolicy } from '../policy.ts';
import type { Settings } from './config.ts';
import { sentInClear } from './config/safety.ts';
import { createLog } from './log.ts';
import { endWithProcess } from './process-signals.ts';
import { openProvider } from './providers.ts';
import { startService } from './service.ts';
import { findTracing } from './tracing.ts';

/** What a request does besides sending: acts of the store, which take 2 s each at most. */
const besidesSendingMs = 5_000;

/** Runs the service for production until the process is told to end. Resolves when it listens. */
export async function serve(settings: Settings<'serve'>, warnings: readonly string[]): Promise<void> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of [...warnings, ...sentInClear(settings)]) log.warn(warning);
  for (const part of settings.allowUnsafe ?? []) {
    log.warn(`PHONEPROOF_ALLOW_UNSAFE names ${part}: this is no configuration for people's codes.`);
  }
  if (settings.acceptSubjectKey) {
    log.warn('PHONEPROOF_ACCEPT_SUBJECT_KEY is on: unset it, so that a wrong subject secret is refused next time.');
  }
  const tracing = await findTracing();
  const sending = openProvider(settings, tracing?.provider);
  const { sendTimeoutSeconds = defaultPolicy.sendTimeoutSeconds } = settings.policy;
  const drainMs = settings.drainSeconds * 1_000;
  const graceMs = (sending.provider.timeoutMs ?? sendTimeoutSeconds * 1_000) + besidesSendingMs;
  const service = await startService({
    settings,
    sending,
    tracing,
    log,
    access: { apiKeys: settings.apiKeys },
    metricsPort: settings.metricsPort,
    drainMs,
    graceMs,
  });
  endWithProcess({ stop: () => service.stop(), requestsMs: drainMs + graceMs, log });
  log.info('listening', { url: service.url, ...(service.metricsUrl && { metrics: service.metricsUrl }) });
}
