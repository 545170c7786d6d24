import { isIPv4 } from 'node:net';
import { ConfigurationError } from '../../errors.ts';
import { resolvePolicy } from '../../policy.ts';
import { options, type Settings } from '../config.ts';

/** What makes settings unfit for production, or at odds with each other. Settings that could not be read are looked over, not judged. */
export function inspectServe(settings: Partial<Settings<'serve'>>): string[] {
  const { apiKeys = [], allowUnsafe = [], host, metricsPort, policy, port, provider, store } = settings;
  const faults = policyFaults(policy);
  const keys = apiKeys.map((entry) => entry.slice(entry.indexOf(':') + 1));
  if (new Set(keys).size < keys.length)
    faults.push('PHONEPROOF_API_KEYS holds the same key twice. Give each tenant its own.');
  if (provider && !allowUnsafe.includes('provider')) {
    faults.push(
      `PHONEPROOF_PROVIDER is ${provider}, which shows codes instead of sending them. ` +
        'If that is meant (a staging machine), set PHONEPROOF_ALLOW_UNSAFE=provider.',
    );
  }
  if (provider === 'inbox' && host !== undefined && !isLoopback(host)) {
    faults.push(
      'PHONEPROOF_PROVIDER is inbox and PHONEPROOF_HOST is not loopback: everyone who reaches this machine could read every code. ' +
        'Set PHONEPROOF_HOST=127.0.0.1.',
    );
  }
  if (store?.kind === 'memory' && !allowUnsafe.includes('store')) {
    faults.push(
      'PHONEPROOF_STORE is memory:, which forgets at every restart: pending codes, verified numbers, and the limits that stop guessing. ' +
        'Name a file, like sqlite:/var/lib/phoneproof/phoneproof.db, or set PHONEPROOF_ALLOW_UNSAFE=store.',
    );
  }
  if (metricsPort !== undefined && metricsPort !== 0 && metricsPort === port) {
    faults.push('PHONEPROOF_METRICS_PORT is the same as PHONEPROOF_PORT. Choose another one.');
  }
  return faults;
}

/** What makes settings unfit for a service that asks nobody for a key and shows codes. */
export function inspectLocal(
  settings: { host?: string; policy?: Settings<'dev'>['policy'] },
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const faults = policyFaults(settings.policy);
  if (settings.host !== undefined && !isLoopback(settings.host)) {
    faults.push(
      'PHONEPROOF_HOST is not loopback. This command asks for no key and shows every code, so it listens on 127.0.0.1, ::1 or localhost only. ' +
        'Use `phoneproof serve` to be reached from elsewhere.',
    );
  }
  if (env['NODE_ENV'] === 'production') {
    faults.push(
      'NODE_ENV is production, and this command shows every code. Use `phoneproof serve`, or unset NODE_ENV.',
    );
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

/** Whether only this machine reaches what listens there. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
