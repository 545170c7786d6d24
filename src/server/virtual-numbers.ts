import { ConfigurationError } from '../errors.ts';
import type { Clock } from '../end-to-end/time.ts';
import { androidGatewayNumbers } from '../virtual-numbers/android-gateway.ts';
import { fiveSimNumbers } from '../virtual-numbers/five-sim.ts';
import { handlerApiNumbers } from '../virtual-numbers/handler-api.ts';
import { inboxNumbers } from '../virtual-numbers/inbox.ts';
import { smspinverifyNumbers } from '../virtual-numbers/smspinverify.ts';
import { twilioNumbers } from '../virtual-numbers/twilio-number.ts';
import type { VirtualNumberProvider } from '../virtual-numbers/virtual-number.ts';
import type { Settings } from './config.ts';
import { inNumberOptionNames, type NumberSettings, type ViaName } from './config/end-to-end-options.ts';

/** What says who lends numbers. */
export type LendingSettings = NumberSettings & Pick<Settings<'e2e'>, 'via' | 'url' | 'inboxUrl' | 'inboxToken'>;

export interface LendingOptions {
  /** What numbers are booked for; unset: as the settings say. */
  readonly service?: string | undefined;
  readonly clock: Clock;
}

/** Makes the provider of numbers that was chosen. Throws a `ConfigurationError` that names all that it lacks by the names of this service's options. */
export function openNumbers(settings: LendingSettings, options: LendingOptions): VirtualNumberProvider {
  try {
    return make(settings.via, settings, options);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      error.faults.map((fault) => inNumberOptionNames(settings.via, fault.replace(/^listen\.(\w)/, nested))),
    );
  }
}

/** `listen.url` is the option `listenUrl`. */
const nested = (_: string, letter: string): string => `listen${letter.toUpperCase()}`;

/** Where the inbox is that lends numbers. */
export function inboxUrlOf({ inboxUrl, url }: Pick<LendingSettings, 'inboxUrl' | 'url'>): string {
  return (inboxUrl ?? url).replace(/\/+$/, '');
}

function make(via: ViaName, settings: LendingSettings, { service, clock }: LendingOptions): VirtualNumberProvider {
  const booked = service === undefined ? {} : { service };
  switch (via) {
    case 'inbox': {
      const { inboxToken: token } = settings;
      return inboxNumbers({
        url: inboxUrlOf(settings),
        ...(token !== undefined && { token }),
        run: 'end-to-end',
        clock,
      });
    }
    case 'smspinverify':
      return smspinverifyNumbers({ ...given(settings.smspinverify), ...booked, clock } as OptionsOf<
        typeof smspinverifyNumbers
      >);
    case 'handler-api':
      return handlerApiNumbers({ ...given(settings.handlerApi), ...booked, clock } as OptionsOf<
        typeof handlerApiNumbers
      >);
    case '5sim':
      return fiveSimNumbers({ ...given(settings['5sim']), ...booked, clock } as OptionsOf<typeof fiveSimNumbers>);
    case 'android-gateway':
      return androidGatewayNumbers({ ...listening(settings.androidGatewayNumber), clock } as OptionsOf<
        typeof androidGatewayNumbers
      >);
    case 'twilio-number':
      return twilioNumbers({ ...given(settings.twilioNumber), clock } as OptionsOf<typeof twilioNumbers>);
  }
}

/** Where the phone tells of texts stands together. */
function listening({
  listenUrl: url,
  listenHost: host = '127.0.0.1',
  listenPort: port,
  ...options
}: NonNullable<NumberSettings['androidGatewayNumber']> = {}): object {
  return { ...given(options), ...(url !== undefined && { listen: { url, host, port } }) };
}

type OptionsOf<Make extends (options: never) => unknown> = Parameters<Make>[0];

/** As an adapter takes them. What is missing it says itself, all at once. */
function given({ timeoutSeconds, ...options }: { readonly timeoutSeconds?: number } = {}): object {
  return { ...options, ...(timeoutSeconds !== undefined && { timeoutMs: Math.round(timeoutSeconds * 1_000) }) };
}
