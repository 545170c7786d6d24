import { createCostGuard, type CostGuard } from '../end-to-end/cost-guard.ts';
import type { EndToEndReport } from '../end-to-end/report.ts';
import { runEndToEnd } from '../end-to-end/run.ts';
import { onSchedule } from '../end-to-end/schedule.ts';
import { createCanaryMetrics, type CanaryMetrics } from './canary-metrics.ts';
import type { Settings } from './config.ts';
import { openEndToEnd, type EndToEndChoice, type EndToEndParts } from './end-to-end.ts';
import { createLog, type Log } from './log.ts';
import { serveMetrics } from './metrics-server.ts';
import { endWithProcess } from './process-signals.ts';

export interface CanaryOptions extends EndToEndChoice {
  readonly countries: readonly string[];
  readonly everyMs: number;
  readonly maxRentsPerDay: number;
  readonly maxPrice?: number | undefined;
  /** How long a text may take. */
  readonly timeoutMs: number;
}

const dayMs = 86_400_000;
/** For what is under way when the process is told to end, the release of the number at its end. */
const graceMs = 15_000;

/** Walks the whole way again and again until the process is told to end, and gives its number back first. Resolves when it has begun. */
export async function startCanary(
  settings: Settings<'canary'>,
  options: CanaryOptions,
  warnings: readonly string[],
): Promise<void> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of warnings) log.warn(warning);
  const parts = openEndToEnd(settings, options);
  const metrics = createCanaryMetrics();
  const { host, metricsPort } = settings;
  const server = await serveMetrics({ exposition: () => metrics.exposition(), host, port: metricsPort, log });
  const ending = new AbortController();
  const { clock } = parts;
  const guard = createCostGuard({ maxRents: options.maxRentsPerDay, windowMs: dayMs, clock });
  const round = { parts, guard, metrics, log, signal: ending.signal };
  const ended = onSchedule(() => runOnce(round, options), { ...parts, ...options, signal: ending.signal });
  endWithProcess({
    async stop() {
      ending.abort(new Error('the process ends'));
      await ended;
      await parts.close();
      await server?.close({ graceMs: 0 });
    },
    requestsMs: graceMs,
    log,
  });
  log.info('canary', {
    countries: options.countries.join(','),
    provider: parts.numbers.name,
    every_seconds: options.everyMs / 1_000,
    ...(server && { metrics: `${server.url}/metrics` }),
  });
}

/** One run for each country, one after the other. */
async function runOnce(
  {
    parts,
    guard,
    metrics,
    log,
    signal,
  }: { parts: EndToEndParts; guard: CostGuard; metrics: CanaryMetrics; log: Log; signal: AbortSignal },
  { countries, maxPrice, timeoutMs }: CanaryOptions,
): Promise<void> {
  for (const country of countries) {
    if (signal.aborted) return;
    const report = await runEndToEnd({
      ...parts,
      wanted: { country, maxPrice },
      guard,
      timeoutMs,
      signal,
      on: (event) => metrics.step(event),
    });
    metrics.ended(report, Date.now());
    tell(report, log);
  }
}

function tell(report: EndToEndReport, log: Log): void {
  const { country, provider, outcome, step, reason, detail, timings, polls, released } = report;
  log.info('run', {
    country,
    provider,
    outcome,
    ...(step && { step }),
    ...(reason && { reason }),
    ...(timings.deliveryMs !== null && { delivery_ms: Math.round(timings.deliveryMs) }),
    total_ms: Math.round(timings.totalMs),
    polls,
    ...(released && { released }),
  });
  if (detail !== null) log.warn(`${country}: ${detail}`);
  if (released === 'failed')
    log.warn(`${country}: ${provider} did not take the number back; it ends the lease by itself.`);
}
