import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { defaultPolicy } from '../../../src/policy.ts';
import { defaultOf, options, type Option } from '../../../src/server/config.ts';
import type { CommandName } from '../../../src/server/config/option-row.ts';
import { configurationPage } from '../../../src/server/config/configuration-page.ts';
import { findOptions, readSettings, type Finding, type Sources } from '../../../src/server/config/read-config.ts';
import { printedOptions } from '../../../src/server/config/print-config.ts';
import { inspectLocal, inspectServe } from '../../../src/server/config/safety.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoneproof-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secretA = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const secretB = '6f1d9be2a7c4038855e0b1297f3ac6d4e81b72905fcd3a46918e07b2d5fa3c60';
const keyA = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const keyB = 'acme:Zt5Rw1Yq8Uo3Ip6Lk9Jh2Gf4Ds7Ax0Mn';

/** Two different valid texts for each option, the first not its default. A new row of the table needs one here. */
const samples: Readonly<Record<string, readonly [string, string]>> = {
  host: ['::1', 'localhost'],
  port: ['9000', '0'],
  metricsPort: ['9100', '9101'],
  trustedProxies: ['1', '10.0.0.0/8,::1'],
  drainSeconds: ['5', '1'],
  logLevel: ['debug', 'silent'],
  logFormat: ['json', 'pretty'],
  secret: [secretA, `${secretB},${secretA}`],
  subjectSecret: [secretA, secretB],
  acceptSubjectKey: ['true', 'false'],
  apiKeys: [keyA, `${keyA},${keyB}`],
  store: ['memory:', 'sqlite:/tmp/a file.db'],
  migrations: ['manual', 'auto'],
  provider: ['console', 'twilio,vonage'],
  route: ['auto', 'fallback'],
  providersByCountry: ['US=twilio,vonage;GB=vonage', 'DE=aws'],
  receiptSeconds: ['0', '30'],
  publicUrl: ['https://verify.example.com', 'https://example.com/verify/'],
  allowUnsafe: ['provider', 'store,webhooks'],
  webhookEventsUrl: ['https://hooks.example.com/phoneproof', 'https://example.org'],
  webhookEventsSecret: [`whsec_${secretA}`, secretA],
  countries: ['US', 'US,CA'],
  defaultCountry: ['US', 'DE'],
  brand: ['Acme', 'Ünïcode & Co'],
  origin: ['example.com', 'login.example.org'],
  locale: ['pt-BR', 'de'],
  locales: ['en', 'en,de'],
  localeByCountry: ['false', 'true'],
  longTexts: ['without_last_line', 'refuse'],
  appHash: ['FA+9qCX9VSu', 'abcdefghij0'],
  appHashWithOrigin: ['true', 'false'],
  texts: ['texts.json', '/etc/phoneproof/texts.json'],
  url: ['https://verify.example.com', 'http://[::1]:8080/base'],
  apiKey: ['anything', 'else'],
  inboxHistory: ['inbox.db', '/var/lib/a file.db'],
  inboxMaxMessages: ['100', '5000'],
  inboxKeepHours: ['24', '0.5'],
  inboxPrices: ['USD:*=0.05,+1=0.0083', 'EUR:+49=0.075'],
  inboxPassword: ['correct-horse', 'battery=staple:7'],
  inboxEmulators: ['anyone', 'this-machine'],
  inboxAllowProduction: ['true', 'false'],
  testNumbers: ['+12025550187=739104', '+12025550187=739104,+447700900123=105827'],
  testNumbersUntil: ['2027-01-31', '2027-01-31T18:00:00.000Z'],
  testNumbersAny: ['true', 'false'],
  via: ['smspinverify', '5sim'],
  inboxUrl: ['http://127.0.0.1:8025', 'https://inbox.example.com'],
  inboxToken: ['password-of-the-inbox', 'another-password-of-the-inbox'],
  smspinverifyCustomer: ['customer-of-the-site', 'another-customer'],
  smspinverifyService: ['Google Voice', 'Acme'],
  smspinverifyBaseUrl: ['http://127.0.0.1:8080/smspinverify', 'https://api.example.com/user/api'],
  smspinverifyTimeoutSeconds: ['2.5', '3'],
  handlerApiApiKey: ['key-of-the-site', 'another-key-of-the-site'],
  handlerApiService: ['go', 'ot'],
  handlerApiBaseUrl: ['http://127.0.0.1:8080/handler-api', 'https://api.example.com'],
  handlerApiTimeoutSeconds: ['2.5', '3'],
  '5simToken': ['token-of-5sim', 'another-token-of-5sim'],
  '5simService': ['google', 'other'],
  '5simOperator': ['virtual4', 'any'],
  '5simBaseUrl': ['http://127.0.0.1:8080/5sim', 'https://api.example.com'],
  '5simTimeoutSeconds': ['2.5', '3'],
  androidGatewayNumberBaseUrl: ['http://192.168.1.7:8080', 'https://api.sms-gate.app/3rdparty/v1'],
  androidGatewayNumberUsername: ['sms', 'me'],
  androidGatewayNumberPassword: ['password-of-the-phone', 'another-password'],
  androidGatewayNumberNumber: ['+12025550143', '+447700900123'],
  androidGatewayNumberSimNumber: ['1', '2'],
  androidGatewayNumberListenUrl: ['https://texts.example.com', 'http://127.0.0.1:9000'],
  androidGatewayNumberListenHost: ['0.0.0.0', '::1'],
  androidGatewayNumberListenPort: ['9000', '9001'],
  androidGatewayNumberSigningKey: ['key-of-the-phone', 'another-key'],
  androidGatewayNumberTimeoutSeconds: ['2.5', '3'],
  twilioNumberAccountSid: ['AC00000000000000000000000000000001', 'AC2'],
  twilioNumberAuthToken: ['token-of-twilio', 'another-token-of-twilio'],
  twilioNumberApiKey: ['SK00000000000000000000000000000001', 'SK2'],
  twilioNumberApiSecret: ['secret-of-twilio', 'another-secret-of-twilio'],
  twilioNumberNumbers: ['+12025550143', '+12025550143,+12025550187'],
  twilioNumberBaseUrl: ['http://127.0.0.1:8080/twilio', 'https://sms.example.com'],
  twilioNumberTimeoutSeconds: ['2.5', '3'],
  twilioAccountSid: ['AC00000000000000000000000000000001', 'AC2'],
  twilioAuthToken: ['token-of-twilio', 'another-token-of-twilio'],
  twilioApiKey: ['SK00000000000000000000000000000001', 'SK2'],
  twilioApiSecret: ['secret-of-twilio', 'another-secret-of-twilio'],
  twilioFrom: ['+15005550006', 'Acme'],
  twilioMessagingServiceSid: ['MG00000000000000000000000000000001', 'MG2'],
  twilioBaseUrl: ['http://127.0.0.1:8080/twilio', 'https://sms.example.com'],
  twilioTimeoutSeconds: ['2.5', '3'],
  vonageApiKey: ['abcd1234', 'efgh5678'],
  vonageApiSecret: ['secret-of-vonage', 'another-secret-of-vonage'],
  vonageFrom: ['Acme', '12025550143'],
  vonageApi: ['messages', 'sms'],
  vonageSignatureSecret: ['signature-of-vonage', 'another-signature'],
  vonageBaseUrl: ['http://127.0.0.1:8080/vonage', 'https://sms.example.com'],
  vonageTimeoutSeconds: ['2.5', '3'],
  awsRegion: ['eu-central-1', 'us-east-1'],
  awsAccessKeyId: ['AKIAIOSFODNN7EXAMPLE', 'AKIA2'],
  awsSecretAccessKey: ['secret-of-aws', 'another-secret-of-aws'],
  awsSessionToken: ['session-of-aws', 'another-session-of-aws'],
  awsOriginationIdentity: ['+12025550143', 'pool-1'],
  awsConfigurationSet: ['codes', 'others'],
  awsNotifyConfiguration: ['nc-1', 'nc-2'],
  awsNotifyTemplate: ['nt-1', 'nt-2'],
  awsTopicArns: [
    'arn:aws:sns:us-east-1:123456789012:sms',
    'arn:aws:sns:us-east-1:123456789012:a,arn:aws:sns:us-east-1:123456789012:b',
  ],
  awsEntityId: ['1', '2'],
  awsTemplateId: ['3', '4'],
  awsBaseUrl: ['http://127.0.0.1:8080/aws', 'https://sms.example.com'],
  awsSnsBaseUrl: ['http://127.0.0.1:8080/aws/sns', 'https://sns.example.com'],
  awsTimeoutSeconds: ['2.5', '3'],
  androidGatewayBaseUrl: ['http://192.168.1.7:8080', 'https://api.sms-gate.app/3rdparty/v1'],
  androidGatewayUsername: ['sms', 'me'],
  androidGatewayPassword: ['password-of-the-phone', 'another-password'],
  androidGatewaySigningKey: ['key-of-the-phone', 'another-key'],
  androidGatewaySimNumber: ['1', '2'],
  androidGatewayTimeoutSeconds: ['2.5', '3'],
  webhookUrl: ['https://sms.example.com/send?account=1', 'http://127.0.0.1:9000'],
  webhookSecret: [`whsec_${secretA}`, 'as it is, of 24 bytes or more'],
  webhookHeaders: ['{"x-key":"key-of-the-gateway"}', '{"x-other":"other"}'],
  webhookBody: ['{"to":"{{to}}"}', 'to={{to}}'],
  webhookMessageId: ['/data/id', '/id'],
  webhookTimeoutSeconds: ['2.5', '3'],
  policyCodeLength: ['4', '10'],
  policyLifetimeSeconds: ['60', '120'],
  policyMaxLifetimeSeconds: ['900', '1200'],
  policyMaxSends: ['1', '5'],
  policySendWindowSeconds: ['60', '120'],
  policyMaxRejectedSends: ['5', '20'],
  policyMaxSendsPerDay: ['5', '20'],
  policyMaxSendsPerAddress: ['5', 'none'],
  policyMaxSendsPerNetwork: ['none', '10'],
  policyMaxSendsPerCountry: ['500', 'none'],
  policyMaxSendsPerTenant: ['none', '1000'],
  policyMaxSendsInAll: ['50000', 'none'],
  policyBroadWindowSeconds: ['600', '86400'],
  policySendGapSeconds: ['30', '60'],
  policyResendAdviceSeconds: ['10', '60'],
  policyResend: ['new_code', 'same_code'],
  policyResendUntilSeconds: ['0', '240'],
  policyMaxChecks: ['3', '1'],
  policyMaxWrongChecksPerDay: ['5', '20'],
  policyLockAfterWrongChecks: ['50', '20'],
  policyLockSeconds: ['3600', '7200'],
  policyMaxEndedKept: ['0', '2'],
  policyEndedKeptSeconds: ['60', '3600'],
  policyVerifiedSeconds: ['0', '60'],
  policyLineTypes: ['mobile', 'mobile,voip'],
  policyAllowOwnCode: ['true', 'false'],
  policySendTimeoutSeconds: ['2.5', '5'],
};

