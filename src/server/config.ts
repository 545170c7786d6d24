import { brandName, webOtpHost } from '../message.ts';
import { isSupportedCountry } from '../phone-number.ts';
import type { Policy } from '../policy.ts';
import { storeChoice } from './config/backends.ts';
import type { CommandName, OptionRow } from './config/option-row.ts';
import { address, judgedBy, listOf, number, oneOf, text, yesOrNo, type OptionType } from './config/option-types.ts';
import { endToEndRows, numberRows, type NumberSettings } from './config/end-to-end-options.ts';
import { inboxRows } from './config/inbox-options.ts';
import { policyRows } from './config/policy-options.ts';
import { providerList, providerRows, providersByCountry, type ProviderSettings } from './config/provider-options.ts';
import { trustedProxies } from './config/proxies.ts';
import { testNumberRows } from './config/test-number-options.ts';
import { textRows } from './config/text-options.ts';
import { apiKey, secret, secrets, webhookSecret } from './config/secrets.ts';

const services = ['dev', 'serve'] as const;
/** Those that know the providers. */
const senders = [...services, 'receipts'] as const;
const servers = ['dev', 'serve', 'inbox'] as const;
/** Those that walk the whole way, with a verifier of their own if they are told to. */
const endToEnd = ['e2e', 'canary'] as const;
const clients = ['send', 'check', ...endToEnd] as const;
const port = number('<port>', { least: 0, greatest: 65_535 });
const country: OptionType<string> = {
  placeholder: '<country>',
  read: (word) =>
    isSupportedCountry(word)
      ? { value: word }
      : { faults: ['must be a country as two capital letters (ISO 3166-1 alpha-2), like US or GB'] },
  show: (word) => word,
};
const url = address('https://verify.example.com');
const countryList = listOf('<countries>', country);
const countries: OptionType<'*' | readonly string[]> = {
  placeholder: '<countries>',
  read: (words) => (words === '*' ? { value: '*' } : countryList.read(words)),
  show: (value) => (value === '*' ? '*' : countryList.show(value)),
};

