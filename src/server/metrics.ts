import { randomUUID } from 'node:crypto';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { VerifierEvent } from '../events.ts';
import type { Answered } from '../http/app.ts';

/** Counts what the service does. Labels are words of ours: never a number, an id or a path. */
export interface Metrics {
  answer(answered: Answered): void;
  event(event: VerifierEvent): void;
  /** Answers with the exposition in Prometheus' text format, under a request id of its own. */
  exposition(): Promise<Response>;
}

/** Makes a registry of its own, with the process' metrics in it. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
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
  const starts = new Counter({
    name: 'phoneproof_starts_total',
    help: 'Starts, by outcome: created, repeated, or the reason of a refusal and the limit that refused.',
    labelNames: ['outcome', 'limit'],
    registers,
  });
  const checks = new Counter({
    name: 'phoneproof_checks_total',
    help: 'Checks, by outcome: approved, or the reason of a refusal.',
    labelNames: ['outcome'],
    registers,
  });
  const deliveries = new Counter({
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
  return {
    answer({ method, route: template, status, code, durationMs }) {
      const route = template ?? 'none';
      requests.inc({ method, route, status, code: code ?? '' });
      requestSeconds.observe({ method, route }, durationMs / 1_000);
    },
    event(event) {
      switch (event.type) {
        case 'verification.started':
          return starts.inc({ outcome: event.repeated ? 'repeated' : 'created', limit: '' });
        case 'start.refused':
          return starts.inc({ outcome: event.reason, limit: event.limit ?? '' });
        case 'delivery.settled':
          deliverySeconds.observe({ provider: event.provider }, event.durationMs / 1_000);
          return deliveries.inc({
            provider: event.provider,
            status: event.status,
            error_kind: event.errorKind ?? '',
          });
        case 'verification.approved':
          return checks.inc({ outcome: 'approved' });
        case 'check.refused':
          return checks.inc({ outcome: event.reason });
        case 'settle.failed':
          return unsettled.inc();
        case 'verification.canceled':
        case 'complete.failed':
          return;
      }
    },
    async exposition() {
      return new Response(await registry.metrics(), {
        headers: { 'content-type': registry.contentType, 'x-request-id': randomUUID() },
      });
    },
  };
}
