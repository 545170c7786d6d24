import {
  address,
  jsonOrText,
  listOf,
  number,
  oneOf,
  text,
  textsByName,
  type OptionType,
  type Reading,
} from './option-types.ts';

/** Every provider that the service can be told to use. */
export const providerNames = ['inbox', 'console', 'twilio', 'vonage', 'aws', 'android-gateway', 'webhook'] as const;
export type ProviderName = (typeof providerNames)[number];

/** Those that show codes instead of sending them: for development. */
export const showsCodes: ReadonlySet<ProviderName> = new Set<ProviderName>(['inbox', 'console']);

/** The providers that texts go to, the first first. */
export const providerList: OptionType<readonly ProviderName[]> = (() => {
  const list = listOf('<providers>', oneOf(...providerNames));
  return {
    ...list,
    read(names): Reading<readonly ProviderName[]> {
      const reading = list.read(names);
      if ('faults' in reading || new Set(reading.value).size === reading.value.length) return reading;
      return { faults: ['names a provider twice'] };
    },
  };
})();

/** Providers by country: `US=twilio,vonage;GB=vonage`. */
export type ProvidersByCountry = Readonly<Record<string, readonly ProviderName[]>>;

/** Takes the country's own type, so that both take the same countries. */
export function providersByCountry(country: OptionType<string>): OptionType<ProvidersByCountry> {
  return {
    placeholder: '<lists>',
    read(lists): Reading<ProvidersByCountry> {
      const faults: string[] = [];
      const entries: [string, readonly ProviderName[]][] = [];
      for (const [at, entry] of lists.split(';').entries()) {
        const [, name = '', list = ''] = /^\s*([A-Za-z]*)\s*=(.*)$/.exec(entry) ?? [];
        const where = `(entry ${at + 1})`;
        const known = country.read(name);
        const providers = providerList.read(list);
        if ('faults' in known) faults.push(`${where} must be a country and its providers, like US=twilio,vonage`);
        else if (entries.some(([other]) => other === name)) faults.push(`${where} names a country that another names`);
        else if ('faults' in providers) faults.push(...providers.faults.map((what) => `${where} ${what}`));
        else entries.push([name, providers.value]);
      }
      return faults.length > 0 ? { faults } : { value: Object.fromEntries(entries) };
    },
    show: (lists) =>
      Object.entries(lists)
        .map(([name, providers]) => `${name}=${providerList.show(providers)}`)
        .join(';'),
    textOf: (object) =>
      Object.entries(object)
        .map(([name, providers]) => `${name}=${String(providers)}`)
        .join(';'),
  };
}

/** What names providers. */
export interface NamedProviders {
  readonly provider?: readonly ProviderName[] | undefined;
  readonly providersByCountry?: ProvidersByCountry | undefined;
}

/** The providers that settings name, each once. */
export function namedProviders({ provider = [], providersByCountry = {} }: NamedProviders): readonly ProviderName[] {
  return [...new Set([...provider, ...Object.values(providersByCountry).flat()])];
}

/** Vendors that are told once, by hand, where they may tell receipts, and where that is done. */
export const toldByHand: { readonly [Name in ProviderName]?: string } = {
  aws: 'an HTTPS subscription of the SNS topic',
  'android-gateway': 'a webhook of the app for sms:sent, sms:delivered and sms:failed',
};

/** One option of one provider. Which of them it needs, the provider itself says. */
interface ProviderOptionRow {
  readonly type: OptionType<unknown>;
  readonly description: string;
  readonly secret?: true;
}

const url = address('https://sms.example.com', { query: true });
const timeoutSeconds = {
  type: number('<seconds>', { least: 0.1, greatest: 60, fraction: true }),
  description:
    'How long it may take before it is unknown whether it took a text. Unset: 4 seconds where another could be asked, else PHONEPROOF_POLICY_SEND_TIMEOUT_SECONDS.',
} as const;
const baseUrl = (standard: string) =>
  ({
    type: url,
    description: `Where it is called in place of ${standard}: an emulator, or what speaks the same.`,
  }) as const;

