import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { EndToEndOptions } from '../end-to-end/run.ts';
import { serviceVerifying } from '../end-to-end/service-verifying.ts';
import type { Time } from '../end-to-end/time.ts';
import { verifierVerifying } from '../end-to-end/verifier-verifying.ts';
import type { VerificationOptions } from '../end-to-end/verifying.ts';
import { ConfigurationError } from '../errors.ts';
import { memoryStore } from '../stores/memory.ts';
import { createVerifier } from '../verifier.ts';
import type { Settings } from './config.ts';
import { namedProviders, showsCodes } from './config/provider-options.ts';
import { inboxByApi } from './inbox-by-api.ts';
import { openProvider, providerFaults, type OpenedProvider } from './providers.ts';
import { textsOf } from './texts.ts';
import { inboxUrlOf, openNumbers } from './virtual-numbers.ts';

export interface EndToEndChoice extends VerificationOptions {
  /** A verifier of this process in place of a running service. */
  readonly inProcess: boolean;
  /** What numbers are booked for. */
  readonly service?: string | undefined;
}

/** What runs are made of: who lends numbers, who verifies them, and the system's time and chance. */
export interface EndToEndParts
  extends
    Time,
    Pick<EndToEndOptions, 'numbers' | 'verifying'>,
    Partial<Pick<EndToEndOptions, 'sleepsMs' | 'acquireTimeoutMs'>> {
  /** Finishes what was asked for. */
  close(): Promise<void>;
}

/** Where nothing has to travel: no call costs anything, and who does not answer at once will not. */
const ofThisMachine = { sleepsMs: [0, 200, 400, 1_000], acquireTimeoutMs: 0 };

/** Puts together what the settings say. Calls nobody. Throws a `ConfigurationError` that names every fault at once. */
export function openEndToEnd(settings: Settings<'e2e'>, choice: EndToEndChoice): EndToEndParts {
  // Steady: a step takes as long as it takes, also when the machine's time is set meanwhile.
  const clock = (): number => Math.round(performance.timeOrigin + performance.now());
  const faults: string[] = [];
  const numbers = orFaults(() => openNumbers(settings, { service: choice.service, clock }), faults);
  const verifying = orFaults(() => openVerifying(settings, choice), faults);
  if (!numbers || !verifying) throw new ConfigurationError(faults);
  return {
    numbers,
    ...verifying,
    ...(settings.via === 'inbox' && ofThisMachine),
    clock,
    wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
    chance: () => randomBytes(4).readUInt32BE() / 2 ** 32,
  };
}

function orFaults<Part>(open: () => Part, faults: string[]): Part | undefined {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

function openVerifying(
  settings: Settings<'e2e'>,
  { inProcess, purpose, locale }: EndToEndChoice,
): Pick<EndToEndParts, 'verifying' | 'close'> {
  if (!inProcess) {
    const { url, apiKey } = settings;
    return { verifying: serviceVerifying({ url, apiKey, purpose, locale }), close: async () => {} };
  }
  const { brand, origin, policy } = settings;
  const { provider, route } = openSending(settings);
  const store = memoryStore();
  const verifier = createVerifier({
    secret: randomBytes(32),
    store,
    provider,
    policy,
    ...(brand !== undefined && { brand }),
    ...(origin !== undefined && { origin }),
    ...textsOf(settings),
    onEvent: (event) => route?.onEvent(event),
  });
  return {
    verifying: verifierVerifying({ verifier, purpose, locale }),
    async close() {
      await verifier.idle();
      await store.close();
    },
  };
}

/** Who takes the texts of a verifier in this process: by way of the inbox's API where the numbers are the inbox's and nobody else is named. */
function openSending(settings: Settings<'e2e'>): Pick<OpenedProvider, 'provider' | 'route'> {
  const named = namedProviders(settings);
  const { via } = settings;
  if (via === 'inbox' && named.every((name) => name === 'inbox')) {
    return { provider: inboxByApi({ url: inboxUrlOf(settings), token: settings.inboxToken }), route: null };
  }
  const idle = named.filter((name) => showsCodes.has(name));
  const faults = providerFaults(settings);
  if (named.length === 0) {
    faults.push(
      'PHONEPROOF_PROVIDER is missing. Name who takes the texts, like twilio: --in-process sends them itself.',
    );
  }
  if (idle.length > 0) {
    faults.push(
      `PHONEPROOF_PROVIDER names ${idle.join(' and ')}, which sends no text to a number of ${via}. Name who does.`,
    );
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return openProvider(settings);
}
