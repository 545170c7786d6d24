import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/errors.ts';
import { findOptions, readSettings } from '../../../../src/server/config/read-config.ts';
import { inOptionNames } from '../../../../src/server/config/provider-options.ts';
import {
  inspectLocal,
  inspectReceipts,
  inspectServe,
  sentForReal,
  sentInClear,
} from '../../../../src/server/config/safety.ts';
import { openProvider, providerFaults } from '../../../../src/server/providers.ts';
import { receiptAddresses } from '../../../../src/server/receipt-addresses.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoneproof-providers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const twilio = {
  PHONEPROOF_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  PHONEPROOF_TWILIO_AUTH_TOKEN: 'token-of-twilio',
  PHONEPROOF_TWILIO_FROM: '+15005550006',
};
const vonage = {
  PHONEPROOF_VONAGE_API_KEY: 'abcd1234',
  PHONEPROOF_VONAGE_API_SECRET: 'secret-of-vonage',
  PHONEPROOF_VONAGE_FROM: 'Acme',
};
const aws = {
  PHONEPROOF_AWS_REGION: 'us-east-1',
  PHONEPROOF_AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  PHONEPROOF_AWS_SECRET_ACCESS_KEY: 'secret-of-aws',
};
const android = {
  PHONEPROOF_ANDROID_GATEWAY_BASE_URL: 'http://192.168.1.7:8080',
  PHONEPROOF_ANDROID_GATEWAY_USERNAME: 'sms',
  PHONEPROOF_ANDROID_GATEWAY_PASSWORD: 'password-of-the-phone',
  PHONEPROOF_ANDROID_GATEWAY_SIGNING_KEY: 'key-of-the-phone',
};
const webhook = {
  PHONEPROOF_WEBHOOK_URL: 'https://sms.example.com/send',
  PHONEPROOF_WEBHOOK_SECRET: `whsec_${secret}`,
};

/** Enough for `serve`, but for providers. */
const base = {
  PHONEPROOF_SECRET: secret,
  PHONEPROOF_API_KEYS: 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1',
  PHONEPROOF_COUNTRIES: 'US',
  PHONEPROOF_STORE: 'sqlite:/var/lib/phoneproof.db',
};