/** Enough for `serve` to read without a fault. */
const wholeServe = {
  PHONEPROOF_SECRET: secretA,
  PHONEPROOF_API_KEYS: keyA,
  PHONEPROOF_COUNTRIES: 'US',
  PHONEPROOF_STORE: 'sqlite:/var/lib/phoneproof.db',
  PHONEPROOF_PROVIDER: 'inbox',
  PHONEPROOF_ALLOW_UNSAFE: 'provider',
};

function sources<Command extends CommandName>(
  command: Command,
  given: Partial<Sources> = {},
): Sources & { command: Command } {
  return { flags: {}, env: {}, cwd: folder, ...given, command };
}

function file(content: unknown): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function found({ findings, faults }: ReturnType<typeof findOptions>, option: Option): Finding & { shown: string } {
  const finding = findings.find((one) => one.option === option);
  if (!finding) throw new Error(`${option.name} was not looked for: ${faults.join()}`);
  return { ...finding, shown: finding.value === undefined ? '' : option.type.show(finding.value) };
}

function inFile(option: Option, value: string): object {
  const [first = '', field] = option.path;
  return field === undefined ? { [first]: value } : { [first]: { [field]: value } };
}

/** What names a file that holds it. */
function asFile(option: Option): Option {
  return { ...option, path: [...option.path.slice(0, -1), `${option.path.at(-1)}File`] };
}

