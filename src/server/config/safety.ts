import { isIPv4 } from 'node:net';
import { ConfigurationError } from '../../errors.ts';
import { resolvePolicy } from '../../policy.ts';
import { options, type Settings } from '../config.ts';
import { isPublicHost } from '../public-address.ts';
import { providerFaults, type SendingSettings } from '../providers.ts';
import { testNumberFaults, type TestNumberSettings } from '../test-numbers.ts';
import { textFaults, type TextSettings } from '../texts.ts';
import { keyOf, namedProviders, showsCodes, type ProviderName } from './provider-options.ts';

/** What makes settings unfit for production, or at odds with each other. Settings that could not be read are looked over, not judged. */
export function inspectServe(settings: Partial<Settings<'serve'>>): string[] {
  const { apiKeys = [], allowUnsafe = [], host, metricsPort, policy, port, publicUrl, store } = settings;
  const faults = [
    ...policyFaults(policy),
    ...providerFaults(settings),
    ...webhookFaults(settings),
    ...testNumberFaults(settings),
    ...textFaults(settings),
  ];
  const named = namedProviders(settings);
  const unsafe = named.filter((name) => showsCodes.has(name));
  const keys = apiKeys.map((entry) => entry.slice(entry.indexOf(':') + 1));
  if (new Set(keys).size < keys.length)
    faults.push('PHONEPROOF_API_KEYS holds the same key twice. Give each tenant its own.');
  if (unsafe.length > 0 && !allowUnsafe.includes('provider')) {
    faults.push(
      `PHONEPROOF_PROVIDER names ${unsafe.join(' and ')}, which shows codes instead of sending them. ` +
        'If that is meant (a staging machine), set PHONEPROOF_ALLOW_UNSAFE=provider.',
    );
  }
  if (named.includes('inbox') && host !== undefined && !isLoopback(host)) {
    faults.push(
      'PHONEPROOF_PROVIDER names inbox and PHONEPROOF_HOST is not loopback: everyone who reaches this machine could read every code. ' +
        'Set PHONEPROOF_HOST=127.0.0.1.',
    );
  }
  if (store?.kind === 'memory' && !allowUnsafe.includes('store')) {
    faults.push(
      'PHONEPROOF_STORE is memory:, which forgets at every restart: pending codes, verified numbers, and the limits that stop guessing. ' +
        'Name a file, like sqlite:/var/lib/phoneproof/phoneproof.db, or set PHONEPROOF_ALLOW_UNSAFE=store.',
    );
  }
  if (publicUrl !== undefined && isInClear(publicUrl)) {
    faults.push(
      'PHONEPROOF_PUBLIC_URL is not https. Vendors sign what they tell, but anyone on the way could read it. Give an https address.',
    );
  }
  if (settings.aws?.snsBaseUrl !== undefined && !allowUnsafe.includes('provider')) {
    faults.push(
      'PHONEPROOF_AWS_SNS_BASE_URL is set: whoever is there can forge receipts. Unset it, or, for tests, set PHONEPROOF_ALLOW_UNSAFE=provider.',
    );
  }
  if (settings.webhookEventsUrl !== undefined && !allowUnsafe.includes('webhooks')) {
    const url = new URL(settings.webhookEventsUrl);
    const what =
      url.protocol !== 'https:' ? 'is not https' : isPublicHost(url) ? null : 'is of this machine or its networks';
    if (what !== null) {
      faults.push(
        `PHONEPROOF_WEBHOOK_EVENTS_URL ${what}. Give a public https address, or, if it is meant, set PHONEPROOF_ALLOW_UNSAFE=webhooks.`,
      );
    }
  }
  if (metricsPort !== undefined && metricsPort !== 0 && metricsPort === port) {
    faults.push('PHONEPROOF_METRICS_PORT is the same as PHONEPROOF_PORT. Choose another one.');
  }
  return faults;
}

/** What makes settings unfit for saying where receipts are taken. */
export function inspectReceipts(settings: Partial<Settings<'receipts'>>): string[] {
  return providerFaults(settings);
}