const table = {
  host: {
    type: text('<host>', { pattern: /^[A-Za-z0-9.:_-]+$/, rule: 'an address or a host name of this machine' }),
    default: '127.0.0.1',
    description: 'Address to listen on. `dev` listens on loopback only, and so does `inbox` without a password.',
    group: 'Listening',
    commands: [...servers, 'canary'],
  },
  port: {
    type: port,
    default: '8080',
    description: 'Port to listen on; 0: any free one.',
    group: 'Listening',
    commands: servers,
  },
  metricsPort: {
    type: port,
    description: 'Port of GET /metrics (Prometheus). Unset: no metrics. `dev` has them on its own port.',
    group: 'Listening',
    commands: ['serve', 'canary'],
  },
  trustedProxies: {
    type: trustedProxies,
    description:
      "How many proxies are in front, or their addresses and CIDR blocks: takes each person's address from X-Forwarded-For, for the limits per address. " +
      '0: from the connection itself. Unset: from `ip` in the body alone, as a backend passes it.',
    group: 'Listening',
    commands: ['serve'],
  },
  drainSeconds: {
    type: number('<seconds>', { least: 0, greatest: 60 }),
    default: '0',
    description:
      'How long the service goes on accepting after SIGTERM while /readyz says 503, so that load balancers see it first.',
    group: 'Listening',
    commands: ['serve'],
  },
  logLevel: {
    type: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'Least level that is logged. Answered probes are `debug`.',
    group: 'Listening',
    commands: [...servers, 'canary'],
  },
  logFormat: {
    type: oneOf('json', 'pretty'),
    default: { dev: 'pretty', serve: 'json', inbox: 'pretty', canary: 'json' },
    description: 'One JSON object per line, or lines for people.',
    group: 'Listening',
    commands: [...servers, 'canary'],
  },
  secret: {
    type: secrets,
    secret: true,
    required: {
      serve: 'Make one with `openssl rand -base64 32` and keep it: numbers and codes hang on it',
      receipts: 'Give the one that the service runs with: the addresses are made of it',
    },
    description:
      '32 bytes or more, base64 or hex. Several, comma-separated: the first signs, all verify. `dev` makes one up and keeps it in `.phoneproof/`.',
    group: 'Secrets',
    commands: senders,
  },
  subjectSecret: {
    type: secret,
    secret: true,
    description:
      'The long-lived key that locks, limits, verified numbers and the addresses of receipts hang on. Unset: derived from the last of PHONEPROOF_SECRET.',
    group: 'Secrets',
    commands: senders,
  },
  acceptSubjectKey: {
    type: yesOrNo,
    default: 'false',
    description:
      'Start once with another subject secret than the store was filled under, losing its locks, limits and verified numbers.',
    group: 'Secrets',
    commands: services,
  },
  apiKeys: {
    type: listOf('<keys>', apiKey),
    secret: true,
    required: { serve: 'Name at least one, made with `openssl rand -hex 32`; `tenant:key` keeps tenants apart' },
    description: 'Comma-separated `key` or `tenant:key`, 32 characters or more each. `dev` needs none.',
    group: 'Secrets',
    commands: ['serve'],
  },
  store: {
    type: storeChoice,
    default: { dev: 'sqlite:.phoneproof/phoneproof.db' },
    required: {
      serve: 'Name a file, like sqlite:/var/lib/phoneproof/phoneproof.db, or a server, like redis://127.0.0.1:6379',
      migrate: 'Name the database, like postgres://phoneproof@127.0.0.1/phoneproof',
    },
    secret: true,
    alsoFlag: true,
    showsNoSecret: true,
    description:
      '`sqlite:PATH`; `postgres://USER@HOST/DATABASE`; `redis://HOST:PORT`, `rediss://` for TLS; `redis-cluster://HOST:PORT,HOST:PORT`; ' +
      'or `memory:`, which forgets everything at a restart. Their parameters: docs/stores.',
    group: 'Store',
    commands: [...services, 'migrate'],
  },
  migrations: {
    type: oneOf('auto', 'manual'),
    default: 'auto',
    description:
      'Who brings the schema of a PostgreSQL store up to date: the service when it starts, or `phoneproof migrate` alone, for roles that may not create tables.',
    group: 'Store',
    commands: services,
  },
  provider: {
    type: providerList,
    default: { dev: 'inbox' },
    required: {
      serve:
        'Name who takes the texts, like twilio, or several in the order in which they are tried, like twilio,vonage',
      receipts: 'Name them as the service does',
    },
    description:
      'Who takes the texts, comma-separated: the first, and the others in this order where it fails. `inbox` and `console` show codes instead of sending them: for development.',
    group: 'Providers',
    commands: [...senders, ...endToEnd],
  },
  route: {
    type: oneOf('fallback', 'auto'),
    default: 'fallback',
    description: 'How one of several is chosen: in their order, or by how well each delivers to the country just now.',
    group: 'Providers',
    commands: [...services, ...endToEnd],
  },
  providersByCountry: {
    type: providersByCountry(country),
    description:
      'Other providers for some countries, like `US=twilio,vonage;GB=vonage`. In the file: `{ "US": "twilio,vonage", "GB": "vonage" }`.',
    group: 'Providers',
    commands: [...senders, ...endToEnd],
  },
  receiptSeconds: {
    type: number('<seconds>', { least: 0, greatest: 600 }),
    default: '20',
    description:
      'When a person asks again: after how long a text of which no receipt says that it arrived speaks against its provider, so that another goes first.',
    group: 'Providers',
    commands: services,
  },
  publicUrl: {
    type: url,
    required: { receipts: 'Give the address under which vendors reach the service, like https://verify.example.com' },
    description:
      'Where the service is reached from outside. Turns on delivery receipts, which vendors post to addresses below it, and stands in the API reference.',
    group: 'Providers',
    commands: senders,
  },
  allowUnsafe: {
    type: listOf('<parts>', oneOf('provider', 'store', 'webhooks')),
    description:
      'Lets `serve` run with a provider that shows codes (`provider`), a store that forgets (`store`), or webhooks to machines of its own network (`webhooks`).',
    group: 'Providers',
    commands: ['serve'],
  },
  webhookEventsUrl: {
    type: url,
    description: 'Where events are posted to. See docs/webhooks.md.',
    group: 'Events',
    commands: services,
  },
  webhookEventsSecret: {
    type: webhookSecret,
    secret: true,
    description: 'What they are signed with (Standard Webhooks): `whsec_` and 24 to 64 random bytes as base64.',
    group: 'Events',
    commands: services,
  },
  countries: {
    type: countries,
    default: { dev: '*' },
    required: {
      serve:
        'List the countries that texts may go to, like US,CA: an open list invites SMS pumping. `*` is all of them',
    },
    description: 'Destination countries (ISO 3166-1 alpha-2), comma-separated; `*` for all.',
    group: 'Destinations and text',
    commands: services,
  },
  defaultCountry: {
    type: country,
    description: 'How a number without a country code is read when the call names no country.',
    group: 'Destinations and text',
    commands: services,
  },
  brand: {
    type: judgedBy('<name>', 'brand', brandName),
    description: 'Name that stands in the text.',
    group: 'Destinations and text',
    commands: [...services, ...endToEnd, 'message'],
  },
  origin: {
    type: judgedBy('<host>', 'origin', webOtpHost),
    description: 'Host of the page where codes are typed: adds the WebOTP line to texts.',
    group: 'Destinations and text',
    commands: [...services, ...endToEnd, 'message'],
  },
  ...textRows,
  url: {
    type: url,
    default: 'http://127.0.0.1:8080',
    description: 'Where the service runs.',
    group: 'Client',
    commands: clients,
  },
  apiKey: {
    type: text('<key>'),
    secret: true,
    alsoFlag: true,
    description: 'The key to call it with. `dev` needs none.',
    group: 'Client',
    commands: clients,
  },
  ...testNumberRows,
  ...inboxRows,
  ...endToEndRows,
} as const satisfies Record<string, OptionRow>;