function serveSettings(env: Record<string, string>, flags: Record<string, string> = {}) {
  return readSettings({ command: 'serve', flags, env: { ...base, ...env }, cwd: folder }, inspectServe);
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    serveSettings(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

/** Names of the providers at the ends, in order. */
const namesOf = (env: Record<string, string>) =>
  openProvider(serveSettings(env).settings)
    .route?.health()
    .providers.map(({ provider }) => provider);

describe('several providers', () => {
  test('are asked in the order in which they are named', () => {
    expect(namesOf({ ...twilio, ...vonage, PHONEPROOF_PROVIDER: 'twilio,vonage' })).toEqual(['twilio', 'vonage']);
    expect(namesOf({ ...twilio, ...vonage, PHONEPROOF_PROVIDER: ' vonage , twilio' })).toEqual(['vonage', 'twilio']);
  });

  test('all of them can be named at once, with settings from the environment alone', () => {
    const env = { ...twilio, ...vonage, ...aws, ...android, ...webhook };
    const PHONEPROOF_PROVIDER = 'twilio,vonage,aws,android-gateway,webhook';
    expect(namesOf({ ...env, PHONEPROOF_PROVIDER })).toEqual(PHONEPROOF_PROVIDER.split(','));
  });

  test('are chosen by a fallback, or by their health where that is asked for', () => {
    const named = { ...twilio, ...vonage, PHONEPROOF_PROVIDER: 'twilio,vonage' };
    const nameOf = (env: Record<string, string>) => openProvider(serveSettings(env).settings).provider.name;
    expect(nameOf(named)).toBe('fallback');
    expect(nameOf({ ...named, PHONEPROOF_ROUTE: 'auto' })).toBe('auto');
  });

  test('may be others for some countries, and each is made once', () => {
    const { provider, route } = openProvider(
      serveSettings({
        ...twilio,
        ...vonage,
        PHONEPROOF_PROVIDER: 'twilio',
        PHONEPROOF_PROVIDERS_BY_COUNTRY: 'GB=vonage,twilio',
      }).settings,
    );
    expect(provider.name).toBe('by-country');
    expect(
      route
        ?.health()
        .providers.map((one) => one.provider)
        .toSorted(),
    ).toEqual(['twilio', 'vonage']);
  });

  test('one alone may take all the time of a send, of several each its own or four seconds', () => {
    const timeout = (env: Record<string, string>) => openProvider(serveSettings(env).settings).provider.timeoutMs ?? 0;
    const alone = timeout({ ...twilio, PHONEPROOF_PROVIDER: 'twilio', PHONEPROOF_POLICY_SEND_TIMEOUT_SECONDS: '7' });
    expect(alone).toBeGreaterThanOrEqual(7_000);
    expect(alone).toBeLessThan(8_000);
    const two = {
      ...twilio,
      ...vonage,
      PHONEPROOF_PROVIDER: 'twilio,vonage',
      PHONEPROOF_TWILIO_TIMEOUT_SECONDS: '1.5',
    };
    expect(timeout(two)).toBeGreaterThanOrEqual(5_500);
    expect(timeout(two)).toBeLessThan(6_500);
  });

  test('what shows codes on this machine is asked without a detour', () => {
    const { provider, inbox, route } = openProvider({ provider: ['inbox'] });
    expect([provider.name, route, inbox === null]).toEqual(['inbox', null, false]);
    expect(openProvider({ provider: ['console'] }).inbox).toBeNull();
  });
});

describe('what a provider lacks', () => {
  test('is named for all providers at once, by the names of the options', () => {
    const faults = faultsOf({ PHONEPROOF_PROVIDER: 'twilio,vonage,aws,android-gateway,webhook' });
    for (const name of [
      'PHONEPROOF_TWILIO_ACCOUNT_SID',
      'PHONEPROOF_TWILIO_AUTH_TOKEN',
      'PHONEPROOF_TWILIO_FROM',
      'PHONEPROOF_VONAGE_API_KEY',
      'PHONEPROOF_VONAGE_API_SECRET',
      'PHONEPROOF_VONAGE_FROM',
      'PHONEPROOF_AWS_REGION',
      'PHONEPROOF_AWS_ACCESS_KEY_ID',
      'PHONEPROOF_AWS_SECRET_ACCESS_KEY',
      'PHONEPROOF_ANDROID_GATEWAY_BASE_URL',
      'PHONEPROOF_ANDROID_GATEWAY_USERNAME',
      'PHONEPROOF_ANDROID_GATEWAY_PASSWORD',
      'PHONEPROOF_WEBHOOK_URL',
      'PHONEPROOF_WEBHOOK_SECRET',
    ]) {
      expect(
        faults.filter((fault) => fault.startsWith(`${name} `)),
        name,
      ).toHaveLength(1);
    }
    expect(faults).toHaveLength(14);
  });

  test('is asked for of a provider that is named for a country alone, too', () => {
    const faults = faultsOf({ ...twilio, PHONEPROOF_PROVIDER: 'twilio', PHONEPROOF_PROVIDERS_BY_COUNTRY: 'GB=vonage' });
    expect(faults).toHaveLength(3);
    expect(faults.join()).toContain('PHONEPROOF_VONAGE_API_KEY');
  });

  test('repeats no credential', () => {
    const env = { ...twilio, PHONEPROOF_TWILIO_ACCOUNT_SID: 'hunter2', PHONEPROOF_TWILIO_API_KEY: 'hunter3' };
    const faults = faultsOf({ ...env, PHONEPROOF_PROVIDER: 'twilio' });
    expect(faults.length).toBeGreaterThan(1);
    expect(faults.join()).not.toMatch(/hunter|token-of-twilio/);
  });

  test('stops dev as well', () => {
    const settings = { provider: ['vonage'] } as const;
    expect(inspectLocal(settings, {})).toHaveLength(3);
    expect(inspectReceipts(settings)).toHaveLength(3);
    expect(providerFaults({})).toEqual([]);
  });

  test('is said in words that only options are put for', () => {
    expect(inOptionNames('vonage', 'vonage: from must be a number from your account')).toBe(
      'PHONEPROOF_VONAGE_FROM must be a number from your account.',
    );
    expect(inOptionNames('twilio', 'twilio: timeoutMs must be more than 0')).toContain(
      'PHONEPROOF_TWILIO_TIMEOUT_SECONDS',
    );
    expect(inOptionNames('android-gateway', 'android-gateway: nothing works')).toBe(
      'PHONEPROOF_PROVIDER names android-gateway: nothing works.',
    );
  });
});

describe('settings of a provider that is not named', () => {
  test('are warned of, once for each provider', () => {
    const { warnings } = serveSettings({ ...twilio, ...vonage, ...webhook, PHONEPROOF_PROVIDER: 'twilio' });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('PHONEPROOF_VONAGE_API_KEY');
    expect(warnings[0]).toContain('does not name vonage');
    expect(warnings[1]).toContain('PHONEPROOF_WEBHOOK_URL');
    expect(warnings.join()).not.toMatch(/secret-of-vonage|whsec/);
  });

  test('are not those of one that is named for a country', () => {
    const env = { ...twilio, ...vonage, PHONEPROOF_PROVIDER: 'twilio', PHONEPROOF_PROVIDERS_BY_COUNTRY: 'GB=vonage' };
    expect(serveSettings(env).warnings).toEqual([]);
  });
});

describe('the configuration file', () => {
  function file(content: object): Record<string, string> {
    const path = join(folder, `${crypto.randomUUID()}.json`);
    writeFileSync(path, JSON.stringify(content));
    return { config: path };
  }

  test("holds each provider's options together, and lists and objects as they are", () => {
    writeFileSync(join(folder, 'token'), 'token-of-twilio\n');
    const { settings, warnings } = serveSettings(
      {},
      file({
        provider: ['twilio', 'android-gateway', 'webhook'],
        providersByCountry: { US: 'webhook,twilio', GB: ['twilio'] },
        twilio: { accountSid: `AC${'0'.repeat(32)}`, authTokenFile: 'token', from: 'Acme', timeoutSeconds: 2.5 },
        androidGateway: { baseUrl: 'http://192.168.1.7:8080', username: 'sms', password: 'p', simNumber: 2 },
        webhook: {
          url: 'https://sms.example.com',
          secret: `whsec_${secret}`,
          headers: { 'x-a': '1' },
          body: { to: '{{to}}', text: '{{text}}' },
        },
      }),
    );
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      providersByCountry: { US: ['webhook', 'twilio'], GB: ['twilio'] },
      twilio: { authToken: 'token-of-twilio', timeoutSeconds: 2.5 },
      androidGateway: { simNumber: 2 },
      webhook: { headers: { 'x-a': '1' }, body: { to: '{{to}}', text: '{{text}}' } },
    });
    expect(settings.vonage).toBeUndefined();
  });

  test.each([
    [{ twilio: 'AC1' }, 'twilio must be a JSON object'],
    [{ twilio: { accountSID: 'AC1' } }, 'twilio.accountSid meant'],
    [{ providersByCountry: { US: { twilio: 1 } } }, 'providersByCountry (entry 1)'],
    [{ webhook: { headers: { a: 1 } } }, 'webhook.headers must be'],
    [{ countries: { US: true } }, 'countries must be'],
  ])('%j is a fault that says where', (content, said) => {
    const { faults } = findOptions({ command: 'dev', flags: file(content), env: {}, cwd: folder });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(said);
  });
});

