import { randomUUID } from 'node:crypto';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type CounterConfiguration } from 'prom-client';
import type { VerifierEvent } from '../events.ts';
import type { Answered } from '../http/app.ts';
import type { BreakerState } from '../providers/routing/breaker.ts';
import type { RouteHealth } from '../providers/routing/route.ts';
import type { WebhookOutcome } from './webhooks.ts';

/** Counts what the service does. Labels are words of ours: never a number, an id or a path. */
export interface Metrics {
  answer(answered: Answered): void;
  event(event: VerifierEvent): void;
  /** What became of an event that was to be posted. */
  webhook(outcome: WebhookOutcome): void;
  /** Answers with the exposition in Prometheus' text format, under a request id of its own. */
  exposition(): Promise<Response>;
}

/** Makes a registry of its own, with the process' metrics in it. `health`: how the providers do, asked when somebody looks. */
export function createMetrics({ health = () => null }: { health?: () => RouteHealth | null } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = tally({
    name: 'phoneproof_http_requests_total',
    help: 'Requests answered, by route template, status and problem code.',
    labelNames: ['method', 'route', 'status', 'code'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'phoneproof_http_request_duration_seconds',
    help: 'Time from request to answer.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const starts = tally({
    name: 'phoneproof_starts_total',
    help: 'Starts, by outcome: created, repeated, or the reason of a refusal and the limit that refused.',
    labelNames: ['outcome', 'limit'],
    registers,
  });
  const checks = tally({
    name: 'phoneproof_checks_total',
    help: 'Checks, by outcome: approved, or the reason of a refusal.',
    labelNames: ['outcome'],
    registers,
  });
  const testStarts = tally({
    name: 'phoneproof_test_number_starts_total',
    help: 'Those of the starts that were for a test number, by outcome.',
    labelNames: ['outcome', 'limit'],
    registers,
  });
  const testChecks = tally({
    name: 'phoneproof_test_number_checks_total',
    help: 'Those of the checks that were of a test number, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const deliveries = tally({
    name: 'phoneproof_deliveries_total',
    help: 'Hand-overs to a provider, by what became of them.',
    labelNames: ['provider', 'status', 'error_kind'],
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'phoneproof_delivery_duration_seconds',
    help: 'Time that a provider took.',
    labelNames: ['provider'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const unsettled = new Counter({
    name: 'phoneproof_settle_failures_total',
    help: 'Deliveries whose outcome could not be written down.',
    registers,
  });
  const receipts = tally({
    name: 'phoneproof_receipts_total',
    help: 'What vendors told of texts, by status; a vendor that tells twice is counted twice.',
    labelNames: ['provider', 'status', 'error_kind'],
    registers,
  });
  const refusedReceipts = tally({
    name: 'phoneproof_receipts_refused_total',
    help: "Receipts that are not the vendor's: wrong signature, too old, or unreadable.",
    labelNames: ['provider'],
    registers,
  });
  const unknownReceipts = tally({
    name: 'phoneproof_receipts_unknown_total',
    help: 'What vendors told of texts that are not known, or not any more.',
    labelNames: ['provider'],
    registers,
  });
  const webhooks = tally({
    name: 'phoneproof_webhooks_total',
    help: 'Events that were to be posted, by what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  registry.registerMetric(
    new Gauge({
      name: 'phoneproof_provider_up',
      help: 'Whether a provider is asked: 0 while it is left alone after failures, 0.5 while one text tries it again.',
      labelNames: ['provider'],
      registers: [],
      collect() {
        this.reset();
        for (const { provider, breaker } of health()?.providers ?? []) this.set({ provider }, ups[breaker]);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'phoneproof_provider_score',
      help: 'How the route `auto` rates a provider in a country, from 0 to 1.',
      labelNames: ['provider', 'country'],
      registers: [],
      collect() {
        this.reset();
        for (const { provider, country, score } of health()?.scores ?? []) {
          this.set({ provider, country: country ?? '' }, score);
        }
      },
    }),
  );
  return {
    answer({ method, route: template, status, code, durationMs }) {
      const route = template ?? 'none';
      requests(method, route, status, code ?? '');
      requestSeconds.observe({ method, route }, durationMs / 1_000);
    },
    event(event) {
      switch (event.type) {
        case 'verification.started':
        case 'start.refused': {
          const refused = event.type === 'start.refused';
          const outcome = refused ? event.reason : event.repeated ? 'repeated' : 'created';
          const limit = (refused && event.limit) || '';
          if (event.test) testStarts(outcome, limit);
          return starts(outcome, limit);
        }
        case 'delivery.settled':
          deliverySeconds.observe({ provider: event.provider }, event.durationMs / 1_000);
          return deliveries(event.provider, event.status, event.errorKind ?? '');
        case 'delivery.reported':
          return receipts(event.provider, event.status, event.errorKind ?? '');
        case 'receipt.refused':
          return refusedReceipts(event.provider);
        case 'receipt.unknown':
          for (let i = 0; i < event.count; i++) unknownReceipts(event.provider);
          return;
        case 'verification.approved':
        case 'check.refused': {
          const outcome = event.type === 'check.refused' ? event.reason : 'approved';
          if (event.test) testChecks(outcome);
          return checks(outcome);
        }
        case 'settle.failed':
          return unsettled.inc();
        case 'verification.canceled':
        case 'complete.failed':
          return;
      }
    },
    webhook: (outcome) => webhooks(outcome),
    async exposition() {
      return new Response(await registry.metrics(), {
        headers: { 'content-type': registry.contentType, 'x-request-id': randomUUID() },
      });
    },
  };
}

const ups: Record<BreakerState, number> = { closed: 1, half_open: 0.5, open: 0 };

/**
 * Makes a counter and the function that counts, which takes the labels' values in the order of their names. What is counted is told to the counter when somebody
 * looks: it takes ten times as long to tell it.
 */
function tally<Name extends string>(
  configuration: Pick<CounterConfiguration<Name>, 'name' | 'help' | 'registers'> & { labelNames: readonly Name[] },
): (...values: readonly (string | number)[]) => void {
  const counts = new Map<string, { values: readonly (string | number)[]; count: number }>();
  const counter = new Counter({
    ...configuration,
    collect() {
      counter.reset();
      for (const { values, count } of counts.values()) counter.labels(...values.map(String)).inc(count);
    },
  });
  return (...values) => {
    const key = values.join(' ');
    const counted = counts.get(key);
    if (counted) counted.count += 1;
    else counts.set(key, { values, count: 1 });
  };
}