type Table = typeof table;

/** What a row comes to for a command: undefined only where the row has no default and the command does not require it. */
type ValueOf<Row, Command extends CommandName> = Row extends { type: OptionType<infer Value> }
  ? Row extends { default: string } | { default: { [C in Command]: string } } | { required: { [C in Command]: string } }
    ? Value
    : Value | undefined
  : never;

/** The read options of a command by name; the policy's fields are together in `policy`, each provider's options under its name. */
export type Settings<Command extends CommandName> = {
  readonly [Name in keyof Table]: ValueOf<Table[Name], Command>;
} & { readonly policy: Partial<Policy> } & ProviderSettings &
  NumberSettings;

/** One option: its row and all its names. */
export interface Option extends OptionRow {
  /** Camel case: in `Settings`, as the flag's name in the program, and as the path in the file (`policy.maxSends`). */
  readonly name: string;
  /** With two parts where options stand together: the policy's, and each provider's. */
  readonly path: readonly string[];
  readonly env: string;
  readonly flag: string;
}

function optionOf(path: readonly string[], row: OptionRow): Option {
  const name = path.map((part, i) => (i === 0 ? part : part[0]!.toUpperCase() + part.slice(1))).join('');
  const words = name
    .replace(/[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase()
    .split(' ');
  return { ...row, name, path, env: `PHONEPROOF_${words.join('_').toUpperCase()}`, flag: `--${words.join('-')}` };
}

/**
 * Every option there is, in reading order. Flags, environment variables, the file's keys, `config print` and the docs page are all made from it.
 */
export const options: readonly Option[] = [
  ...Object.entries(table).map(([name, row]) => optionOf([name], row)),
  ...providerRows.map(({ path, provider, row }) =>
    optionOf(path, { ...row, group: `Provider ${provider}`, commands: [...senders, ...endToEnd] }),
  ),
  ...numberRows.map(({ path, via, row }) =>
    optionOf(path, { ...row, group: `Virtual numbers ${via}`, commands: endToEnd }),
  ),
  ...policyRows.map(({ field, ...row }) =>
    optionOf(['policy', field], {
      ...row,
      group: 'Policy',
      commands: [...services, ...endToEnd, ...(field === 'codeLength' ? (['message'] as const) : [])],
    }),
  ),
];

/** The default of an option for one command, as text. */
export function defaultOf(option: OptionRow, command: CommandName): string | undefined {
  return typeof option.default === 'object' ? option.default[command] : option.default;
}