/** By provider, as the table's and the file's keys write its name. */
const table = {
  twilio: {
    accountSid: { type: text('<sid>'), description: 'The account, `AC…`. Needed.' },
    authToken: {
      type: text('<token>'),
      secret: true,
      description:
        "The account's token. Needed for receipts, which are signed with it, and for calls without an API key.",
    },
    apiKey: { type: text('<sid>'), description: 'An API key, `SK…`, to call with in place of the token.' },
    apiSecret: { type: text('<secret>'), secret: true, description: 'The secret of the API key.' },
    from: {
      type: text('<sender>'),
      description: 'The number or name that texts come from. This or a messaging service is needed.',
    },
    messagingServiceSid: { type: text('<sid>'), description: 'A messaging service, `MG…`, in place of a sender.' },
    baseUrl: baseUrl('api.twilio.com'),
    timeoutSeconds,
  },
  vonage: {
    apiKey: { type: text('<key>'), description: 'The key of the account. Needed.' },
    apiSecret: { type: text('<secret>'), secret: true, description: 'The secret of the account. Needed.' },
    from: { type: text('<sender>'), description: 'The number or name that texts come from. Needed.' },
    api: { type: oneOf('sms', 'messages'), description: 'Which of its APIs is called. Unset: `sms`.' },
    signatureSecret: {
      type: text('<secret>'),
      secret: true,
      description:
        'What receipts are signed with. Unset: they are known by their address alone, which went out with the text.',
    },
    baseUrl: baseUrl('rest.nexmo.com or api.nexmo.com'),
    timeoutSeconds,
  },
  aws: {
    region: { type: text('<region>'), description: 'Like `eu-central-1`. Needed.' },
    accessKeyId: { type: text('<id>'), description: 'The access key to sign with. Needed.' },
    secretAccessKey: { type: text('<key>'), secret: true, description: 'Its secret. Needed.' },
    sessionToken: { type: text('<token>'), secret: true, description: 'Of credentials that end.' },
    originationIdentity: {
      type: text('<identity>'),
      description: 'Phone number, pool or sender id that texts come from. Unset: AWS chooses.',
    },
    configurationSet: {
      type: text('<name>'),
      description: 'The configuration set whose event destination tells receipts.',
    },
    notifyConfiguration: {
      type: text('<id>'),
      description: 'Sends by AWS End User Messaging Notify, under this configuration.',
    },
    notifyTemplate: { type: text('<id>'), description: 'The template that Notify puts the code into.' },
    topicArns: {
      type: listOf('<arns>', text('<arn>')),
      description: 'The SNS topics whose messages are receipts, comma-separated. Needed for receipts.',
    },
    entityId: { type: text('<id>'), description: "India's entity id of the sender (DLT)." },
    templateId: { type: text('<id>'), description: "India's template id of the text (DLT)." },
    baseUrl: baseUrl("the region's own address"),
    snsBaseUrl: {
      type: url,
      description: 'For tests: who signs receipts in place of SNS. Whoever is there can forge them.',
    },
    timeoutSeconds,
  },
  androidGateway: {
    baseUrl: {
      type: url,
      description:
        'Where the gateway is called: `https://api.sms-gate.app/3rdparty/v1`, or a phone like `http://192.168.1.7:8080`. Needed.',
    },
    username: { type: text('<name>'), description: 'As the app shows it. Needed.' },
    password: { type: text('<password>'), secret: true, description: 'As the app shows it. Needed.' },
    signingKey: {
      type: text('<key>'),
      secret: true,
      description: 'What the app signs webhooks with. Needed for receipts.',
    },
    simNumber: { type: number('<number>', { least: 1, greatest: 3 }), description: 'Which SIM card sends.' },
    timeoutSeconds,
  },
  webhook: {
    url: { type: url, secret: true, description: 'Where texts are posted to; it may hold a password. Needed.' },
    secret: {
      type: text('<secret>'),
      secret: true,
      description: 'What they and their receipts are signed with (Standard Webhooks): `whsec_` and base64. Needed.',
    },
    headers: {
      type: textsByName,
      secret: true,
      description: 'More headers: a JSON object of texts, as the body takes them.',
    },
    body: {
      type: jsonOrText,
      secret: true,
      description:
        'What is posted, which may hold a password: JSON whose texts are templates, or a template of another type. Unset: JSON of its own. See docs/providers/webhook.md.',
    },
    messageId: {
      type: text('<pointer>'),
      description: "Where the message's id stands in the answer, as a JSON pointer like /data/id.",
    },
    timeoutSeconds,
  },
} as const satisfies Record<string, Record<string, ProviderOptionRow>>;

type Table = typeof table;

/** A provider's place in table and file: `androidGateway` for `android-gateway`. */
export type ProviderKey = keyof Table;

/** The settings of providers that something is set of. */
export type ProviderSettings = {
  readonly [Key in ProviderKey]?: {
    readonly [Name in keyof Table[Key]]?: Table[Key][Name] extends { type: OptionType<infer Value> } ? Value : never;
  };
};

/** `android-gateway`: `androidGateway`; null for a provider without options. */
export function keyOf(name: ProviderName): ProviderKey | null {
  if (name === 'inbox' || name === 'console') return null;
  return name === 'android-gateway' ? 'androidGateway' : name;
}

/** One row for each option of each provider, in reading order. */
export const providerRows = providerNames.flatMap((provider) => {
  const key = keyOf(provider);
  if (key === null) return [];
  return Object.entries<ProviderOptionRow>(table[key]).map(([name, row]) => ({
    path: [key, name] as const,
    provider,
    row,
  }));
});

/** Names in a sentence of a provider about its options, put as this service calls them. */
export function inOptionNames(provider: ProviderName, sentence: string): string {
  const names = providerRows.filter((row) => row.provider === provider).map(({ path: [, name] }) => name);
  return inNamesOf(provider, { prefix: provider, names, chosenBy: 'PHONEPROOF_PROVIDER' }, sentence);
}

/** The same for whatever is chosen by a variable and has variables of its own, which begin with `prefix`. */
export function inNamesOf(
  what: string,
  { prefix, names, chosenBy }: { prefix: string; names: readonly string[]; chosenBy: string },
  sentence: string,
): string {
  const envs = new Map(names.map((name) => [name, envOf(prefix, name)]));
  envs.set('timeoutMs', envOf(prefix, 'timeoutSeconds'));
  // What begins the sentence, and what no word of English is: `from` and `api` are words too.
  const said = sentence
    .replace(`${what}: `, '')
    .replace(/^\w+/, (word) => envs.get(word) ?? word)
    .replaceAll(/\b[a-z]+(?:[A-Z][a-z]*)+\b/g, (word) => envs.get(word) ?? word)
    .replaceAll(/`(\w+)`/g, (quoted, word: string) => envs.get(word) ?? quoted);
  const whole = said.includes('PHONEPROOF_') ? said : `${chosenBy} names ${what}: ${said}`;
  return whole.endsWith('.') ? whole : `${whole}.`;
}

function envOf(prefix: string, option: string): string {
  const words = `${prefix}-${option}`.replaceAll(/[A-Z]/g, (letter) => `-${letter}`).replaceAll('-', '_');
  return `PHONEPROOF_${words.toUpperCase()}`;
}