describe('serve', () => {
  test('refuses what shows codes, wherever in the list it is', () => {
    for (const named of ['twilio,inbox', 'console,twilio']) {
      const faults = faultsOf({ ...twilio, PHONEPROOF_PROVIDER: named });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain('PHONEPROOF_ALLOW_UNSAFE=provider');
    }
    const byCountry = { ...twilio, PHONEPROOF_PROVIDER: 'twilio', PHONEPROOF_PROVIDERS_BY_COUNTRY: 'US=inbox' };
    expect(faultsOf(byCountry)).toHaveLength(1);
  });

  test('refuses receipts that somebody else may sign', () => {
    const env = { ...aws, PHONEPROOF_PROVIDER: 'aws', PHONEPROOF_AWS_SNS_BASE_URL: 'http://127.0.0.1:8080/aws/sns' };
    expect(faultsOf(env)).toEqual([expect.stringContaining('PHONEPROOF_AWS_SNS_BASE_URL')]);
    expect(faultsOf({ ...env, PHONEPROOF_ALLOW_UNSAFE: 'provider' })).toEqual([]);
  });

  test.each([
    ['https://verify.example.com', 0],
    ['http://127.0.0.1:8080', 0],
    ['http://localhost:8080', 0],
    ['http://[::1]:8080', 0],
    ['http://verify.example.com', 1],
    ['http://127.0.0.1.example.com', 1],
  ])('at the public address %s finds %i faults', (PHONEPROOF_PUBLIC_URL, count) => {
    expect(faultsOf({ ...twilio, PHONEPROOF_PROVIDER: 'twilio', PHONEPROOF_PUBLIC_URL })).toHaveLength(count);
  });

  test('what sends to real phones is told from what shows codes and from what is played on this machine', () => {
    const emulated = { accountSid: 'AC1', baseUrl: 'http://[::1]:8080/twilio' };
    expect(sentForReal({ provider: ['inbox', 'console', 'twilio'], twilio: emulated })).toEqual([]);
    expect(sentForReal({ provider: ['twilio', 'vonage'], twilio: emulated })).toEqual(['vonage']);
    expect(sentForReal({ provider: ['webhook'], webhook: { url: 'https://sms.example.com' } })).toEqual(['webhook']);
    expect(sentForReal({ provider: ['webhook'], webhook: { url: 'http://localhost:9000' } })).toEqual([]);
  });

  test('warns of a provider that is called in clear over a network', () => {
    const { settings } = serveSettings({ ...twilio, ...android, PHONEPROOF_PROVIDER: 'twilio,android-gateway' });
    expect(sentInClear(settings)).toEqual([expect.stringContaining('android-gateway')]);
    const emulated = {
      ...twilio,
      PHONEPROOF_PROVIDER: 'twilio',
      PHONEPROOF_TWILIO_BASE_URL: 'http://127.0.0.1:8080/twilio',
    };
    expect(sentInClear(serveSettings(emulated).settings)).toEqual([]);
  });
});