test('every option has samples, so that the table below covers all of them', () => {
  expect(Object.keys(samples).toSorted()).toEqual(options.map(({ name }) => name).toSorted());
});

describe.each(options.map((option) => [option.name, option] as const))('%s', (name, option) => {
  const [text, other] = samples[name] ?? ['', ''];
  const command = option.commands[0]!;

  test('is read from a flag', () => {
    const { origin, from, shown } = found(findOptions(sources(command, { flags: { [name]: text } })), option);
    expect({ origin, from, shown }).toEqual({ origin: 'flag', from: option.flag, shown: text });
  });

  test('is read from its variable', () => {
    const result = findOptions(sources(command, { env: { [option.env]: text } }));
    const { origin, from, shown } = found(result, option);
    expect({ origin, from, shown }).toEqual({ origin: 'environment', from: option.env, shown: text });
    expect(result.warnings.filter((warning) => warning.includes('is not known'))).toEqual([]);
  });

  test('is read from the file', () => {
    const path = file(inFile(option, text));
    const { origin, from, shown } = found(findOptions(sources(command, { flags: { config: path } })), option);
    expect({ origin, from, shown }).toEqual({ origin: 'file', from: path, shown: text });
  });

  test('has its default when nothing gives it', () => {
    const { origin, shown } = found(findOptions(sources(command)), option);
    const standard = defaultOf(option, command);
    expect({ origin, shown }).toEqual({ origin: standard === undefined ? 'unset' : 'default', shown: standard ?? '' });
  });

  test('a flag goes before the variable, the variable before the file, the file before the default', () => {
    const env = { [option.env]: text, PHONEPROOF_CONFIG: file(inFile(option, other)) };
    const withFlag = sources(command, {
      flags: { [name]: other },
      env: { ...env, PHONEPROOF_CONFIG: file(inFile(option, text)) },
    });
    expect(found(findOptions(withFlag), option).shown).toBe(other);
    expect(found(findOptions(sources(command, { env })), option).shown).toBe(text);
    const fileOnly = sources(command, { env: { ...env, [option.env]: '' } });
    expect(found(findOptions(fileOnly), option)).toMatchObject({ origin: 'file', shown: other });
  });

  test('has a default that reads as what it shows', () => {
    for (const each of option.commands) {
      const standard = defaultOf(option, each);
      if (standard === undefined) continue;
      const reading = option.type.read(standard);
      expect('value' in reading && option.type.show(reading.value)).toBe(standard);
    }
  });
});