/** What makes settings unfit for a service that asks nobody for a key and shows codes. */
export function inspectLocal(
  settings: SendingSettings &
    WebhookSettings &
    TestNumberSettings &
    TextSettings &
    InboxSettings & { host?: string; policy?: Settings<'dev'>['policy'] },
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const faults = [
    ...policyFaults(settings.policy),
    ...providerFaults(settings),
    ...webhookFaults(settings),
    ...testNumberFaults(settings),
    ...textFaults(settings),
  ];
  const isInboxAlone = 'inboxEmulators' in settings;
  const isOpen = settings.host !== undefined && !isLoopback(settings.host);
  if (isInboxAlone && isOpen && settings.inboxPassword === undefined) {
    faults.push(
      'PHONEPROOF_HOST is not loopback, and PHONEPROOF_INBOX_PASSWORD is missing: everyone who reaches this machine could read every code. ' +
        'Make a password with `openssl rand -hex 12`, or set PHONEPROOF_HOST=127.0.0.1.',
    );
  }
  if (!isInboxAlone && isOpen) {
    faults.push(
      'PHONEPROOF_HOST is not loopback. This command asks for no key and shows every code, so it listens on 127.0.0.1, ::1 or localhost only. ' +
        'Use `phoneproof serve` to be reached from elsewhere.',
    );
  }
  if (env['NODE_ENV'] === 'production' && settings.inboxAllowProduction !== true) {
    const way = isInboxAlone
      ? 'If that is meant, set PHONEPROOF_INBOX_ALLOW_PRODUCTION=true'
      : 'Use `phoneproof serve`';
    faults.push(`NODE_ENV is production, and this command shows every code. ${way}, or unset NODE_ENV.`);
  }
  return faults;
}

/** The policy's own faults, in the names of this service's options. */
function policyFaults(policy: Settings<'serve'>['policy'] = {}): string[] {
  try {
    resolvePolicy(policy);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map((fault) =>
      fault
        .replace(/policy\.(\w+)/g, (path, field) => options.find(({ path: p }) => p[1] === field)?.env ?? path)
        .concat('.'),
    );
  }
}

type InboxSettings = Partial<Pick<Settings<'inbox'>, 'inboxPassword' | 'inboxEmulators' | 'inboxAllowProduction'>>;

type WebhookSettings = Partial<Pick<Settings<'serve'>, 'webhookEventsUrl' | 'webhookEventsSecret'>>;

function webhookFaults({ webhookEventsUrl, webhookEventsSecret }: WebhookSettings): string[] {
  if ((webhookEventsUrl === undefined) === (webhookEventsSecret === undefined)) return [];
  return [
    webhookEventsUrl === undefined
      ? 'PHONEPROOF_WEBHOOK_EVENTS_SECRET is set, and PHONEPROOF_WEBHOOK_EVENTS_URL is not. Give both or none.'
      : 'PHONEPROOF_WEBHOOK_EVENTS_SECRET is missing: events are signed. Make one with `echo whsec_$(openssl rand -base64 32)`.',
  ];
}

/** Providers that are called over a network unencrypted, which can be meant: a phone of one's own takes nothing else. */
export function sentInClear(settings: SendingSettings): string[] {
  return namedProviders(settings)
    .filter((name) => isInClear(urlOf(name, settings) ?? ''))
    .map(
      (name) =>
        `${name} is called over http: numbers, codes and its credentials can be read on the way. Give an https address.`,
    );
}

/** Providers that send to phones: neither for development nor played by this machine. */
export function sentForReal(settings: SendingSettings): readonly ProviderName[] {
  return namedProviders(settings).filter((name) => {
    const url = urlOf(name, settings);
    return !showsCodes.has(name) && (url === undefined || !isLoopback(hostOf(url)));
  });
}

/** Where a provider is called, if the settings say so. */
function urlOf(name: ProviderName, settings: SendingSettings): string | undefined {
  const key = keyOf(name);
  const { baseUrl, url = baseUrl } = ((key && settings[key]) ?? {}) as { baseUrl?: string; url?: string };
  return url;
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

/** Whether what is sent there goes over a network unencrypted. */
function isInClear(url: string): boolean {
  return url.startsWith('http:') && !isLoopback(hostOf(url));
}

/** Whether only this machine reaches what listens there. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
