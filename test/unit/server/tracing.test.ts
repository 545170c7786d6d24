import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
} from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProviderError, StoreError } from '../../../src/errors.ts';
import { fallback } from '../../../src/providers/routing/fallback.ts';
import { createTracing, findTracing } from '../../../src/server/tracing.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { recordingProvider } from '../../../src/testing/recording-provider.ts';
import type { TestNumbersOptions } from '../../../src/test-numbers.ts';
import { createVerifier } from '../../../src/verifier.ts';

/** By which spans find the one that they are in. */
function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => work.apply(self, args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

beforeAll(() => void context.setGlobalContextManager(contextManager()));
afterAll(() => {
  context.disable();
  trace.disable();
});

const to = '+12025550187';

function setUp(testNumbers?: TestNumbersOptions) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracing = createTracing(provider.getTracer('test'));
  const [first, second] = [recordingProvider({ name: 'first' }), recordingProvider({ name: 'second' })];
  const store = memoryStore();
  const verifier = tracing.verifier(
    createVerifier({
      secret: randomBytes(32),
      store,
      provider: fallback([tracing.provider(first), tracing.provider(second)]),
      testNumbers,
    }),
  );
  return { exporter, first, second, store, verifier, spans: () => exporter.getFinishedSpans() };
}

test('a start and each provider that it asks is a span, one within the other', async () => {
  const { verifier, first, spans } = setUp();
  first.script(new ProviderError('temporary', 'no'));
  const result = await verifier.start({ to, purpose: 'sign-in', tenant: 'acme' });
  if (result.status !== 'pending') throw new Error(result.status);
  const [one, other, start] = spans();
  expect([one?.name, other?.name, start?.name]).toEqual(['phoneproof.send', 'phoneproof.send', 'phoneproof.start']);
  for (const send of [one, other]) {
    expect(send?.parentSpanContext?.spanId).toBe(start?.spanContext().spanId);
    expect(send?.kind).toBe(SpanKind.CLIENT);
  }
  expect(one?.attributes).toEqual({
    'phoneproof.provider': 'first',
    'phoneproof.channel': 'sms',
    'phoneproof.country': 'US',
    'phoneproof.locale': 'en',
    'error.type': 'temporary',
  });
  expect(one?.status).toEqual({ code: SpanStatusCode.ERROR });
  expect(other?.attributes['phoneproof.provider']).toBe('second');
  expect(other?.status.code).toBe(SpanStatusCode.UNSET);
  expect(start?.attributes).toEqual({
    'phoneproof.tenant': 'acme',
    'phoneproof.purpose': 'sign-in',
    'phoneproof.status': 'pending',
    'phoneproof.id': result.verification.id,
    'phoneproof.channel': 'sms',
    'phoneproof.repeated': false,
  });
});

test('a check is a span, with what came of it', async () => {
  const { verifier, first, spans, exporter } = setUp();
  const result = await verifier.start({ to });
  if (result.status !== 'pending') throw new Error(result.status);
  const { id } = result.verification;
  exporter.reset();
  const code = first.messages[0]?.code ?? '';
  await verifier.check({ id, code: code === '000000' ? '000001' : '000000' });
  await verifier.check({ id, code });
  expect(spans().map(({ name, attributes, status }) => [name, attributes['phoneproof.status'], status.code])).toEqual([
    ['phoneproof.check', 'incorrect_code', SpanStatusCode.UNSET],
    ['phoneproof.check', 'approved', SpanStatusCode.UNSET],
  ]);
  expect(spans()[1]?.attributes['phoneproof.id']).toBe(id);
});

test('no span holds a number, a code or what an error says', async () => {
  const { verifier, first, second, spans } = setUp();
  for (const provider of [first, second]) provider.script(new Error(`no route to ${to} for 493817`));
  await verifier.start({ to, locale: 'en' });
  const code = first.messages[0]?.code ?? '';
  await verifier.check({ to, code });
  await verifier.start({ to: '+1 202' });
  await expect(verifier.start({ to, purpose: '2025550187' })).rejects.toThrow('/purpose');
  const told = JSON.stringify(
    spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  );
  expect(spans().length).toBeGreaterThan(4);
  for (const secret of ['5550187', code, 'no route']) expect(told).not.toContain(secret);
});

test('an error ends its span, and stays the same error', async () => {
  const { verifier, store, spans } = setUp();
  await verifier.ready();
  const error = new StoreError('down');
  store.begin = () => Promise.reject(error);
  await expect(verifier.start({ to })).rejects.toBe(error);
  expect(spans()).toHaveLength(1);
  expect(spans()[0]).toMatchObject({
    attributes: { 'error.type': 'store_unavailable' },
    status: { code: SpanStatusCode.ERROR },
  });
});

test('a provider that is traced does all that it did', async () => {
  const tracing = createTracing(trace.getTracer('nobody'));
  const receipts = async () => [];
  const bare = { ...recordingProvider({ name: 'carrier' }), timeoutMs: 7, returnsReference: false, receipts };
  expect(tracing.provider(bare)).toMatchObject({
    name: 'carrier',
    channels: ['sms'],
    timeoutMs: 7,
    returnsReference: false,
    receipts,
  });
});

test('nothing is traced until an SDK is there', async () => {
  expect(await findTracing()).toBeNull();
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const tracing = await findTracing();
  const provider = tracing?.provider(recordingProvider());
  const message = { to, country: 'US', channel: 'sms', locale: 'en' } as Parameters<
    NonNullable<typeof provider>['send']
  >[0];
  await provider?.send(message, { signal: new AbortController().signal });
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['phoneproof.send']);
});

test('spans of a test number say that it is one, and none is of a send', async () => {
  const { verifier, spans } = setUp({ codes: { [to]: '424242' }, until: new Date(Date.now() + 60_000) });
  await verifier.start({ to });
  await verifier.check({ to, code: '424242' });
  expect(spans().map(({ name }) => name)).toEqual(['phoneproof.start', 'phoneproof.check']);
  for (const { attributes } of spans()) expect(attributes).toMatchObject({ 'phoneproof.test': true });
  expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toMatch(/424242|2025550187/);
});

test('spans of other numbers do not say it', async () => {
  const { verifier, spans } = setUp();
  await verifier.start({ to });
  for (const { attributes } of spans()) expect(attributes).not.toHaveProperty('phoneproof.test');
});