describe.each(options.filter(({ secret }) => secret).map((option) => [option.name, option] as const))(
  '%s, a secret',
  (name, option) => {
    const [text] = samples[name] ?? [''];
    const command = option.commands[0]!;
    const path = file(`${text}\n`);

    test('is read from a file that a flag, a variable or the configuration file names', () => {
      const fromFlag = sources(command, { flags: { [`${name}File`]: path } });
      const fromVariable = sources(command, { env: { [`${option.env}_FILE`]: path } });
      const fromFile = sources(command, {
        flags: { config: file(inFile(asFile(option), path)) },
      });
      for (const each of [fromFlag, fromVariable, fromFile]) expect(found(findOptions(each), option).shown).toBe(text);
    });

    test('given itself and as a file is a fault', () => {
      const { faults } = findOptions(sources(command, { env: { [option.env]: text, [`${option.env}_FILE`]: path } }));
      expect(faults.filter((fault) => fault.startsWith(option.env))).toHaveLength(1);
    });

    test('in a file that is not there is a fault that names who names the file, not the file: it may be the secret', () => {
      const inConfig = file(inFile(asFile(option), text));
      for (const [given, named] of [
        [{ env: { [`${option.env}_FILE`]: text } }, `${option.env}_FILE `],
        [{ flags: { [`${name}File`]: text } }, `${option.flag}-file `],
        [{ flags: { config: inConfig } }, `${inConfig}: ${asFile(option).path.join('.')} `],
      ] as const) {
        const { findings, faults } = findOptions(sources(command, given));
        expect(faults.filter((fault) => fault.startsWith(named))).toHaveLength(1);
        expect(JSON.stringify([printedOptions(findings), faults])).not.toContain(text);
      }
    });

    if (option.showsNoSecret) return;
    test('is never printed, whether it is good or faulty', () => {
      const faulty = `${text},short-and-wrong`;
      for (const env of [{ [option.env]: text }, { [option.env]: faulty }]) {
        const { findings, faults, warnings } = findOptions(sources(command, { env }));
        const everything = JSON.stringify([printedOptions(findings), faults, warnings]);
        expect(everything).not.toContain(text);
        expect(everything).not.toContain('short-and-wrong');
      }
    });
  },
);

