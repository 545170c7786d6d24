import { setTimeout } from 'node:timers/promises';
import { createHttpHandler, type HttpHandlerOptions } from '../http/app.ts';
import { createInbox } from '../inbox/messages.ts';
import { createVerifier, type Verifier } from '../verifier.ts';
import type { Settings } from './config.ts';
import { listen } from './http-server.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { namedProviders, toldByHand } from './config/provider-options.ts';
import { openStore } from './parts.ts';
import { openProvider, type OpenedProvider, type SendingSettings } from './providers.ts';
import { startPruning } from './pruning.ts';
import { receiptsUrlOf } from './receipt-addresses.ts';
import { createSite } from './site.ts';
import { testNumbersOf, testNumberWarnings, type TestNumberSettings } from './test-numbers.ts';
import { textsOf, type TextSettings } from './texts.ts';
import type { Tracing } from './tracing.ts';
import { createWebhooks, type WebhookOutcome, type Webhooks } from './webhooks.ts';

type ServiceSettings = Pick<
  Settings<'serve'>,
  | 'acceptSubjectKey'
  | 'brand'
  | 'countries'
  | 'defaultCountry'
  | 'host'
  | 'migrations'
  | 'origin'
  | 'policy'
  | 'port'
  | 'secret'
  | 'store'
  | 'subjectSecret'
> &
  Partial<
    Pick<Settings<'serve'>, 'allowUnsafe' | 'publicUrl' | 'trustedProxies' | 'webhookEventsSecret' | 'webhookEventsUrl'>
  > &
  TestNumberSettings &
  TextSettings &
  SendingSettings;

export interface ServiceOptions {
  settings: ServiceSettings;
  /** Who takes the texts; unset: made as the settings say. */
  sending?: OpenedProvider;
  tracing?: Tracing | null;
  log: Log;
  /** Who may call. */
  access: Pick<HttpHandlerOptions, 'apiKeys'> | Pick<HttpHandlerOptions, 'authenticate'>;
  /** Shows the demo page and the metrics beside the API, all of it to this machine alone. */
  development?: boolean;
  /** Port for /metrics alone. */
  metricsPort?: number | undefined;
  /** How long it goes on accepting while /readyz says that it will not for much longer. */
  drainMs: number;
  /** How long requests in flight have to be answered. */
  graceMs: number;
}

/** A running service. */
export interface Service {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
  /** Where /metrics is, if it has a port of its own. */
  readonly metricsUrl: string | null;
  /** Says that it is not ready, waits, takes no more requests, finishes those in flight and what goes on after them, and closes the store. */
  stop(): Promise<void>;
}

