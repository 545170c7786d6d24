import { randomUUID } from 'node:crypto';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EndToEndEvent, EndToEndReport } from '../end-to-end/report.ts';

/** Counts what the canary's runs come to. Labels are words of ours, and countries as they were asked for. */
export interface CanaryMetrics {
  step(event: EndToEndEvent): void;
  /** A run that has ended at `nowMs`, in milliseconds since the Unix epoch. */
  ended(report: EndToEndReport, nowMs: number): void;
  /** Answers with the exposition in Prometheus' text format, under a request id of its own. */
  exposition(): Promise<Response>;
}

const whose = ['country', 'provider'] as const;

/** Makes a registry of its own, with the process' metrics in it. */
export function createCanaryMetrics(): CanaryMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const runs = new Counter({
    name: 'phoneproof_canary_runs_total',
    help: 'Runs, by what they came to.',
    labelNames: [...whose, 'outcome'],
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'phoneproof_canary_delivery_seconds',
    help: "Time from the service's answer until the code was seen, as exact as the provider of numbers may be polled.",
    labelNames: whose,
    buckets: [0.5, 1, 2, 4, 8, 15, 30, 60, 120, 180, 300],
    registers,
  });
  const stepSeconds = new Histogram({
    name: 'phoneproof_canary_step_seconds',
    help: 'Time that a step took that was done.',
    labelNames: ['step'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180],
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'phoneproof_canary_last_success_timestamp_seconds',
    help: 'When a run was approved last, in seconds since 1970.',
    labelNames: whose,
    registers,
  });
  const rents = new Counter({
    name: 'phoneproof_canary_rents_total',
    help: 'Numbers that were rented.',
    labelNames: whose,
    registers,
  });
  const up = new Gauge({
    name: 'phoneproof_canary_up',
    help: 'Whether the latest run was approved.',
    labelNames: whose,
    registers,
  });
  return {
    step(event) {
      if (event.type === 'done') stepSeconds.observe({ step: event.step }, event.ms / 1_000);
    },
    ended({ outcome, country, provider, to, timings: { deliveryMs } }, nowMs) {
      const of = { country, provider };
      if (to !== null) rents.inc(of);
      if (deliveryMs !== null) deliverySeconds.observe(of, deliveryMs / 1_000);
      // It was told to end: that says nothing of the service.
      if (outcome === 'aborted') return;
      runs.inc({ ...of, outcome });
      up.set(of, outcome === 'approved' ? 1 : 0);
      if (outcome === 'approved') lastSuccess.set(of, nowMs / 1_000);
    },
    async exposition() {
      return new Response(await registry.metrics(), {
        headers: { 'content-type': registry.contentType, 'x-request-id': randomUUID() },
      });
    },
  };
}