describe('what is wrong', () => {
  test('is named all at once, each under the name of what gave it', () => {
    const path = file({ port: 70_000, policy: { maxSends: 'many', codelength: 6 } });
    const env = {
      PHONEPROOF_CONFIG: path,
      PHONEPROOF_SECRET: 'dG9vIHNob3J0',
      PHONEPROOF_API_KEYS: `${keyA},short`,
      PHONEPROOF_STORE: 'mysql://me:hunter2@db/phoneproof',
      PHONEPROOF_PROVIDER: 'pigeon',
      PHONEPROOF_POLICY_RESEND: 'never',
      PHONEPROOF_POLICY_MAX_CHECKS: '1000',
    };
    const read = () => readSettings(sources('serve', { flags: { logLevel: 'loud' }, env }), inspectServe);
    expect(read).toThrow(ConfigurationError);
    const faults = faultsOf(read);
    for (const name of [
      `${path}: port `,
      `${path}: policy.maxSends `,
      `${path}: policy.codelength `,
      'PHONEPROOF_SECRET ',
      'PHONEPROOF_API_KEYS (entry 2) ',
      'PHONEPROOF_STORE ',
      'PHONEPROOF_PROVIDER ',
      'PHONEPROOF_POLICY_RESEND ',
      'PHONEPROOF_POLICY_MAX_CHECKS ',
      'PHONEPROOF_COUNTRIES ',
      '--log-level ',
    ]) {
      expect(
        faults.filter((fault) => fault.startsWith(name)),
        name,
      ).toHaveLength(1);
    }
    expect(faults).toHaveLength(11);
    expect(faults.join()).not.toContain('hunter2');
  });

  test.each([
    ['an all-equal secret', { PHONEPROOF_SECRET: '00'.repeat(32) }],
    ['a secret of 31 bytes', { PHONEPROOF_SECRET: secretB.slice(2) }],
    ['one secret twice', { PHONEPROOF_SECRET: `${secretA},${secretA}` }],
    ['a key of 31 characters', { PHONEPROOF_API_KEYS: keyA.slice(1) }],
    ['a key that repeats itself', { PHONEPROOF_API_KEYS: 'abcdefgh'.repeat(4) }],
    ['a key of two tenants', { PHONEPROOF_API_KEYS: `a:${keyA},b:${keyA}` }],
    ['a tenant that is none', { PHONEPROOF_API_KEYS: `a b:${keyA}` }],
    ['a store of another kind', { PHONEPROOF_STORE: 'mysql://localhost/phoneproof' }],
    ['a store that only claims to be a file', { PHONEPROOF_STORE: 'sqlite::memory:' }],
    ['a store without a file', { PHONEPROOF_STORE: 'sqlite:' }],
    ['a store that forgets', { PHONEPROOF_STORE: 'memory:' }],
    ['a provider that nobody knows', { PHONEPROOF_PROVIDER: 'inbox,pigeon' }],
    ['a provider twice', { PHONEPROOF_PROVIDER: 'inbox,console,inbox' }],
    ['a route that is none', { PHONEPROOF_ROUTE: 'cheapest' }],
    ['countries without providers', { PHONEPROOF_PROVIDERS_BY_COUNTRY: 'US=' }],
    ['a country of providers that is none', { PHONEPROOF_PROVIDERS_BY_COUNTRY: 'US=inbox;UK=inbox' }],
    ['a country of providers twice', { PHONEPROOF_PROVIDERS_BY_COUNTRY: 'US=inbox;US=console' }],
    ['receipts in clear', { PHONEPROOF_PUBLIC_URL: 'http://verify.example.com' }],
    [
      'events in clear',
      { PHONEPROOF_WEBHOOK_EVENTS_URL: 'http://hooks.example.com', PHONEPROOF_WEBHOOK_EVENTS_SECRET: secretA },
    ],
    [
      'events that are not signed',
      { PHONEPROOF_WEBHOOK_EVENTS_SECRET: '', PHONEPROOF_WEBHOOK_EVENTS_URL: 'https://hooks.example.com' },
    ],
    ['events without an address', { PHONEPROOF_WEBHOOK_EVENTS_SECRET: `whsec_${secretA}` }],
    [
      'a short secret of events',
      { PHONEPROOF_WEBHOOK_EVENTS_SECRET: 'whsec_c2hvcnQ=', PHONEPROOF_WEBHOOK_EVENTS_URL: '' },
    ],
    ['a provider that shows codes', { PHONEPROOF_ALLOW_UNSAFE: '' }],
    ['the inbox for everyone', { PHONEPROOF_HOST: '0.0.0.0' }],
    ['no countries', { PHONEPROOF_COUNTRIES: '' }],
    ['a country in small letters', { PHONEPROOF_COUNTRIES: 'us' }],
    ['a country that is none', { PHONEPROOF_COUNTRIES: 'US,UK' }],
    ['a brand that could be taken for a WebOTP line', { PHONEPROOF_BRAND: '@acme' }],
    ['a default country that is none', { PHONEPROOF_DEFAULT_COUNTRY: 'ZZ' }],
    ['a number that is not in digits', { PHONEPROOF_PORT: '0x1f90' }],
    ['a port that is used twice', { PHONEPROOF_METRICS_PORT: '8080' }],
    ['lifetimes at odds', { PHONEPROOF_POLICY_LIFETIME_SECONDS: '700' }],
    ['an origin with a path', { PHONEPROOF_ORIGIN: 'example.com/login' }],
    ['a proxy that is no address', { PHONEPROOF_TRUSTED_PROXIES: '10.0.0.0/33' }],
    ['a host name for a proxy', { PHONEPROOF_TRUSTED_PROXIES: '10.0.0.1,proxy.internal' }],
    ['everybody as a proxy', { PHONEPROOF_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['a hundred proxies', { PHONEPROOF_TRUSTED_PROXIES: '100' }],
    ['a limit of none at all', { PHONEPROOF_POLICY_MAX_SENDS_PER_ADDRESS: '0' }],
  ])('serve refuses %s', (_, env) => {
    const faults = faultsOf(() => readSettings(sources('serve', { env: { ...wholeServe, ...env } }), inspectServe));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(
      Object.keys(env)[0] === 'PHONEPROOF_ALLOW_UNSAFE' ? 'PHONEPROOF_PROVIDER' : Object.keys(env)[0],
    );
  });

  test('nothing is wrong with a whole configuration', () => {
    const { settings, warnings } = readSettings(sources('serve', { env: wholeServe }), inspectServe);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      secret: [secretA],
      apiKeys: [keyA],
      countries: ['US'],
      store: { kind: 'sqlite', path: '/var/lib/phoneproof.db' },
    });
    expect({ ...settings.policy, countries: '*' }).toEqual(defaultPolicy);
  });

  test('dev needs nothing, but refuses to leave loopback or to run in production', () => {
    const read = (env: Record<string, string>) =>
      readSettings(sources('dev', { env }), (settings) => inspectLocal(settings, env));
    expect(read({}).settings).toMatchObject({ secret: undefined, countries: '*', provider: ['inbox'] });
    expect(faultsOf(() => read({ PHONEPROOF_HOST: '0.0.0.0', NODE_ENV: 'production' }))).toHaveLength(2);
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) read({ PHONEPROOF_HOST: host });
  });

  test.each([
    ['that is named and not there', '/nowhere/config.json'],
    ['that is not JSON', file('{ "secret": "tell-no-one", }')],
    ['that is a list', file([])],
    ['with an option that is none', file({ prot: 1 })],
    ['with an object for a value', file({ port: { number: 1 } })],
    ['with a prototype', file('{"__proto__": {"port": 1}}')],
  ])('a file %s is a fault', (_, path) => {
    const { faults } = findOptions(sources('dev', { flags: { config: path } }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(path);
    expect(faults[0]).not.toContain('tell-no-one');
  });

  test.each([keyA, secretA, secretB])('a secret in place of a key of the file is not repeated', (secret) => {
    for (const content of [{ [secret]: true }, { policy: { [secret]: 1 } }]) {
      const { faults } = findOptions(sources('dev', { flags: { config: file(content) } }));
      expect(faults).toHaveLength(1);
      expect(faults.join()).not.toContain(secret);
    }
  });

  test.each([
    'http://me:hunter2@verify.example.com',
    'http://hunter2@verify.example.com/',
    String.raw`http://me:hunter2\@verify.example.com`,
  ])('an address that holds a password is refused and not repeated', (url) => {
    const { findings, faults } = findOptions(sources('send', { env: { PHONEPROOF_URL: url } }));
    expect(faults).toHaveLength(1);
    expect(JSON.stringify([printedOptions(findings), faults])).not.toContain('hunter2');
  });

  test('the default file counts if it is there, and is not missed if it is not', () => {
    const cwd = mkdtempSync(join(folder, 'cwd-'));
    expect(findOptions(sources('dev', { cwd })).faults).toEqual([]);
    writeFileSync(join(cwd, 'phoneproof.config.json'), '{"port": 9001, "countries": ["US", "CA"], "brand": null}');
    const { settings } = readSettings(sources('dev', { cwd }));
    expect(settings).toMatchObject({ port: 9001, countries: ['US', 'CA'], brand: undefined });
  });

  test('a misspelled variable is named with the one that is meant', () => {
    const { warnings } = findOptions(
      sources('dev', { env: { PHONEPROOF_POLICY_MAX_SEND: '3', PHONEPROOF_SERCET: secretA, PORT: '1' } }),
    );
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('PHONEPROOF_POLICY_MAX_SENDS');
    expect(warnings[1]).toMatch(/PHONEPROOF_SERCET.*PHONEPROOF_SECRET/);
    expect(warnings.join()).not.toContain(secretA);
  });

  test('a variable that resembles nothing is named without a guess', () => {
    const { warnings } = findOptions(sources('dev', { env: { PHONEPROOF_QUUX_ZYZZYVA: 'x' } }));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toContain('meant');
  });
});

test('every field of the policy can be set by a variable', () => {
  const fields = options.flatMap(({ path: [group, field] }) => (group === 'policy' && field ? [field] : []));
  expect([...fields, 'countries'].toSorted()).toEqual(Object.keys(defaultPolicy).toSorted());
});

test('the docs page is what the table says', () => {
  const committed = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(committed).toBe(configurationPage());
});

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}
