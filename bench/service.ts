import { keepText, standReady } from './measured.ts';
import { importPart } from './parts.ts';

/**
 * The service as `phoneproof serve` runs it, of the same parts and from the same environment: API key, JSON log on standard output, metrics. Its provider
 * is `console`, whose texts are kept instead of printed; the log goes around `process.stdout`, straight to the file descriptor.
 */
const { readSettings } =
  await importPart<typeof import('../src/server/config/read-config.ts')>('server/config/read-config');
const { inspectServe } = await importPart<typeof import('../src/server/config/safety.ts')>('server/config/safety');
const { createLog } = await importPart<typeof import('../src/server/log.ts')>('server/log');
const { startService } = await importPart<typeof import('../src/server/service.ts')>('server/service');

Object.assign(process.stdout, {
  write(text: string): boolean {
    keepText(text);
    return true;
  },
});

const sources = { command: 'serve', flags: {}, env: process.env, cwd: process.cwd() } as const;
const { settings } = readSettings(sources, inspectServe);
const service = await startService({
  settings,
  log: createLog({ level: settings.logLevel, format: settings.logFormat }),
  access: { apiKeys: settings.apiKeys },
  metricsPort: settings.metricsPort,
  drainMs: 0,
  graceMs: 1_000,
});
standReady(service);
