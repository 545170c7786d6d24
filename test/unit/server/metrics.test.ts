import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/server/metrics.ts';

const about = { tenant: 'default', to: '+1••••••0143', purpose: 'default', id: 'v1abc' };

async function exposition(act: (metrics: ReturnType<typeof createMetrics>) => void): Promise<string> {
  const metrics = createMetrics();
  act(metrics);
  return (await metrics.exposition()).text();
}

test('requests are counted by route, status and problem code, and timed', async () => {
  const text = await exposition(({ answer }) => {
    const answered = { requestId: 'r', method: 'POST', tenant: null, durationMs: 30 } as const;
    answer({ ...answered, route: '/v1/verifications', status: 429, code: 'rate_limited' });
    answer({ ...answered, route: null, status: 404, code: 'not_found' });
  });
  expect(text).toContain(
    'phoneproof_http_requests_total{method="POST",route="/v1/verifications",status="429",code="rate_limited"} 1',
  );
  expect(text).toContain('phoneproof_http_requests_total{method="POST",route="none",status="404",code="not_found"} 1');
  expect(text).toContain('phoneproof_http_request_duration_seconds_sum{method="POST",route="/v1/verifications"} 0.03');
});

test('what is looked at twice is counted once', async () => {
  const metrics = createMetrics();
  const answered = { requestId: 'r', method: 'POST', tenant: null, durationMs: 30, status: 200, code: null } as const;
  const count = async (): Promise<string | undefined> =>
    /^phoneproof_http_requests_total\{.*} (\d+)$/m.exec(await (await metrics.exposition()).text())?.[1];
  metrics.answer({ ...answered, route: '/docs' });
  expect([await count(), await count()]).toEqual(['1', '1']);
  for (let i = 0; i < 3; i++) metrics.answer({ ...answered, route: '/docs' });
  expect([await count(), await count()]).toEqual(['4', '4']);
});

test('starts, deliveries and checks are counted by what came of them', async () => {
  const text = await exposition(({ event }) => {
    event({ type: 'verification.started', ...about, delivery: 1, repeated: false, country: 'US' });
    event({ type: 'verification.started', ...about, delivery: 2, repeated: true, country: 'US' });
    event({
      type: 'start.refused',
      tenant: 'default',
      to: null,
      purpose: 'default',
      reason: 'rate_limited',
      limit: 'sends',
    });
    event({
      type: 'delivery.settled',
      ...about,
      delivery: 1,
      country: 'US',
      provider: 'inbox',
      status: 'rejected',
      errorKind: 'funds',
      durationMs: 500,
    });
    event({ type: 'check.refused', ...about, reason: 'incorrect_code' });
    event({ type: 'verification.approved', ...about });
    event({ type: 'verification.canceled', ...about });
    event({ type: 'settle.failed', ...about, delivery: 1, error: new Error('gone') });
  });
  for (const line of [
    'phoneproof_starts_total{outcome="created",limit=""} 1',
    'phoneproof_starts_total{outcome="repeated",limit=""} 1',
    'phoneproof_starts_total{outcome="rate_limited",limit="sends"} 1',
    'phoneproof_deliveries_total{provider="inbox",status="rejected",error_kind="funds"} 1',
    'phoneproof_delivery_duration_seconds_sum{provider="inbox"} 0.5',
    'phoneproof_checks_total{outcome="incorrect_code"} 1',
    'phoneproof_checks_total{outcome="approved"} 1',
    'phoneproof_settle_failures_total 1',
    'process_cpu_user_seconds_total',
  ]) {
    expect(text).toContain(line);
  }
});

test('receipts are counted by what vendors told, and apart where they are refused or unknown', async () => {
  const text = await exposition(({ event }) => {
    const told = {
      type: 'delivery.reported',
      tenant: 'default',
      id: 'v1abc',
      delivery: 1,
      provider: 'twilio',
    } as const;
    event({ ...told, status: 'delivered', errorKind: null });
    event({ ...told, status: 'failed', errorKind: 'filtered' });
    event({ ...told, status: 'failed', errorKind: 'filtered' });
    event({ type: 'receipt.refused', provider: 'vonage', reason: 'The signature is wrong.' });
    event({ type: 'receipt.unknown', provider: 'aws', count: 3 });
  });
  for (const line of [
    'phoneproof_receipts_total{provider="twilio",status="delivered",error_kind=""} 1',
    'phoneproof_receipts_total{provider="twilio",status="failed",error_kind="filtered"} 2',
    'phoneproof_receipts_refused_total{provider="vonage"} 1',
    'phoneproof_receipts_unknown_total{provider="aws"} 3',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).not.toMatch(/is wrong|v1abc/);
});

test('how providers do is asked when somebody looks', async () => {
  let breaker: 'open' | 'half_open' | 'closed' = 'closed';
  const health = () => ({
    providers: [
      { provider: 'twilio', breaker, waitMs: 0 },
      { provider: 'vonage', breaker: 'closed' as const, waitMs: 0 },
    ],
    scores: [
      { provider: 'twilio', country: 'US', score: 0.9 },
      { provider: 'twilio', country: null, score: 0.5 },
    ],
  });
  const metrics = createMetrics({ health });
  const look = async () => (await metrics.exposition()).text();
  expect(await look()).toContain('phoneproof_provider_up{provider="twilio"} 1');
  breaker = 'open';
  const text = await look();
  expect(text).toContain('phoneproof_provider_up{provider="twilio"} 0\n');
  expect(text).toContain('phoneproof_provider_up{provider="vonage"} 1');
  expect(text).toContain('phoneproof_provider_score{provider="twilio",country="US"} 0.9');
  expect(text).toContain('phoneproof_provider_score{provider="twilio",country=""} 0.5');
  breaker = 'half_open';
  expect(await look()).toContain('phoneproof_provider_up{provider="twilio"} 0.5');
});

test('no label holds a number, not even a masked one, nor an id', async () => {
  const text = await exposition(({ event }) => {
    event({ type: 'verification.started', ...about, delivery: 1, repeated: false, country: 'US' });
    event({ type: 'check.refused', ...about, reason: 'incorrect_code' });
  });
  expect(text).not.toMatch(/0143|v1abc/);
});
