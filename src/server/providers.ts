import { ConfigurationError } from '../errors.ts';
import { createInbox, type Inbox } from '../inbox/messages.ts';
import { inboxProvider } from '../inbox/provider.ts';
import { androidGatewayProvider, type AndroidGatewayOptions } from '../providers/android-gateway.ts';
import { auto } from '../providers/routing/auto.ts';
import { awsProvider, type AwsOptions } from '../providers/aws.ts';
import { byCountry } from '../providers/routing/by-country.ts';
import { consoleProvider } from '../providers/console.ts';
import { fallback } from '../providers/routing/fallback.ts';
import type { Provider } from '../providers/provider.ts';
import type { Route } from '../providers/routing/route.ts';
import { defaultPolicy, type Policy } from '../policy.ts';
import { twilioProvider, type TwilioOptions } from '../providers/twilio.ts';
import { vonageProvider, type VonageOptions } from '../providers/vonage.ts';
import { webhookProvider, type WebhookOptions } from '../providers/webhook.ts';
import {
  inOptionNames,
  namedProviders,
  showsCodes,
  type NamedProviders,
  type ProviderName,
  type ProviderSettings,
} from './config/provider-options.ts';

/** What says which providers there are and how they are chosen. */
export type SendingSettings = NamedProviders &
  ProviderSettings & {
    readonly route?: 'fallback' | 'auto' | undefined;
    readonly receiptSeconds?: number | undefined;
    readonly policy?: Partial<Policy>;
  };

/** Who takes the texts. */
export interface OpenedProvider {
  readonly provider: Provider;
  /** The provider itself where it chooses among others; else null. */
  readonly route: Route | null;
  /** What `inbox` delivers to; null where it is not named. */
  readonly inbox: Inbox | null;
}

/** Everything that is wrong with the options of the providers that are named, in the names of this service's options. */
export function providerFaults(settings: SendingSettings): string[] {
  return namedProviders(settings).flatMap((name) => {
    try {
      make(name, settings, createInbox);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.faults.map((fault) => inOptionNames(name, fault));
    }
  });
}

/** Makes the providers that were chosen, and what chooses among them. `around`: what is put around each. `given`: the inbox that `inbox` is to deliver to. */
export function openProvider(
  settings: SendingSettings,
  around: (provider: Provider) => Provider = (provider) => provider,
  given?: Inbox,
): OpenedProvider {
  let inbox: Inbox | null = null;
  const made = new Map(
    namedProviders(settings).map((name) => [
      name,
      around(make(name, settings, () => (inbox ??= given ?? createInbox()))),
    ]),
  );
  const { provider: names = [], providersByCountry = {}, policy = {}, receiptSeconds } = settings;
  const countries = Object.entries(providersByCountry);
  const [only] = made.values();
  // On this machine there is nothing to time, to leave alone or to choose.
  if (only && made.size === 1 && countries.length === 0 && names.every((name) => showsCodes.has(name))) {
    return { provider: only, route: null, inbox };
  }
  const { sendTimeoutSeconds = defaultPolicy.sendTimeoutSeconds } = policy;
  const oneOf = (list: readonly ProviderName[]): Route => {
    const providers = list.flatMap((name) => made.get(name) ?? []);
    // Where no other waits for its turn, it may take all the time that there is.
    const options = {
      ...(providers.length === 1 && { timeoutMs: sendTimeoutSeconds * 1_000 }),
      ...(receiptSeconds !== undefined && { receiptSeconds }),
    };
    return settings.route === 'auto' ? auto(providers, options) : fallback(providers, options);
  };
  const others = oneOf(names);
  const ofCountries = Object.fromEntries(countries.map(([country, list]) => [country, oneOf(list)]));
  const route = countries.length > 0 ? byCountry({ ...ofCountries, default: others }) : others;
  return { provider: route, route, inbox };
}

function make(name: ProviderName, settings: ProviderSettings, inbox: () => Inbox): Provider {
  switch (name) {
    case 'inbox':
      return inboxProvider({ inbox: inbox() });
    case 'console':
      return consoleProvider();
    case 'twilio':
      return twilioProvider(given(settings.twilio) as TwilioOptions);
    case 'vonage':
      return vonageProvider(given(settings.vonage) as VonageOptions);
    case 'aws':
      return awsProvider(given(settings.aws) as AwsOptions);
    case 'android-gateway':
      return androidGatewayProvider(given(settings.androidGateway) as AndroidGatewayOptions);
    case 'webhook':
      return webhookProvider(given(settings.webhook) as WebhookOptions);
  }
}

/** As a provider takes them. What is missing it says itself, all at once. */
function given({ timeoutSeconds, ...options }: { readonly timeoutSeconds?: number } = {}): object {
  return { ...options, ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1_000 }) };
}