test('receipts are told at addresses of their own, which stay the same and hang on the secret', () => {
  const env = { ...twilio, ...aws, ...android, PHONEPROOF_PROVIDER: 'twilio,aws,android-gateway' };
  const addresses = (more: Record<string, string> = {}) => {
    const given = { ...base, ...env, PHONEPROOF_PUBLIC_URL: 'https://verify.example.com/', ...more };
    const { settings } = readSettings({ command: 'receipts', flags: {}, env: given, cwd: folder }, inspectReceipts);
    return receiptAddresses(settings);
  };
  const first = addresses();
  expect([...first.keys()]).toEqual(['twilio', 'android-gateway']);
  for (const [name, address] of first) {
    expect(address).toMatch(new RegExp(`^https://verify\\.example\\.com/v1/receipts/${name}/[\\w-]{22}$`));
  }
  expect(addresses()).toEqual(first);
  const withTopic = addresses({ PHONEPROOF_AWS_TOPIC_ARNS: 'arn:aws:sns:us-east-1:123456789012:sms' });
  expect([...withTopic.keys()]).toEqual(['twilio', 'aws', 'android-gateway']);
  const other = addresses({
    PHONEPROOF_SUBJECT_SECRET: '6f1d9be2a7c4038855e0b1297f3ac6d4e81b72905fcd3a46918e07b2d5fa3c60',
  });
  expect(other.get('twilio')).not.toBe(first.get('twilio'));
});