/** Puts store, provider, verifier and handler together and listens. What it opened is closed again when anything fails. */
export async function startService(options: ServiceOptions): Promise<Service> {
  /** What is to be done at the end, the last first. */
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) {
      try {
        await close();
      } catch (error) {
        options.log.error('closing failed', error);
      }
    }
  };
  try {
    return { ...(await open(options, (close) => closers.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  { access, development, drainMs, graceMs, log, metricsPort, sending, settings, tracing = null }: ServiceOptions,
  atEnd: (close: () => Promise<void>) => void,
): Promise<Omit<Service, 'stop'>> {
  const { acceptSubjectKey, brand, countries, defaultCountry, host, origin, policy, port, secret, subjectSecret } =
    settings;
  const opened = await openStore(settings.store, {
    lost: (error) => log.error('the connection to the store is lost', error),
    back: () => log.warn('The connection to the store is back.'),
  });
  atEnd(() => opened.close());
  const { store } = opened;
  if (settings.migrations === 'auto') {
    for (const name of (await opened.migrate?.()) ?? []) log.info('migrated', { migration: name });
  }
  const { provider, route, inbox } = sending ?? openProvider(settings);
  const { publicUrl } = settings;
  const metrics = createMetrics({ health: () => route?.health() ?? null });
  const testNumbers = testNumbersOf(settings);
  for (const warning of testNumberWarnings(testNumbers, Date.now())) log.warn(warning);
  const webhooks = openWebhooks(settings, { development, metrics, log });
  if (webhooks) atEnd(() => webhooks.close({ graceMs: webhooksGraceMs }));
  const made = createVerifier({
    secret,
    ...(subjectSecret !== undefined && { subjectSecret }),
    ...(brand !== undefined && { brand }),
    ...(origin !== undefined && { origin }),
    ...(defaultCountry !== undefined && { defaultCountry }),
    ...(publicUrl !== undefined && { receiptsUrl: receiptsUrlOf(publicUrl) }),
    acceptSubjectKey,
    store,
    provider,
    policy: { ...policy, countries },
    testNumbers,
    ...textsOf(settings),
    onEvent(event) {
      route?.onEvent(event);
      metrics.event(event);
      log.event(event);
      webhooks?.event(event);
    },
  });
  const verifier = tracing?.verifier(made) ?? made;
  atEnd(() => verifier.idle());
  await verifier.ready();
  for (const warning of (await store.inspect?.()) ?? []) log.warn(warning);
  const pruning = startPruning({ store, onError: (error) => log.error('pruning failed', error) });
  atEnd(() => pruning.stop());

  const metricsServer = await serveMetrics({ exposition: () => metrics.exposition(), host, port: metricsPort, log });
  if (metricsServer) atEnd(() => metricsServer.close({ graceMs: 0 }));

  let ready = true;
  const ending = new AbortController();
  const handler = createHttpHandler({
    ...access,
    ...(settings.trustedProxies !== undefined && { trustedProxies: settings.trustedProxies }),
    ...(publicUrl !== undefined && { publicUrl }),
    verifier,
    async ready() {
      if (ready) await store.ping();
      return ready;
    },
    onAnswer(answer) {
      metrics.answer(answer);
      log.answer(answer);
    },
    onError: (error, requestId) => log.error('a request failed', error, { requestId }),
  });
  const { fetch } = createSite({
    handler,
    // The emulators of vendors deliver to it too.
    inbox: inbox ?? (development ? createInbox() : null),
    development: development ? { metrics } : null,
    ending: ending.signal,
    warn: (sentence) => log.warn(sentence),
  });
  const server = await listen({
    fetch,
    host,
    port,
    howToMove: development
      ? `npm start -- --port ${port + 1}, or phoneproof dev --port ${port + 1}`
      : 'PHONEPROOF_PORT',
    onError: (error) => log.error('answering failed', error),
  });
  atEnd(async () => {
    ready = false;
    await setTimeout(drainMs);
    ending.abort();
    await server.close({ graceMs });
  });
  tellOfReceipts(settings, verifier, log);
  return { url: server.url, metricsUrl: metricsServer && `${metricsServer.url}/metrics` };
}

/** At the end, for what is on its way: less than a process is given to close everything. */
const webhooksGraceMs = 5_000;

const notDelivered: Record<Exclude<WebhookOutcome, 'delivered'>, string> = {
  given_up: 'An event could not be posted to PHONEPROOF_WEBHOOK_EVENTS_URL and is given up',
  dropped: 'Too many events wait for PHONEPROOF_WEBHOOK_EVENTS_URL: others are dropped until one is taken',
  cut_off: 'An event was not posted to PHONEPROOF_WEBHOOK_EVENTS_URL before the end',
};

/** Null unless events are to be posted. */
function openWebhooks(
  { allowUnsafe = [], webhookEventsSecret: secret, webhookEventsUrl: url }: ServiceSettings,
  { development = false, metrics, log }: { development?: boolean | undefined; metrics: Metrics; log: Log },
): Webhooks | null {
  if (url === undefined || secret === undefined) return null;
  let dropping = false;
  return createWebhooks({
    url,
    secret,
    allowPrivate: development || allowUnsafe.includes('webhooks'),
    onOutcome(outcome, why) {
      metrics.webhook(outcome);
      if (outcome !== 'delivered' && !(outcome === 'dropped' && dropping)) {
        log.warn(`${notDelivered[outcome]}${why && ` (${why})`}.`);
      }
      dropping = outcome === 'dropped' || (dropping && outcome !== 'delivered');
    },
  });
}

/** Which vendors will tell, and which have to be told where first. Not where: the addresses are secrets. */
function tellOfReceipts(settings: ServiceSettings, verifier: Pick<Verifier, 'receiptAddress'>, log: Log): void {
  const { androidGateway, aws, publicUrl, vonage } = settings;
  const idle = [
    ...(vonage?.signatureSecret === undefined ? [] : ['PHONEPROOF_VONAGE_SIGNATURE_SECRET']),
    ...(aws?.topicArns === undefined ? [] : ['PHONEPROOF_AWS_TOPIC_ARNS']),
    ...(androidGateway?.signingKey === undefined ? [] : ['PHONEPROOF_ANDROID_GATEWAY_SIGNING_KEY']),
  ];
  if (publicUrl === undefined && idle.length > 0) {
    log.warn(`${idle.join(' and ')} is for delivery receipts, and none are taken: set PHONEPROOF_PUBLIC_URL.`);
  }
  if (verifier.receiptAddress('vonage') !== null && vonage?.signatureSecret === undefined) {
    log.warn(
      'PHONEPROOF_VONAGE_SIGNATURE_SECRET is not set: receipts of Vonage are believed for the secret address alone.',
    );
  }
  const telling = namedProviders(settings).filter((name) => verifier.receiptAddress(name) !== null);
  if (telling.length > 0) log.info('delivery receipts are taken', { providers: telling.join(',') });
  const byHand = telling.filter((name) => toldByHand[name] !== undefined);
  if (byHand.length === 0) return;
  log.info('these vendors have to be told where, once: `phoneproof receipts` says it', { providers: byHand.join(',') });
}
